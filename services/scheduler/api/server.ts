import { fastify, type FastifyReply, type FastifyRequest } from 'fastify';
import type { AddressInfo } from 'node:net';
import type { KeyedCertificate } from '../../../lib/certificates/authority.ts';
import type { Inventory } from '../../../lib/inventory/device.ts';
import type { Log } from '../../../lib/kube/log.ts';
import { messageOf } from '../../../lib/kube/errors.ts';
import type { Step } from '../slice.ts';
import { deviceOfBootToken } from './boot-token.ts';
import type { Authority } from './caller.ts';
import { readConfigureBody } from './configure-body.ts';
import { rateLimit } from './rate-limit.ts';

/** What became of an ask. */
export interface Asked {
  /** Get a Job now, or as soon as the one in flight ends. */
  readonly devices: readonly string[];
  /** Were asked for before and still wait: nothing is done twice. */
  readonly waiting: readonly string[];
}

export interface ApiServerOptions {
  readonly certificate: KeyedCertificate;
  /** undefined: not read yet, or never in order. */
  inventory(): Inventory | undefined;
  readonly authority: Authority;
  /** Stores the ask: what was answered with 202 outlives a restart. */
  ask(devices: readonly string[] | 'all', step: Step): Promise<Asked>;
  readonly log: Log;
  /** Monotonic milliseconds. */
  now(): number;
}

export interface ApiServer {
  listen(host: string, port: number): Promise<AddressInfo>;
  /** For new connections. */
  useCertificate(certificate: KeyedCertificate): void;
  close(): Promise<void>;
}

type Caller =
  { readonly kind: 'user'; readonly name: string } | { readonly kind: 'device'; readonly name: string };

/** 10,000 names of 63 characters. */
const BODY_LIMIT = 1024 * 1024;
/** A person or program: so many calls at once, then one a second. */
const CALLS = { burst: 20, periodMs: 1000 };
/** Each wrong token costs the API server two reviews. */
const FAILURES = { burst: 20, periodMs: 3000 };
/** A booting switch asks once; a stolen boot token shall not be worth more. */
const BOOTS = { burst: 1, periodMs: 60_000 };
const LISTED = 100;

/** The scheduler's HTTPS API: `POST /configure` and nothing else (S-50). */
export function apiServer(options: ApiServerOptions): ApiServer {
  const { authority, log } = options;
  const calls = rateLimit(CALLS, options.now);
  const failures = rateLimit(FAILURES, options.now);
  const boots = rateLimit(BOOTS, options.now);
  const callers = new WeakMap<FastifyRequest, Caller>();
  const app = fastify({
    https: { minVersion: 'TLSv1.2', ...options.certificate },
    bodyLimit: BODY_LIMIT,
    requestTimeout: 10_000,
    forceCloseConnections: true,
    logger: false,
  });
  app.server.headersTimeout = 10_000;
  app.server.maxConnections = 256;

  // JSON alone is taken.
  app.removeContentTypeParser('text/plain');

  app.setNotFoundHandler((_request, reply) =>
    refuse(reply, 404, 'NotFound', 'POST /configure is all there is'),
  );
  app.setErrorHandler((error, _request, reply) => {
    const code = statusOf(error);
    if (code === 413) return refuse(reply, 413, 'TooLarge', `the body may have ${BODY_LIMIT} bytes at most`);
    if (code === 415) return refuse(reply, 415, 'UnsupportedMediaType', 'send application/json');
    if (code >= 400 && code < 500) return refuse(reply, 400, 'BadRequest', 'the body is not JSON');
    // S-50: what went wrong inside is for the log.
    log.error({ error: messageOf(error) }, 'A request to the API failed');
    return refuse(reply, 500, 'InternalError', 'the scheduler could not answer; see its log');
  });

  // Before the body is read: who is nobody cannot make us read a megabyte.
  app.addHook('onRequest', async (request, reply) => {
    if (request.url.split('?')[0] !== '/configure') return;
    if (request.method !== 'POST') {
      void reply.header('allow', 'POST');
      return refuse(reply, 405, 'MethodNotAllowed', 'use POST');
    }
    return admit(request, reply);
  });

  app.post('/configure', async (request, reply) => {
    const inventory = options.inventory();
    const caller = callers.get(request);
    if (caller === undefined) throw new Error('a request came past its admission');
    if (inventory === undefined)
      return refuse(reply, 503, 'NoInventory', 'there is no inventory in order yet');
    const body = readConfigureBody(request.body);
    if ('problem' in body) return refuse(reply, 400, 'BadRequest', body.problem);
    const { devices, step } = body;
    if (
      caller.kind === 'device' &&
      (devices === 'all' || devices.length !== 1 || devices[0] !== caller.name)
    ) {
      return refuse(reply, 403, 'Forbidden', `a boot token is good for {"devices": ["${caller.name}"]} only`);
    }
    if (caller.kind === 'device') {
      const wait = boots.take(caller.name);
      if (wait > 0) return slowDown(reply, wait, 'a boot token is good for one call a minute');
    }
    const names = devices === 'all' ? [...inventory.devices.keys()] : devices;
    const unknown = names.filter((name) => !inventory.devices.has(name));
    if (unknown.length > 0) {
      const message = `${unknown.length} of the devices are not in the inventory; nothing was scheduled`;
      return refuse(reply, 404, 'DeviceUnknown', message, { devices: unknown.slice(0, LISTED) });
    }
    const paused = names.filter((name) => inventory.devices.get(name)?.mode === 'pause');
    if (paused.length === names.length) {
      const message = 'data.naas.mode of these devices is pause; nothing was scheduled';
      return refuse(reply, 409, 'Paused', message, { devices: paused.slice(0, LISTED) });
    }
    const isPaused = new Set(paused);
    const asked = await options.ask(
      devices === 'all' ? 'all' : devices.filter((name) => !isPaused.has(name)),
      step,
    );
    log.info(
      { caller: caller.name, kind: caller.kind, devices: names.length, step },
      'Devices were asked for',
    );
    return reply.code(202).send({ ...asked, paused, step });
  });

  async function admit(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | void> {
    const token = /^Bearer ([^\s]+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined) return unauthorized(reply, 'send "Authorization: Bearer <token>"');
    const inventory = options.inventory();
    const device = inventory === undefined ? undefined : deviceOfBootToken(token, inventory);
    if (device !== undefined) {
      callers.set(request, { kind: 'device', name: device });
      return;
    }
    const wait = failures.look(request.ip);
    if (wait > 0) return slowDown(reply, wait, 'too many wrong tokens from this address');
    try {
      const user = await authority.authenticate(token);
      if (user === undefined) {
        failures.take(request.ip);
        return unauthorized(reply, 'the token is not valid');
      }
      const pause = calls.take(user.name);
      if (pause > 0) return slowDown(reply, pause, 'too many calls of this user');
      if (!(await authority.mayConfigure(user))) {
        const message =
          'the user may not create devices/configure of network.as.a.service in the platform namespace';
        return refuse(reply, 403, 'Forbidden', message);
      }
      callers.set(request, { kind: 'user', name: user.name });
    } catch (error) {
      log.error({ error: messageOf(error) }, 'A caller could not be reviewed');
      return refuse(reply, 503, 'Unavailable', 'the API server could not review the caller; try again');
    }
  }

  return {
    async listen(host, port) {
      await app.listen({ host, port });
      return app.server.address() as AddressInfo;
    },
    useCertificate: (certificate) => app.server.setSecureContext({ minVersion: 'TLSv1.2', ...certificate }),
    close: () => app.close(),
  };
}

function unauthorized(reply: FastifyReply, message: string): FastifyReply {
  void reply.header('www-authenticate', 'Bearer');
  return refuse(reply, 401, 'Unauthorized', message);
}

function slowDown(reply: FastifyReply, waitMs: number, message: string): FastifyReply {
  void reply.header('retry-after', String(Math.ceil(waitMs / 1000)));
  return refuse(reply, 429, 'TooManyRequests', message);
}

/** The one form of every answer that is not a yes. */
function refuse(
  reply: FastifyReply,
  status: number,
  error: string,
  message: string,
  more: object = {},
): FastifyReply {
  // What follows on this connection is not read: a body that was refused may still be on its way.
  if (status >= 400) void reply.header('connection', 'close');
  return reply.code(status).send({ error, message, ...more });
}

function statusOf(error: unknown): number {
  if (typeof error !== 'object' || error === null || !('statusCode' in error)) return 500;
  return typeof error.statusCode === 'number' ? error.statusCode : 500;
}
