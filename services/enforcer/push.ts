import type { Device } from '../../crds/types.gen.ts';
import type { InventoryDevice } from '../../lib/inventory/device.ts';
import { isNotFound, messageOf } from '../../lib/kube/errors.ts';
import type { Api } from './api.ts';
import type { DeviceConnection, Facts, Target } from './driver.ts';
import { DriverError, isConnectionLost } from './driver.ts';
import { FenceLost, checkDevice, gate } from './fence/gate.ts';
import type { Fence } from './fence/gate.ts';
import { hasEnded } from './fence/holder.ts';
import { takeLease } from './fence/lease.ts';
import type { HeldLease } from './fence/lease.ts';
import { switchTo } from './line.ts';
import type { Line } from './line.ts';
import { PushEnded, outcomeOf } from './outcome.ts';
import type { Result } from './outcome.ts';
import { preFlight } from './pre-flight.ts';
import type { Push } from './pushing.ts';
import { enforce } from './enforce.ts';
import type { Censor } from './redact.ts';
import { report } from './report.ts';
import { readSnapshot } from './snapshot.ts';
import { announceEpoch, writeStatus } from './status-write.ts';

const CONNECT_MS = 5_000;
const OVERTIME_MS = 40_000;

/**
 * Pushes one device: enforcement.md, "A push". The outcome is written to the Device's status before this returns.
 * @returns the outcome, or undefined when there was nobody to tell (no Device) or the right to tell was lost
 * @throws ApiError, ConnectionError when the API server is away
 */
export async function push(pushing: Push): Promise<Result['outcome'] | undefined> {
  const { device, api, journal } = pushing;
  const { log } = journal;
  if (device.mode === 'pause') {
    log.info({ step: 'pause' }, 'The inventory says pause: nothing is pushed');
    return undefined;
  }
  const known = recall(api, device.name);
  // 1. Connect first: who is unreachable is found while nothing is held.
  const connected = journal
    .step(
      'connect',
      () => connect(pushing),
      ({ facts }) => ({ message: `Connected to ${addressOf(device)}`, ...facts }),
    )
    .catch((error: unknown) => {
      if (error instanceof DriverError) return error;
      throw error;
    });
  const [read, dialled] = await Promise.allSettled([known, connected]);
  if (read.status === 'rejected') {
    // An open line would keep the process, and with it the Job and its switch, until the Job's deadline.
    if (dialled.status === 'fulfilled' && !(dialled.value instanceof DriverError))
      dialled.value.current.close();
    throw read.reason;
  }
  if (dialled.status === 'rejected') throw dialled.reason;
  const [first, line] = [read.value, dialled.value];
  if (first === undefined) {
    if (!(line instanceof DriverError)) line.current.close();
    log.warn({ step: 'read' }, `Device ${device.name} does not exist yet: nothing to push`);
    return undefined;
  }
  if (line instanceof DriverError) return early(pushing, first, ended(line));
  try {
    return await underLease(pushing, first, line, line.facts);
  } finally {
    line.current.close();
  }
}

async function underLease(
  pushing: Push,
  first: Device,
  line: Line,
  facts: Facts,
): Promise<Result['outcome'] | undefined> {
  const { device, api, journal, clock, signal, identity } = pushing;
  // 2. Lease.
  const lease = await journal.step(
    'lease',
    () =>
      takeLease({
        leases: api.leases,
        renewals: api.renewals,
        namespace: api.namespace,
        device: device.name,
        identity,
        hasEnded: (holder) => hasEnded(api, holder),
        clock,
        signal,
        log: journal.log,
        knownEpoch: first.status?.attempted?.epoch ?? 0,
        storedEpoch: async () => (await readDevice(api, device.name))?.status?.attempted?.epoch ?? 0,
      }),
    (taken) => ({
      message: 'busy' in taken ? taken.busy : `Lease taken, epoch ${taken.epoch}`,
    }),
  );
  if ('busy' in lease) return early(pushing, first, new PushEnded('busy', lease.busy), facts);
  try {
    return await withLease(pushing, first, line, facts, lease);
  } catch (error) {
    if (!(error instanceof FenceLost)) throw error;
    journal.log.warn({ step: 'fence', epoch: lease.epoch }, `${error.message}: stopped, nothing written`);
    return undefined;
  } finally {
    // 14.
    await journal.step(
      'release',
      () => lease.release(),
      () => ({ message: 'Lease released' }),
    );
  }
}

async function withLease(
  pushing: Push,
  first: Device,
  line: Line,
  toldFirst: Facts,
  lease: HeldLease,
): Promise<Result['outcome'] | undefined> {
  const { device, api, journal } = pushing;
  let facts = toldFirst;
  const uid = first.metadata.uid ?? '';
  if (!lease.handedOver) await announceEpoch(api, device.name, uid, lease.epoch);
  const attempt = { epoch: lease.epoch, job: pushing.job, ...whereabouts(pushing) };
  const fenceAt = (generation: number): Fence => ({
    lease,
    leases: api.leases,
    devices: api.devices,
    namespace: api.namespace,
    device: device.name,
    uid,
    generation,
  });
  // Nothing of a generation was shown by a push that ends before step 4: any applied one may stand.
  const early = fenceAt(Number.MAX_SAFE_INTEGER);
  const finish = (result: Result): Promise<Result['outcome']> =>
    report({ pushing, fence: early, facts, attempt }, result);

  try {
    // 3. Pre-flight.
    const refused = await journal.step(
      'pre-flight',
      async () => {
        try {
          return await clearSessions(line.current);
        } catch (error) {
          if (!isConnectionLost(error)) throw error;
          // The line was opened before the Lease, and may have died long before that was taken: then it is opened once
          // more, so that a switch is not called unreachable for something in the past. It may be another switch.
          switchTo(line, await line.connect());
          facts = await line.current.facts();
          return clearSessions(line.current);
        }
      },
      (busy) => ({
        message: busy ?? 'No foreign timer, no session of ours left',
      }),
    );
    if (refused !== undefined) return await finish({ outcome: 'busy', message: refused });

    // 4. Read, now and not before.
    const { snapshot, running } = await journal.step(
      'read',
      async () => {
        // Of step 7, which compares it again before the commit: the switch prints it while the API server reads.
        const printed = line.current.runningConfig();
        const readDevice = async (): Promise<Device> => {
          await printed;
          // The gate before the session too: from here to the session nothing is waited for.
          return gate(early);
        };
        const reading = readSnapshot(api.configMaps, api.namespace, device.name, readDevice);
        const [read, text] = await Promise.all([reading, printed]);
        return { snapshot: read, running: text };
      },
      ({ snapshot: read }) => ({
        message: 'busy' in read ? read.busy : `Model of generation ${read.model.generation}`,
      }),
    );
    if ('busy' in snapshot) return await finish({ outcome: 'busy', message: snapshot.busy });
    const fence = fenceAt(snapshot.model.generation);
    checkDevice(snapshot.device, uid, snapshot.model.generation, lease.epoch);
    return await enforce({ pushing, line, facts, lease, snapshot, running, fence, attempt });
  } catch (error) {
    if (error instanceof PushEnded) return finish({ outcome: error.outcome, message: error.message });
    if (error instanceof DriverError) {
      const { outcome, message } = ended(error);
      return finish({ outcome, message });
    }
    throw error;
  }
}

/** Aborts what is left of other epochs. @returns why the switch must be left alone, if so */
async function clearSessions(connection: DeviceConnection): Promise<string | undefined> {
  const decision = preFlight(await connection.sessions());
  if ('busy' in decision) return decision.busy;
  for (const session of decision.abort) await connection.abort(session);
  return undefined;
}

async function connect({ device, driver, deadline, clock }: Push): Promise<Line & { facts: Facts }> {
  const target: Target = device;
  // What was begun before the deadline may take this much longer.
  const signal = AbortSignal.timeout(Math.ceil(Math.max(0, deadline - clock.monotonic())) + OVERTIME_MS);
  const dial = (): Promise<DeviceConnection> => driver.connect(target, { signal, timeoutMs: CONNECT_MS });
  const current = await dial();
  try {
    return { current, connect: dial, facts: await current.facts() };
  } catch (error) {
    current.close();
    throw error;
  }
}

/**
 * The Device as the API server remembers it, which costs it a quarter of a quorum read. What rests on it is checked
 * again at the gates: an old uid or epoch passes none of them. That there is no Device only a quorum read tells.
 */
async function recall(api: Api, name: string): Promise<Device | undefined> {
  const { namespace } = api;
  const { items } = await api.devices.list({
    namespace,
    fieldSelector: `metadata.name=${name}`,
    resourceVersion: '0',
  });
  return items[0] ?? readDevice(api, name);
}

async function readDevice(api: Api, name: string): Promise<Device | undefined> {
  try {
    return await api.devices.get({ namespace: api.namespace, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Outcomes before the Lease leave `epoch` alone, and say nothing once somebody has gone on. */
async function early(
  pushing: Push,
  first: Device,
  end: PushEnded,
  facts?: Facts,
): Promise<Result['outcome'] | undefined> {
  const { api, device, job, clock, journal } = pushing;
  const epoch = first.status?.attempted?.epoch ?? 0;
  const read = async (): Promise<Device> => {
    const now = await api.devices.get({ namespace: api.namespace, name: device.name });
    return checkDevice(now, first.metadata.uid ?? '', Number.MAX_SAFE_INTEGER, epoch);
  };
  const result: Result = {
    outcome: end.outcome,
    message: end.message,
    ...(facts === undefined ? {} : { facts }),
  };
  const attempt = { epoch: undefined, job, ...whereabouts(pushing), now: clock.now() };
  try {
    await journal.step(
      'status',
      () => writeStatus(api, read, () => result, attempt, clock),
      () => ({
        message: `${end.outcome}: ${end.message}`,
        outcome: end.outcome,
      }),
    );
    return end.outcome;
  } catch (error) {
    if (!(error instanceof FenceLost)) throw error;
    journal.log.info({ step: 'status' }, `Not written: ${messageOf(error)}`);
    return undefined;
  }
}

function ended(error: DriverError): PushEnded {
  return new PushEnded(outcomeOf(error.kind), error.message, { cause: error });
}

function whereabouts({ device, driver, hide }: Push): { platform: string; address: string; hide: Censor } {
  return { platform: driver.platform, address: addressOf(device), hide };
}

function addressOf({ hostname, port }: InventoryDevice): string {
  return `${hostname.includes(':') ? `[${hostname}]` : hostname}:${port}`;
}
