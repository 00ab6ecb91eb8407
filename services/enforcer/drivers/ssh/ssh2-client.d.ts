// ssh2's index also loads its server, agents for HTTP and the making of keys: a start of the process that every push
// waits for. Its client is reached by path; this is its type.
declare module 'ssh2/lib/client.js' {
  import type { Client } from 'ssh2';
  const client: typeof Client;
  export default client;
}

/** What the client itself reads keys with. */
declare module 'ssh2/lib/protocol/keyParser.js' {
  import type { ParsedKey } from 'ssh2';
  const keyParser: { parseKey(text: string): ParsedKey | Error | undefined };
  export default keyParser;
}
