import { createHash, timingSafeEqual } from 'node:crypto';
import fastify from 'fastify';
import type { FastifyInstance } from 'fastify';
import { parseFaults } from './faults.ts';
import type { EosSim } from './server.ts';

const LARGEST_BODY = 64 * 1024;

interface Body {
  readonly faults?: unknown;
  readonly times?: unknown;
  readonly lines?: unknown;
  readonly name?: unknown;
  readonly seconds?: unknown;
  readonly reload?: unknown;
}

function linesOf(value: unknown): string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || !value.every((line) => typeof line === 'string')) {
    throw new Error('lines: must be a list of configuration lines');
  }
  return value;
}

function nameOf(value: unknown): string {
  if (typeof value !== 'string' || !/^[\w.-]{1,63}$/.test(value))
    throw new Error('name: must be a session name');
  return value;
}

function positive(value: unknown, field: string): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 1) {
    throw new Error(`${field}: must be a whole number of at least 1`);
  }
  return value;
}

/** What one request does to a switch. */
const ACTIONS: Record<string, (sim: EosSim, body: Body) => void> = {
  faults: (sim, { faults, times }) =>
    sim.armFault(parseFaults(faults), times === undefined ? undefined : positive(times, 'times')),
  configure: (sim, { lines }) => sim.configure(...linesOf(lines)),
  'foreign-session': (sim, { name, lines }) => sim.openForeignSession(nameOf(name), ...linesOf(lines)),
  'foreign-timer': (sim, { name, seconds, lines }) =>
    sim.armForeignTimer(nameOf(name), positive(seconds, 'seconds'), ...linesOf(lines)),
  restart: (sim, { reload }) => sim.restart({ reload: reload === true }),
};

function view(sim: EosSim): Record<string, unknown> {
  const { device } = sim;
  return {
    hostname: device.hostname,
    sshPort: sim.sshPort,
    serial: device.serial,
    version: device.profile.version,
    connections: sim.connections(),
    sessions: device.sessions.list().map(({ name, state }) => ({ name, state })),
    timer:
      device.timer === undefined ? null : { session: device.timer.session, deadline: device.timer.deadline },
    faults: sim.faults,
    runningConfig: sim.runningConfig(),
    startupConfig: sim.startupConfig(),
  };
}

/**
 * HTTP endpoint by which tests in other processes watch the switches and switch faults:
 * `GET /switches/NAME`, `GET /switches/NAME/shown?since=NUMBER` (every running configuration after that one), `POST /switches/NAME/{faults,configure,foreign-session,foreign-timer,restart}`,
 * `DELETE /switches/NAME/faults`. Every request needs `Authorization: Bearer <token>`. Loopback only.
 * @returns the listening server; its port is free-chosen unless given
 */
export async function startControl(options: {
  readonly switches: ReadonlyMap<string, EosSim>;
  readonly token: string;
  readonly port?: number;
}): Promise<{ url: string; stop(): Promise<void> }> {
  const app = fastify({ bodyLimit: LARGEST_BODY });
  const digest = (text: string) => createHash('sha256').update(text).digest();
  const expected = digest(`Bearer ${options.token}`);

  app.addHook('onRequest', async (request, reply) => {
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return;
    await reply.code(401).send({ error: 'Authorization: bearer token of this run is missing or wrong' });
  });
  addRoutes(app, options.switches);
  const url = await app.listen({ host: '127.0.0.1', port: options.port ?? 0 });
  return { url, stop: () => app.close() };
}

function addRoutes(app: FastifyInstance, switches: ReadonlyMap<string, EosSim>): void {
  const refuse = (error: unknown) => ({ error: error instanceof Error ? error.message : String(error) });

  app.get('/switches', () => Object.fromEntries([...switches].map(([name, sim]) => [name, sim.sshPort])));
  app.get<{ Params: { name: string } }>('/switches/:name', (request, reply) => {
    const sim = switches.get(request.params.name);
    return sim === undefined ? reply.code(404).send(refuse('No such switch')) : view(sim);
  });
  app.get<{ Params: { name: string }; Querystring: { since?: string } }>(
    '/switches/:name/shown',
    (request, reply) => {
      const shown = switches.get(request.params.name)?.device.shown;
      const since = Number(request.query.since ?? 0);
      return shown?.filter(({ number }) => number > since) ?? reply.code(404).send(refuse('No such switch'));
    },
  );
  app.delete<{ Params: { name: string } }>('/switches/:name/faults', (request, reply) => {
    switches.get(request.params.name)?.clearFaults();
    return reply.code(204).send();
  });
  app.post<{ Params: { name: string; action: string }; Body: Body | null }>(
    '/switches/:name/:action',
    (request, reply) => {
      const sim = switches.get(request.params.name);
      const action = Object.hasOwn(ACTIONS, request.params.action)
        ? ACTIONS[request.params.action]
        : undefined;
      if (sim === undefined || action === undefined)
        return reply.code(404).send(refuse('No such switch or action'));
      try {
        action(sim, request.body ?? {});
      } catch (error) {
        return reply.code(400).send(refuse(error));
      }
      return reply.code(204).send();
    },
  );
}
