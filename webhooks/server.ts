import { fastify } from 'fastify';
import type { FastifyInstance } from 'fastify';
import type { AddressInfo } from 'node:net';
import type { Server } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../lib/kube/log.ts';
import type { Metrics } from '../lib/kube/metrics.ts';
import { ReviewError, readReview } from './review/admission-review.ts';
import type { Review } from './review/admission-review.ts';
import { answer, denied } from './review/admission-response.ts';
import type { AdmissionResponse } from './review/admission-response.ts';
import { parseStrictJson } from './review/strict-json.ts';
import { unavailable } from './unavailable.ts';

/** A certificate with its key, PEM. */
export interface ServingCertificate {
  cert: string;
  key: string;
}

/** Does something as soon as the answer is on its way, in the same turn of the event loop. */
export type Afterwards = (task: () => void) => void;

export type ReviewHandler = (review: Review, afterwards: Afterwards) => Promise<AdmissionResponse>;

export interface AdmissionServer {
  /** Takes up the port. @returns the address it listens on */
  listen(host: string, port: number): Promise<AddressInfo>;
  /** New connections get this certificate; those that are open stay. */
  useCertificate(certificate: ServingCertificate): void;
  /** Answers what still comes, each time as the last on its connection, until the callers have gone elsewhere. */
  close(): Promise<void>;
}

export interface AdmissionServerOptions {
  certificate: ServingCertificate;
  /** By path, such as `/mutate`. */
  handlers: Readonly<Record<string, ReviewHandler>>;
  log: Log;
  metrics: Metrics;
  /** Reviews answered at once; more are turned away, which denies them (S-40). */
  inFlight?: number;
  /** A review must have come in as a whole so soon after its headers, in milliseconds. */
  slowest?: number;
}

/**
 * The API server sends at most 3 MiB of object twice. What is larger than the schema allows must reach the schema, not
 * end here (S-07).
 */
const BODY_LIMIT = 8 * 1024 * 1024;
const MAX_IN_FLIGHT = 128;
const MAX_CONNECTIONS = 1024;
/** S-72: a slow sender does not hold its place for longer. The API server gives up after 5 s anyway. */
const SLOWEST_MS = 10_000;
/**
 * Longer than the API server keeps an idle connection (90 s), so that it is never us who close one that it is about to
 * use. It also opens connections that it has no use for yet; Node takes these for slow senders and answers 408, which the
 * API server takes for the answer to the review that it sends at that moment (seen at a load of 11).
 */
const QUIET_MS = 120_000;
/**
 * The API server keeps using connections of a Pod that is no endpoint any more. One that it uses at the moment it is closed
 * costs a tenant its request, so each is ended by an answer; those that are quiet for so long are closed.
 */
const DRAIN_MS = 2000;
const DRAIN_POLL_MS = 50;

/** S-42: nothing below TLS 1.2, and with 1.2 only forward-secret AEAD; TLS 1.3 has no others. */
const TLS = {
  minVersion: 'TLSv1.2',
  ciphers: [
    'TLS_AES_128_GCM_SHA256',
    'TLS_AES_256_GCM_SHA384',
    'TLS_CHACHA20_POLY1305_SHA256',
    'ECDHE-ECDSA-AES128-GCM-SHA256',
    'ECDHE-ECDSA-AES256-GCM-SHA384',
    'ECDHE-ECDSA-CHACHA20-POLY1305',
  ].join(':'),
} as const;

/** The HTTPS server the API server calls. It says nothing to anyone but the answers to reviews. */
export function admissionServer(options: AdmissionServerOptions): AdmissionServer {
  const { certificate, handlers, log, metrics } = options;
  const app = fastify({
    https: { ...TLS, ...certificate },
    bodyLimit: BODY_LIMIT,
    requestTimeout: QUIET_MS,
    connectionTimeout: 0,
    keepAliveTimeout: QUIET_MS,
    forceCloseConnections: 'idle',
    logger: false,
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: false },
  });
  let ending = false;
  app.server.maxConnections = MAX_CONNECTIONS;
  app.server.headersTimeout = QUIET_MS;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body);
  });
  refuseOverload(app, options.inFlight ?? MAX_IN_FLIGHT);
  refuseSlowSenders(app, options.slowest ?? SLOWEST_MS);
  app.setErrorHandler((error, _request, reply) => {
    // Constant texts: an error may carry what was sent, or where this runs.
    const code = statusOf(error);
    if (code >= 500) log.error({ err: error }, 'a review failed before it was read');
    void reply.code(code).send({ error: TEXT[code] ?? TEXT[500] });
  });
  app.setNotFoundHandler((_request, reply) => {
    void reply.code(404).send({ error: 'not found' });
  });
  for (const [path, handler] of Object.entries(handlers)) {
    const webhook = path;
    // Told from the start: growth from nothing is none for Prometheus.
    metrics.webhookPanics.inc({ webhook }, 0);
    app.post<{ Body: Buffer }>(path, async (request, reply) => {
      const started = performance.now();
      metrics.webhookInFlight.inc({ webhook });
      const tasks: (() => void)[] = [];
      try {
        const { code, body } = await respond({
          ...{ body: request.body, handler, log },
          afterwards: (task) => tasks.push(task),
          onPanic: () => metrics.webhookPanics.inc({ webhook }),
        });
        if (ending) reply.header('connection', 'close');
        // Node writes to the socket before this returns.
        reply.code(code).send(body);
        metrics.webhookRequests.inc({ webhook, code: String(code) });
      } finally {
        metrics.webhookInFlight.dec({ webhook });
        metrics.webhookLatency.observe({ webhook }, (performance.now() - started) / 1000);
        for (const task of tasks) task();
      }
      return reply;
    });
  }
  return {
    async listen(host, port) {
      await app.listen({ host, port });
      return app.server.address() as AddressInfo;
    },
    useCertificate: (next) => app.server.setSecureContext({ ...TLS, ...next }),
    close: async () => {
      ending = true;
      const end = performance.now() + DRAIN_MS;
      while (performance.now() < end && (await connections(app.server)) > 0) await delay(DRAIN_POLL_MS);
      await app.close();
    },
  };
}

const connections = (server: Server): Promise<number> =>
  new Promise((resolve) => server.getConnections((error, count) => resolve(error === null ? count : 0)));

const TEXT: Readonly<Record<number, string>> = {
  400: 'not an AdmissionReview',
  413: 'too large',
  415: 'the content type must be application/json',
  429: 'too many reviews at once',
  500: 'internal error',
};

/** Answers one review. Whatever goes wrong inside, the answer is a denial (S-05). */
async function respond(options: {
  body: unknown;
  handler: ReviewHandler;
  log: Log;
  afterwards: Afterwards;
  onPanic: () => void;
}): Promise<{ code: number; body: object }> {
  const { body, handler, log, afterwards, onPanic } = options;
  let review: Review;
  try {
    if (!(body instanceof Uint8Array)) throw new ReviewError('the body is missing');
    review = readReview(readJson(body));
  } catch (error) {
    const { message, uid } = error instanceof ReviewError ? error : new ReviewError('it cannot be read');
    log.warn({ problem: message, uid }, 'a review was refused');
    if (uid === undefined) return { code: 400, body: { error: TEXT[400] } };
    // S-41: the caller can tell which of its reviews this is.
    const status = {
      status: 'Failure',
      code: 400,
      reason: 'BadRequest',
      message: `The review is malformed: ${message}`,
    };
    return { code: 200, body: answer(denied(uid, { ...status, status: 'Failure' })) };
  }
  try {
    return { code: 200, body: answer(await handler(review, afterwards)) };
  } catch (error) {
    onPanic();
    log.error({ err: error, uid: review.uid }, 'a review failed: denied');
    return { code: 200, body: answer(unavailable(review)) };
  }
}

function readJson(body: Uint8Array): unknown {
  try {
    return parseStrictJson(body);
  } catch (error) {
    throw new ReviewError(error instanceof Error ? `the body ${error.message}` : 'the body cannot be read');
  }
}

function refuseOverload(app: FastifyInstance<Server>, limit: number): void {
  let running = 0;
  app.addHook('onRequest', async (_request, reply) => {
    if (running >= limit) {
      return reply.code(429).header('retry-after', '1').send({ error: TEXT[429] });
    }
    running++;
    reply.raw.once('close', () => running--);
    return undefined;
  });
}

function refuseSlowSenders(app: FastifyInstance<Server>, ms: number): void {
  app.addHook('onRequest', async ({ raw }) => {
    const timer = setTimeout(() => raw.destroy(), ms);
    for (const over of ['end', 'close']) raw.once(over, () => clearTimeout(timer));
  });
}

function statusOf(error: unknown): number {
  const code =
    typeof error === 'object' && error !== null ? (error as { statusCode?: unknown }).statusCode : undefined;
  return typeof code === 'number' && code >= 400 && code < 600 ? code : 500;
}
