import { randomBytes } from 'node:crypto';

import { parseInventory } from '../../lib/inventory/parse.ts';
import type { InventoryDevice } from '../../lib/inventory/device.ts';
import { systemClock } from '../../lib/kube/clock.ts';
import { connect } from '../../lib/kube/connection.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { messageOf } from '../../lib/kube/errors.ts';
import type { Log } from '../../lib/kube/log.ts';
import { api as openApi } from './api.ts';
import { driverFor } from './drivers.ts';
import { readEnvironment, readSlice } from './environment.ts';
import { journal } from './journal.ts';
import { openLog } from './log.ts';
import { gathered } from './output.ts';
import { push } from './push.ts';
import { censor } from './redact.ts';
import type { Censor } from './redact.ts';

/** A slice of thousands must not open thousands of connections at once. */
const AT_ONCE = 64;
/** Before the Job's 180 s are over, so that what was begun is also ended and told. */
const DEADLINE_MS = 120_000;

/** @returns whether every device of the slice was pushed to an outcome, good or bad */
async function main(): Promise<boolean> {
  let hide: Censor = (text) => text;
  const output = gathered((text) => process.stdout.write(text));
  process.once('exit', output.flush);
  const log = openLog(process.env['NAAS_LOG_LEVEL'], () => hide, output.say);

  const stop = new AbortController();
  process.once('SIGTERM', () => stop.abort());
  process.once('SIGINT', () => stop.abort());

  const deadline = systemClock.monotonic() + DEADLINE_MS;
  const hasToStop = (): boolean => stop.signal.aborted || systemClock.monotonic() >= deadline;
  const connections: Connection[] = [];
  try {
    const environment = readEnvironment(process.env);
    const dial = (): Promise<Connection> => connect({ userAgent: 'naas-enforcer' });
    const [text, connection, lifeline] = await Promise.all([readSlice(environment), dial(), dial()]);
    connections.push(connection, lifeline);
    const devices = [...parseInventory({ hosts: text }).devices.values()];
    hide = censor(devices.flatMap(({ password, privateKey }) => [password, privateKey]));
    const api = openApi(connection, environment.namespace, lifeline);
    log.info(
      { step: 'start', job: environment.job, devices: devices.map(({ name }) => name), ms: sinceStart() },
      `Pushing ${devices.length} devices`,
    );
    const results = await inParallel(devices, AT_ONCE, (device) =>
      pushOne(device, log, (deviceLog) =>
        hasToStop()
          ? stopped()
          : push({
              device,
              driver: driverFor(device.platform),
              api,
              deadline,
              clock: systemClock,
              signal: stop.signal,
              job: environment.job,
              asked: environment.asked,
              hide,
              identity: `${environment.pod}/${randomBytes(8).toString('hex')}`,
              journal: journal(deviceLog, systemClock),
            }),
      ),
    );
    log.info(
      { step: 'end', ms: sinceStart() },
      `${results.filter(Boolean).length} of ${devices.length} pushes ended`,
    );
    return results.every(Boolean);
  } catch (error) {
    log.error({ step: 'start' }, messageOf(error));
    return false;
  } finally {
    await Promise.all(connections.map((connection) => connection.close()));
  }
}

function stopped(): never {
  throw new Error('Not begun: the Job has to stop');
}

/** One device's failure is its own. */
async function pushOne(
  device: InventoryDevice,
  log: Log,
  run: (log: Log) => Promise<string | undefined>,
): Promise<boolean> {
  const deviceLog = log.child({ device: device.name });
  const start = systemClock.monotonic();
  try {
    const outcome = await run(deviceLog);
    deviceLog.info(
      { step: 'done', outcome, ms: Math.round(systemClock.monotonic() - start) },
      outcome ?? 'nothing told',
    );
    return true;
  } catch (error) {
    deviceLog.error(
      { step: 'done', error: error instanceof Error ? error.stack : undefined },
      messageOf(error),
    );
    return false;
  }
}

async function inParallel<T, R>(
  items: readonly T[],
  cap: number,
  run: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await run(item);
  };
  await Promise.all(Array.from({ length: Math.min(cap, items.length) }, worker));
  return results;
}

/** Milliseconds since this process began. */
function sinceStart(): number {
  return Math.round(performance.now());
}

process.exitCode = (await main()) ? 0 : 1;
