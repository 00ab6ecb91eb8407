/** `/healthz` (the process runs), `/readyz` (it can do its work; checks have names) and `/metrics`, on plain HTTP. */
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIPv6 } from 'node:net';
import type { AddressInfo } from 'node:net';
import { messageOf } from './errors.ts';
import type { Metrics } from './metrics.ts';

/** True if ready; else, or by throwing, why not. */
export type ReadyCheck = () => boolean | string;

export interface Health {
  /** A named condition of `/readyz`. A name twice: the later one counts. */
  readyCheck(name: string, check: ReadyCheck): void;
  /** Names and reasons of what is not ready. */
  notReady(): { name: string; reason: string }[];
  /** `address` is `host:port`; port 0 takes a free one. Returns the real one. @throws Error if it is no address or taken. */
  listen(address: string): Promise<string>;
  close(): Promise<void>;
}

export function createHealth(options: { metrics?: Metrics } = {}): Health {
  const checks = new Map<string, ReadyCheck>();
  const server = createServer(
    { headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 5000 },
    (request, response) => {
      answer(request, response).catch((error: unknown) => {
        if (!response.headersSent) response.writeHead(500);
        response.end(messageOf(error));
      });
    },
  );

  function run(check: ReadyCheck): string | undefined {
    try {
      const result = check();
      if (result === true) return undefined;
      return result === false ? 'not ready' : result;
    } catch (error) {
      return messageOf(error);
    }
  }

  function notReady(): { name: string; reason: string }[] {
    return [...checks].flatMap(([name, check]) => {
      const reason = run(check);
      return reason === undefined ? [] : [{ name, reason }];
    });
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url?.split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    if (path === '/healthz') {
      response.end('ok\n');
      return;
    }
    if (path === '/readyz') {
      const failed = new Map(notReady().map(({ name, reason }) => [name, reason]));
      const lines = [...checks.keys()].map((name) =>
        failed.has(name) ? `[-]${name}: ${failed.get(name)}` : `[+]${name}: ok`,
      );
      response.writeHead(failed.size === 0 ? 200 : 503, { 'content-type': 'text/plain; charset=utf-8' });
      response.end([...lines, failed.size === 0 ? 'ready' : 'not ready', ''].join('\n'));
      return;
    }
    if (path === '/metrics' && options.metrics) {
      const text = await options.metrics.text();
      response.writeHead(200, { 'content-type': options.metrics.registry.contentType }).end(text);
      return;
    }
    response.writeHead(404).end('Not found: /healthz, /readyz and /metrics are here\n');
  }

  return {
    readyCheck: (name, check) => void checks.set(name, check),
    notReady,
    async listen(address) {
      const { host, port } = parseAddress(address);
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(port, host, resolve);
      });
      const bound = server.address() as AddressInfo;
      return `${isIPv6(bound.address) ? `[${bound.address}]` : bound.address}:${bound.port}`;
    },
    async close() {
      if (!server.listening) return;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
}

/** `host:port`, `[v6]:port` or `:port` (all addresses). @throws Error saying what an address looks like. */
export function parseAddress(address: string): { host: string; port: number } {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]]*)):([0-9]{1,5})$/.exec(address);
  const port = Number(match?.[3]);
  if (!match || port > 65_535) throw new Error(`"${address}" must be host:port, such as 127.0.0.1:8080`);
  return { host: match[1] ?? (match[2] || '::'), port };
}
