/** What every service does around its work: settings from the environment, logs, health, stop by signal, exit code. */
import { hostname } from 'node:os';
import { pino } from 'pino';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { pause, systemClock } from './clock.ts';
import { connect } from './connection.ts';
import type { Connection } from './connection.ts';
import { messageOf } from './errors.ts';
import { createHealth } from './health.ts';
import type { Health } from './health.ts';
import type { Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import type { Metrics } from './metrics.ts';

/** Order of a stop: nothing new comes in, what is begun ends, the lead is handed over, the door is shut. */
export const STOP_STAGES = ['watches', 'queues', 'service', 'lease', 'server'] as const;
export type StopStage = (typeof STOP_STAGES)[number];

export interface ServiceContext {
  connection: Connection;
  log: Log;
  metrics: Metrics;
  health: Health;
  /** Aborts when the service begins to stop. */
  signal: AbortSignal;
  /** The platform's namespace. */
  namespace: string;
  /** Registers what to do in a stage of the stop; within a stage all run at once. */
  onStop: (stage: StopStage, stop: () => Promise<void> | void) => void;
  /** The service cannot go on (lead lost, cache never synced): logs and ends the process with code 1, at once. */
  fail: (reason: string) => void;
}

export interface ServiceOptions {
  /** `interface-watcher`, …: log field, user agent. */
  name: string;
  /** Fulfilled when the service runs. What it returns is stopped in stage `service`. */
  start(context: ServiceContext): Promise<{ stop?(): Promise<void> } | void>;
}

/** Below a Pod's usual grace period of 30 s. */
const STOP_MS = 25_000;
const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];

function logger(name: string, environment: NodeJS.ProcessEnv) {
  const level = environment['NAAS_LOG_LEVEL'] || 'info';
  if (!LEVELS.includes(level))
    throw new Error(`NAAS_LOG_LEVEL is "${level}"; it must be one of ${LEVELS.join(', ')}`);
  return pino(
    {
      level,
      base: { service: name, pid: process.pid, host: hostname() },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // Nothing logs these on purpose; a careless line must not either.
      redact: [
        'password',
        'token',
        'authorization',
        'privateKey',
        '*.password',
        '*.token',
        '*.authorization',
        '*.privateKey',
      ],
    },
    pino.destination({ fd: 1, sync: true }),
  );
}

/**
 * Runs a service until SIGTERM or SIGINT and ends the process: 0 after a graceful stop, 1 for anything else. A second
 * signal ends it at once. Environment: KUBECONFIG, NAAS_NAMESPACE, NAAS_LOG_LEVEL, NAAS_HTTP_ADDRESS (contract).
 */
export async function runService(options: ServiceOptions): Promise<void> {
  const { name } = options;
  const environment = process.env;
  const log = logger(name, environment);
  const stopping = new AbortController();
  const stops = new Map<StopStage, (() => Promise<void> | void)[]>();
  const stopSignal = Promise.withResolvers<NodeJS.Signals>();
  let signals = 0;

  function fail(reason: string, error?: unknown): never {
    const stack = error instanceof Error ? { stack: error.stack } : {};
    log.fatal({ reason, ...stack }, 'Service failed');
    process.exit(1);
  }
  process.on('unhandledRejection', (error) => fail(messageOf(error), error));
  process.on('uncaughtException', (error) => fail(messageOf(error), error));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      signals += 1;
      if (signals > 1) process.exit(1);
      stopSignal.resolve(signal);
    });
  }

  function onStop(stage: StopStage, stop: () => Promise<void> | void): void {
    stops.set(stage, [...(stops.get(stage) ?? []), stop]);
  }

  async function stopAll(): Promise<boolean> {
    let clean = true;
    for (const stage of STOP_STAGES) {
      const results = await Promise.allSettled((stops.get(stage) ?? []).map(async (stop) => stop()));
      for (const result of results) {
        if (result.status === 'fulfilled') continue;
        clean = false;
        log.error({ stage, error: messageOf(result.reason) }, 'Failed to stop');
      }
    }
    return clean;
  }

  async function run(): Promise<void> {
    const metrics = createMetrics({ processMetrics: true });
    const health = createHealth({ metrics });
    const connection = await connect({ userAgent: name, metrics });
    onStop('server', () => health.close());
    let started = false;
    health.readyCheck('started', () => started || 'still starting');
    const address = await health.listen(environment['NAAS_HTTP_ADDRESS'] || '127.0.0.1:0');
    log.info({ address, server: connection.server }, 'Started health endpoints');
    const namespace = environment['NAAS_NAMESPACE'] || PLATFORM_NAMESPACE;
    const { signal } = stopping;
    const context = {
      connection,
      log,
      metrics,
      health,
      signal,
      namespace,
      onStop,
      fail: (reason: string) => fail(reason),
    };
    const running = options.start(context).then((service) => {
      if (service?.stop) onStop('service', () => service.stop?.());
      started = true;
      log.info({}, 'Started service');
    });
    // A start that waits, for instance for the lead, must not keep the process from stopping.
    const why = await Promise.race([stopSignal.promise, running.then(() => stopSignal.promise)]);
    log.info({ signal: why }, 'Stopping service');
    stopping.abort(new Error(`Stopping on ${why}`));
    health.readyCheck('started', () => 'stopping');
    running.catch((error: unknown) =>
      log.debug({ error: messageOf(error) }, 'Start was cut short by the stop'),
    );
    const clean = await stopAll();
    await connection.close();
    log.info({}, 'Stopped service');
    process.exit(clean ? 0 : 1);
  }

  const overdue = stopSignal.promise.then(async () => {
    await pause(systemClock, STOP_MS);
    fail(`Not stopped within ${STOP_MS} ms`);
  });
  await Promise.race([run().catch((error: unknown) => fail(messageOf(error), error)), overdue]);
}
