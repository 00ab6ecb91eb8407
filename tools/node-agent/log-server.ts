import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { messageOf } from '../../lib/kube/errors.ts';
import { parseLog, readLog, type LogFile } from './log-file.ts';
import { parseLogQuery, selectLines, type LogQuery } from './log-query.ts';

/** A log as `kubectl logs` finds it. */
export type FoundLog =
  | { readonly path: string; /** Absent: nothing more comes. */ readonly live?: LogFile | undefined }
  | { readonly status: 400 | 404; readonly message: string };

export interface LogServerOptions {
  readonly tls: { readonly caPem: string; readonly cert: string; readonly key: string };
  readonly address: string;
  /** 0: any free one. */
  readonly port: number;
  find(pod: { namespace: string; name: string; container: string; previous: boolean }): FoundLog;
}

export interface LogServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Name in the API server's client certificate; the authority that signed it signs nothing else. */
const CALLER = 'kube-apiserver-kubelet-client';
const PATH = /^\/containerLogs\/([^/]+)\/([^/]+)\/([^/]+)$/;

/** The part of a kubelet's HTTPS API that `kubectl logs` needs, for the API server alone. */
export async function startLogServer(options: LogServerOptions): Promise<LogServer> {
  const { caPem, cert, key } = options.tls;
  const server: Server = createServer(
    { ca: caPem, cert, key, requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    (request, response) => answer(request, response, options),
  );
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(options.port, options.address);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, options: LogServerOptions): void {
  const { socket } = request;
  const subject =
    socket instanceof TLSSocket && socket.authorized ? socket.getPeerCertificate().subject : undefined;
  if (subject?.CN !== CALLER) return refuse(response, 403, 'only the API server may ask');
  const url = new URL(request.url ?? '/', 'https://node');
  const path = PATH.exec(url.pathname);
  if (path === null) return refuse(response, 404, 'the node agent serves logs only');
  if (request.method !== 'GET') return refuse(response, 405, 'logs can be read only');
  let query: LogQuery;
  let found: FoundLog;
  try {
    query = parseLogQuery(url.searchParams, Date.now());
    const [namespace = '', name = '', container = ''] = path.slice(1).map(decodeURIComponent);
    found = options.find({ namespace, name, container, previous: query.previous });
  } catch (error) {
    return refuse(response, 400, messageOf(error));
  }
  if ('status' in found) return refuse(response, found.status, found.message);
  send(response, found, query);
}

function send(response: ServerResponse, found: Extract<FoundLog, { path: string }>, query: LogQuery): void {
  response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' });
  let left = query.limit ?? Infinity;
  let sentLines = 0;

  /** Sends what is new; only the first time `since` and `tail` count. @returns whether more may come */
  const push = (first: boolean): boolean => {
    // Reading all of a log again for each line is fine for logs of a few KiB, which these are.
    const lines = parseLog(readLog(found.path));
    const text = first
      ? selectLines(lines, query)
      : selectLines(lines.slice(sentLines), { timestamps: query.timestamps });
    sentLines = lines.length;
    response.write(text.subarray(0, Math.min(left, text.length)));
    left -= text.length;
    return left > 0;
  };

  const { live } = found;
  const more = push(true);
  if (!query.follow || live === undefined || live.ended || !more) {
    response.end();
    return;
  }
  response.flushHeaders();
  const unfollow = live.onChange(() => {
    if (push(false) && !live.ended) return;
    unfollow();
    response.end();
  });
  response.once('close', unfollow);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`${message}\n`);
}
