/**
 * HTTP to one API server: one undici Agent for calls and one for watches, so that a burst of writes cannot starve a watch.
 * Both live until the TLS material changes. (client-node opens a TLS connection per call: 300 for 300 lists; this: 1.)
 */
import Agent from 'undici/lib/dispatcher/agent.js';
import sendRequest from 'undici/lib/api/api-request.js';
import type { Agent as UndiciAgent, buildConnector, Dispatcher } from 'undici';
import { pause, systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { credentialSource } from './credentials.ts';
import type { Credentials, TlsMaterial } from './credentials.ts';
import { ApiError, ConnectionError, messageOf } from './errors.ts';
import type { Status } from './errors.ts';
import { limit, unlessAborted } from './limit.ts';
import type { Limit } from './limit.ts';
import { findTarget } from './kubeconfig.ts';
import type { Target } from './kubeconfig.ts';
import type { Metrics } from './metrics.ts';

export type Query = Record<string, string | number | boolean | undefined>;

export interface Call {
  method: string;
  /** Path on the server, without query. */
  path: string;
  query?: Query;
  /** Sent as JSON. */
  body?: unknown;
  /** Default `application/json`. */
  contentType?: string;
  /** For everything, from credentials to the last byte. Default 30 s. */
  timeoutMs?: number;
  signal?: AbortSignal | undefined;
}

export interface StreamCall {
  path: string;
  query?: Query;
  signal: AbortSignal;
  /** Longest wait for the response to begin. Default 30 s. */
  timeoutMs?: number;
  /** Longest silence inside the stream; the stream then fails. Default 70 s: bookmarks come every 60 s. */
  inactivityMs?: number;
}

export interface Connection {
  /** Base address, without a slash at the end. */
  readonly server: string;
  /** Namespace of the kubeconfig context or of the Pod. */
  readonly namespace: string | undefined;
  /**
   * One call, one answer, as JSON; as text when `T` is string and the server does not answer JSON.
   * Reads (GET) wait out a 429, and are repeated once if a kept-alive connection turns out dead. Writes never are.
   *
   * @throws ApiError for every answer that is not 2xx; ConnectionError when there is none.
   */
  request<T>(call: Call): Promise<T>;
  /** A long answer, chunk by chunk. Throws like `request`; so does the iteration. */
  stream(call: StreamCall): Promise<AsyncIterable<Uint8Array>>;
  /** Cuts what is still running and closes all connections. */
  close(): Promise<void>;
}

/** Makes what keeps connections of one kind. */
export type NewAgent = (
  options: Omit<UndiciAgent.Options, 'connect'> & { connect: buildConnector.BuildOptions & TlsMaterial },
) => Dispatcher;

export interface ConnectOptions {
  /** Path; default `$KUBECONFIG`, else the Pod's service account. */
  kubeconfig?: string;
  context?: string;
  /** In place of a kubeconfig. */
  target?: Target;
  /** Sent as `naas-<service>`; the API server names it in audit logs and managedFields. Default `naas`. */
  userAgent?: string;
  metrics?: Metrics;
  clock?: Clock;
  /** Default: straight to the server. The command line goes through people's proxies; services load nothing for that. */
  newAgent?: NewAgent;
}

const DEFAULT_TIMEOUT_MS = 30_000;
const DEFAULT_INACTIVITY_MS = 70_000;
/** A read answered 429 is tried this often, each time after `Retry-After`, within its timeout. */
const READ_TRIES = 5;
/** Below the API server's 90 s, so that it is us who close an idle connection. */
const KEEP_ALIVE_MS = 60_000;
/** Calls at once; more wait their turn. */
const CALL_CONNECTIONS = 16;

interface Agents {
  digest: string;
  calls: Dispatcher;
  watches: Dispatcher;
}

/** Connects to the cluster of a kubeconfig or Pod. No byte is sent before the first call. */
export async function connect(options: ConnectOptions = {}): Promise<Connection> {
  const target = options.target ?? findTarget(options);
  return connectTo(target, options);
}

function connectTo(target: Target, options: ConnectOptions): Connection {
  const clock = options.clock ?? systemClock;
  const { metrics, newAgent = (each) => new Agent(each) } = options;
  const server = new URL(target.cluster.server);
  const prefix = server.pathname.replace(/\/$/, '');
  const userAgent = options.userAgent ? `naas-${options.userAgent.replace(/^naas-/, '')}` : 'naas';
  const source = credentialSource(target, clock);
  const closing = new AbortController();
  let agents: Agents | undefined;

  function agentsFor(credentials: Credentials): Agents {
    if (agents?.digest === credentials.tlsDigest) return agents;
    const common = {
      // HTTP/2 leaked memory in long soaks of others, and one connection shared by all watches is one point of loss.
      allowH2: false,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: KEEP_ALIVE_MS,
      maxHeaderSize: 64 * 1024,
      connect: { ...credentials.tls, timeout: 10_000, keepAlive: true, keepAliveInitialDelay: 30_000 },
    };
    const previous = agents;
    agents = {
      digest: credentials.tlsDigest,
      calls: newAgent({ ...common, connections: CALL_CONNECTIONS, pipelining: 1 }),
      watches: newAgent({ ...common, pipelining: 1 }),
    };
    // Requests in flight on the old connections finish there.
    for (const agent of [previous?.calls, previous?.watches]) agent?.close().catch(() => {});
    return agents;
  }

  async function send(
    pool: 'calls' | 'watches',
    call: Call,
    limits: { signal: AbortSignal; bodyTimeout: number },
  ): Promise<Dispatcher.ResponseData> {
    const credentials = await unlessAborted(source.current(), limits.signal);
    const body = call.body === undefined ? undefined : JSON.stringify(call.body);
    const headers: Record<string, string | string[]> = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...credentials.headers,
    };
    if (body !== undefined) headers['content-type'] = call.contentType ?? 'application/json';
    const started = clock.monotonic();
    let code = '<error>';
    try {
      const response = await sendRequest.call(agentsFor(credentials)[pool], {
        origin: server.origin,
        path: prefix + call.path + queryText(call.query),
        method: call.method,
        headers,
        body: body ?? null,
        signal: limits.signal,
        headersTimeout: 0, // the signal carries our own timeout
        bodyTimeout: limits.bodyTimeout,
      });
      code = String(response.statusCode);
      return response;
    } finally {
      metrics?.restClientRequests.inc({ code, method: call.method, host: server.host });
      metrics?.restClientDuration.observe(
        { verb: call.method, host: server.host },
        (clock.monotonic() - started) / 1000,
      );
    }
  }

  async function attempt<T>(call: Call, signal: AbortSignal): Promise<T> {
    const response = await send('calls', call, { signal, bodyTimeout: 0 });
    const text = await response.body.text();
    if (response.statusCode === 401) source.expire();
    if (response.statusCode >= 300) throw failure(call, response, text);
    return (isJson(response) ? JSON.parse(text) : text) as T;
  }

  return {
    server: target.cluster.server.replace(/\/$/, ''),
    namespace: target.namespace,

    async request<T>(call: Call): Promise<T> {
      const read = call.method === 'GET';
      const deadline = limit(clock, call.timeoutMs ?? DEFAULT_TIMEOUT_MS, [call.signal, closing.signal]);
      let reconnected = false;
      try {
        for (let tries = 1; ; tries++) {
          try {
            return await attempt<T>(call, deadline.signal);
          } catch (error) {
            if (!read || deadline.signal.aborted) throw error;
            if (error instanceof ApiError) {
              const again =
                (error.code === 429 || error.code === 401) && tries < (error.code === 429 ? READ_TRIES : 2);
              if (!again) throw error;
              if (error.code === 429)
                await pause(clock, (error.retryAfterSeconds ?? 1) * 1000, deadline.signal);
            } else {
              // The server may close an idle connection in the moment we use it.
              if (reconnected || !wasDropped(error)) throw error;
              reconnected = true;
            }
            if (deadline.signal.aborted) throw error;
          }
        }
      } catch (error) {
        throw explain(error, call, server, deadline);
      } finally {
        deadline.done();
      }
    },

    async stream(call) {
      const asCall: Call = { method: 'GET', path: call.path, ...(call.query && { query: call.query }) };
      const opening = limit(clock, call.timeoutMs ?? DEFAULT_TIMEOUT_MS, [call.signal, closing.signal]);
      const bodyTimeout = call.inactivityMs ?? DEFAULT_INACTIVITY_MS;
      let response: Dispatcher.ResponseData;
      try {
        response = await send('watches', asCall, { signal: opening.signal, bodyTimeout });
        if (response.statusCode === 401) source.expire();
        if (response.statusCode >= 300) throw failure(asCall, response, await response.body.text());
      } catch (error) {
        opening.done();
        throw explain(error, asCall, server, opening);
      }
      opening.stopTimer();
      return chunks(
        response.body,
        (error) => explain(error, asCall, server, opening),
        () => opening.done(),
      );
    },

    async close() {
      closing.abort(new ConnectionError('Closed', `Connection to ${server.host} was closed`));
      const open = agents;
      agents = undefined;
      await Promise.all([open?.calls.destroy(), open?.watches.destroy()]);
    },
  };
}

async function* chunks(
  body: AsyncIterable<Uint8Array> & { destroy(): unknown },
  explained: (error: unknown) => unknown,
  done: () => void,
): AsyncIterable<Uint8Array> {
  try {
    yield* body;
  } catch (error) {
    throw explained(error);
  } finally {
    body.destroy();
    done();
  }
}

function queryText(query: Query | undefined): string {
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== '') given.set(key, String(value));
  }
  return given.size ? `?${given.toString()}` : '';
}

function isJson(response: Dispatcher.ResponseData): boolean {
  return String(response.headers['content-type'] ?? '').includes('json');
}

function failure(call: Call, response: Dispatcher.ResponseData, text: string): ApiError {
  const after = Number(response.headers['retry-after'] ?? Number.NaN);
  return new ApiError(response.statusCode, statusOf(response, text), {
    call: `${call.method} ${call.path}`,
    retryAfterSeconds: Number.isFinite(after) && after >= 0 ? after : undefined,
  });
}

function statusOf(response: Dispatcher.ResponseData, text: string): Status {
  if (isJson(response)) {
    try {
      const status: Status = JSON.parse(text);
      if (status.kind === 'Status') return status;
    } catch {
      // A proxy in between says JSON and sends something else: its text is all there is to tell.
    }
  }
  return { message: `HTTP ${response.statusCode}: ${text.trim().slice(0, 200)}` };
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function wasDropped(error: unknown): boolean {
  return ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'].includes(codeOf(error));
}

function explain(error: unknown, call: Call, server: URL, limit: Limit): unknown {
  if (error instanceof ApiError || error instanceof ConnectionError) return error;
  const what = `${call.method} ${call.path}`;
  if (limit.timedOut()) {
    return new ConnectionError('Timeout', `${what}: ${server.host} gave no answer in time`, { cause: error });
  }
  if (limit.signal.aborted) return limit.signal.reason;
  return new ConnectionError(codeOf(error), `${what}: ${server.host}: ${messageOf(error)}`, { cause: error });
}
