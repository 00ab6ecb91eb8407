/** A proxy as companies have them: it opens tunnels (CONNECT) and sees only where they lead. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import type { KeyedCertificate } from '../../tools/controlplane/certificates.ts';

export interface ConnectProxy {
  /** `http://127.0.0.1:PORT`, or `https:`. */
  readonly address: string;
  /** Where tunnels were asked for, such as `api.example:6443`; with `USER:PASSWORD@` before it where that was said. */
  readonly tunnels: readonly string[];
  close(): Promise<void>;
}

export interface ConnectProxyOptions {
  /** Where every tunnel leads, whatever it is asked for: names need not be known to this machine. Default: as asked for. */
  readonly to?: { readonly port: number };
  /** Speaks TLS with those who ask. */
  readonly tls?: KeyedCertificate;
  /** Answers this in place of a tunnel. */
  readonly refuses?: number;
}

export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const { to, tls, refuses } = options;
  const tunnels: string[] = [];
  const sockets = new Set<Socket>();
  const server = tls === undefined ? createServer() : createSecureServer(tls);
  server.on('connection', (socket: Socket) => sockets.add(socket));
  server.on('connect', ({ url = '', headers }, client: Socket, head: Buffer) => {
    const [, basic = ''] = /^Basic (.+)$/.exec(headers['proxy-authorization'] ?? '') ?? [];
    tunnels.push(basic === '' ? url : `${Buffer.from(basic, 'base64').toString()}@${url}`);
    client.on('error', () => client.destroy());
    if (refuses !== undefined) {
      client.end(`HTTP/1.1 ${refuses} Refused\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const asked = new URL(`https://${url}`);
    const upstream = connect(to?.port ?? Number(asked.port), to === undefined ? asked.hostname : '127.0.0.1');
    sockets.add(upstream);
    upstream.on('error', () => client.destroy());
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`,
    tunnels,
    async close() {
      server.close();
      for (const socket of sockets) socket.destroy();
      if (server.listening) await once(server, 'close');
    },
  };
}
