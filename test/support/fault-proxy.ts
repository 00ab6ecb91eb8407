/**
 * A proxy in front of a real API server that does to clients what networks and busy servers do: cuts watches, answers
 * 410, 429, 500 or 503, delays, loses answers of writes that were applied, and mangles lines of a watch.
 * It speaks plain HTTP on loopback and asks the server with the credentials of a kubeconfig, or with the client's token.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { Agent, createServer, request as httpRequest } from 'node:http';
import type { ClientRequest, IncomingMessage, ServerResponse } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { systemClock } from '../../lib/kube/clock.ts';
import { credentialSource } from '../../lib/kube/credentials.ts';
import { parseKubeconfig } from '../../lib/kube/kubeconfig.ts';

/** A request as it came in, and the status it was answered with, if it was. */
export interface SeenRequest {
  readonly method: string;
  /** Without query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly watch: boolean;
  status?: number;
}

/** What happens to requests that match; the first rule that matches counts. */
export interface Fault {
  /** Default: every request. */
  match?: (request: SeenRequest) => boolean;
  /** Ends after so many matches. Default: never. */
  times?: number;
  /** Wait before anything else. */
  delayMs?: number;
  /** Likewise. */
  until?: Promise<void>;
  /** Answer this and do not ask the server. */
  status?: number;
  /** Answer this in the server's place. */
  answer?: (request: SeenRequest, body: string) => { status: number; body: object };
  /** Watches: answer these lines, end, and do not ask the server. */
  lines?: readonly string[];
  /** With `status`: header Retry-After, in seconds. */
  retryAfter?: number;
  /**
   * Close the connection without an answer: `before` the server hears of it, or `after` it has done what was asked.
   */
  drop?: 'before' | 'after';
  /** Never answer; `after`: the server has done what was asked. */
  hang?: 'before' | 'after';
  /** Watches: what becomes of a line (without its newline). `undefined` cuts the watch there. */
  line?: (line: string, index: number) => string | undefined;
}

export interface FaultProxy {
  /** `http://127.0.0.1:port`. */
  readonly server: string;
  /** Path of a kubeconfig that leads here. */
  readonly kubeconfig: string;
  /** Everything asked since the start or the last `forgetRequests`. */
  readonly requests: readonly SeenRequest[];
  /** Connections accepted so far. */
  readonly connections: number;
  /** Watches open now. */
  readonly openWatches: number;
  forgetRequests(): void;
  /** Returns what takes the fault away again. */
  fault(fault: Fault): () => void;
  clearFaults(): void;
  /** Cuts open watches in the middle; returns how many. */
  cutWatches(): number;
  /** From now on watches stay open but silent: caches grow old. */
  holdWatches(): void;
  /** What was held back goes out, in order. */
  releaseWatches(): void;
  stop(): Promise<void>;
}

const REASONS: Record<number, string> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/** Starts a proxy for the current context of a kubeconfig. */
export async function startFaultProxy(options: { kubeconfig: string }): Promise<FaultProxy> {
  const target = parseKubeconfig(await readFile(options.kubeconfig, 'utf8'), { file: options.kubeconfig });
  const credentials = await credentialSource(target, systemClock).current();
  const upstream = new URL(target.cluster.server);
  const secure = upstream.protocol === 'https:';
  const agent = secure
    ? new HttpsAgent({ keepAlive: true, ...credentials.tls })
    : new Agent({ keepAlive: true });

  const requests: SeenRequest[] = [];
  const faults: { fault: Fault; left: number }[] = [];
  const sockets = new Set<Socket>();
  const watches = new Set<() => void>();
  const timers = new Set<NodeJS.Timeout>();
  let connections = 0;
  let hold: { promise: Promise<void>; resolve(): void } | undefined;

  function faultFor(seen: SeenRequest): Fault {
    const index = faults.findIndex(({ fault }) => fault.match?.(seen) ?? true);
    const found = faults[index];
    if (!found) return {};
    found.left -= 1;
    if (found.left <= 0) faults.splice(index, 1);
    return found.fault;
  }

  function ask(incoming: IncomingMessage): ClientRequest {
    const headers: Record<string, string | string[] | undefined> = {
      ...incoming.headers,
      host: upstream.host,
    };
    delete headers['connection'];
    const common = { method: incoming.method ?? 'GET', path: incoming.url ?? '/', agent, headers };
    const address = { host: upstream.hostname, port: upstream.port };
    if (!headers['authorization']) Object.assign(headers, credentials.headers);
    return (secure ? httpsRequest : httpRequest)({ ...common, ...address });
  }

  function refuse(seen: SeenRequest, response: ServerResponse, fault: Fault, code: number): void {
    seen.status = code;
    const after = fault.retryAfter === undefined ? {} : { 'retry-after': String(fault.retryAfter) };
    response.writeHead(code, { 'content-type': 'application/json', ...after });
    const reason = REASONS[code] ?? '';
    const message = `fault proxy says ${code}`;
    response.end(
      JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message }),
    );
  }

  async function relayWatch(answer: IncomingMessage, response: ServerResponse, fault: Fault): Promise<void> {
    const cut = () => {
      answer.destroy();
      response.destroy();
    };
    watches.add(cut);
    response.on('close', () => {
      watches.delete(cut);
      answer.destroy();
    });
    response.flushHeaders();
    let rest = '';
    let index = 0;
    answer.setEncoding('utf8');
    try {
      for await (const chunk of answer) {
        const lines = (rest + String(chunk)).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) {
          await hold?.promise;
          const sent = fault.line ? fault.line(line, index) : line;
          index += 1;
          if (sent === undefined) return cut();
          // On its way before anything else happens, so that a cut comes after it.
          await new Promise((resolve) => response.write(`${sent}\n`, resolve));
        }
      }
      response.end();
    } catch {
      cut(); // the server, or a test, cut it off
    }
  }

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url ?? '/', 'http://proxy');
    const watch = url.searchParams.get('watch') === 'true' || url.searchParams.get('watch') === '1';
    const seen: SeenRequest = {
      method: incoming.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      watch,
    };
    requests.push(seen);
    const fault = faultFor(seen);
    if (fault.delayMs) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => {
          timers.delete(timer);
          resolve();
        }, fault.delayMs);
        timers.add(timer);
      });
    }
    await fault.until;
    if (fault.lines) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(fault.lines.map((line) => `${line}\n`).join(''));
      return;
    }
    if (fault.answer) {
      const answer = fault.answer(seen, await text(incoming));
      seen.status = answer.status;
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.body));
      return;
    }
    if (fault.hang === 'before') return;
    if (fault.drop === 'before') return void response.destroy();
    if (fault.status) {
      incoming.resume();
      return refuse(seen, response, fault, fault.status);
    }
    const question = ask(incoming);
    response.on('close', () => question.destroy());
    question.on('error', () => response.destroy());
    question.on('response', (answer) => {
      seen.status = answer.statusCode ?? 0;
      if (fault.hang === 'after') {
        answer.resume();
        return;
      }
      if (fault.drop === 'after') {
        response.destroy();
        return;
      }
      response.writeHead(seen.status, answer.headers);
      if (watch && seen.status === 200) void relayWatch(answer, response, fault);
      else answer.pipe(response);
    });
    incoming.pipe(question);
  }

  const server = createServer((incoming, response) => {
    handle(incoming, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    connections += 1;
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const directory = await mkdtemp(path.join(tmpdir(), 'naas-fault-proxy-'));
  const kubeconfig = path.join(directory, 'kubeconfig');
  await writeFile(kubeconfig, kubeconfigText(address), { mode: 0o600 });

  return {
    server: address,
    kubeconfig,
    requests,
    get connections() {
      return connections;
    },
    get openWatches() {
      return watches.size;
    },
    forgetRequests() {
      requests.length = 0;
    },
    fault(fault) {
      const entry = { fault, left: fault.times ?? Number.POSITIVE_INFINITY };
      faults.push(entry);
      return () => {
        const index = faults.indexOf(entry);
        if (index >= 0) faults.splice(index, 1);
      };
    },
    clearFaults() {
      faults.length = 0;
    },
    cutWatches() {
      const open = [...watches];
      for (const cut of open) cut();
      return open.length;
    },
    holdWatches() {
      hold ??= Promise.withResolvers<void>();
    },
    releaseWatches() {
      hold?.resolve();
      hold = undefined;
    },
    async stop() {
      hold?.resolve();
      for (const timer of timers) clearTimeout(timer);
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
      agent.destroy();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** JSON is YAML. */
function kubeconfigText(server: string): string {
  const name = 'fault-proxy';
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name, cluster: { server } }],
    users: [{ name, user: {} }],
    contexts: [{ name, context: { cluster: name, user: name } }],
  });
}
