import { journal as openJournal } from '../../../services/enforcer/journal.ts';
import type { Journal } from '../../../services/enforcer/journal.ts';
import type { Device } from '../../../crds/types.gen.ts';
import type { Api } from '../../../services/enforcer/api.ts';
import type { DeviceConnection, Driver } from '../../../services/enforcer/driver.ts';
import { eos } from '../../../services/enforcer/drivers/eos/driver.ts';
import { openLog } from '../../../services/enforcer/log.ts';
import type { Lease } from '../../../lib/kube/resources.ts';
import type { Clock } from '../../../lib/kube/clock.ts';
import { push } from '../../../services/enforcer/push.ts';
import { stepOf } from './fate.ts';
import type { Fate, Site } from './fate.ts';
import type { Mutation } from './mutations.ts';
import { instead } from '../../support/instead.ts';
import { podName } from './stand.ts';
import type { Stand } from './stand.ts';
import { steeredClock } from './steered-clock.ts';
import { openWire } from './wire.ts';

/** How an enforcer's time ended, or was interrupted. */
export type End =
  | { state: 'killed' | 'paused' }
  | { state: 'told'; outcome: string | undefined }
  | { state: 'failed'; error: unknown };

export interface Life {
  readonly job: string;
  /** All calls made, in order. */
  readonly sites: readonly Site[];
  /** Of the Lease, once it was taken. */
  epoch(): number | undefined;
  /** `Stand.restarts` when it began. */
  readonly restarts: number;
  /** Whether its fate has met it. */
  met(): boolean;
  /** Resolves when it was killed, is paused, or has ended by itself. */
  readonly interrupted: Promise<End>;
  /** Lets a paused one go on. @param missed ms that its clock finds gone */
  wake(missed: number): Promise<End>;
  /** How far it came, for the story. */
  readonly log: readonly string[];
}

/** Longest that an enforcer may take which nobody stops: a wait for a Lease is made short, so nothing takes long. */
const PATIENCE_MS = 60_000;
/** A waiter for the Lease of somebody who is gone finds so much time gone between two looks. */
const STRIDE_MS = 5_000;
const never = new Promise<never>(() => undefined);

/**
 * Runs one enforcer in this process, as a Job would, between two wires that its fate can cut. What is dead does no
 * I/O any more, and its promises never settle: nothing of it runs on, neither `finally` nor timers.
 */
export async function startLife(
  stand: Stand,
  { job, fate, mutation }: { job: string; fate: Fate | undefined; mutation: Mutation | undefined },
): Promise<Life> {
  const { sim, story, witness } = stand;
  const wire = await openWire({ address: sim.address, port: sim.sshPort });
  const clock = steeredClock();
  const sites: Site[] = [];
  const restarts = stand.restarts();
  const counts = new Map<string, number>();
  const interrupted = Promise.withResolvers<End>();
  let step = 'start';
  let running = false;
  /** The Lease has a holder, who is dead or stopped: its end need not be waited out in real time. */
  let waits = false;
  let dead = false;
  let met = false;
  let epoch: number | undefined;
  let awake: PromiseWithResolvers<void> | undefined;
  const log: string[] = [];

  const ownClock: Clock = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    after(ms, fn) {
      if (!waits || step !== 'lease') return clock.after(ms, fn);
      waits = false;
      clock.advance(STRIDE_MS);
      return clock.after(1, fn);
    },
  };

  function die(): Promise<never> {
    dead = true;
    wire.cut();
    clock.stop();
    interrupted.resolve({ state: 'killed' });
    return never;
  }

  function stop(): Promise<void> {
    awake = Promise.withResolvers<void>();
    clock.freeze();
    interrupted.resolve({ state: 'paused' });
    return awake.promise;
  }

  async function strike(): Promise<void> {
    met = true;
    if (fate?.kind === 'kill') return die();
    if (fate?.kind === 'pause') return stop();
    stand.restart({ reload: fate?.kind === 'reload' });
  }

  /** Every call goes through here. */
  async function through<T>(op: string, call: () => Promise<T>): Promise<T> {
    if (dead) return never;
    await awake?.promise;
    const nth = counts.get(op) ?? 0;
    counts.set(op, nth + 1);
    const site = { op, nth, step: stepOf(op, step, running) };
    sites.push(site);
    const here = fate !== undefined && !met && fate.site.op === op && fate.site.nth === nth;
    if (here && fate.when === 'before') await strike();
    if (here && fate.when === 'within') {
      met = true;
      const cut = wire.cutAfter(fate.bytes).then(() => 'cut' as const);
      const first = await Promise.race([
        cut,
        call().then(
          () => 'done',
          () => 'done',
        ),
      ]);
      if (first === 'done') story.tell('   (it was done before so many bytes had gone)');
      return die();
    }
    let result: { value: T } | { error: unknown };
    try {
      result = { value: await call() };
    } catch (error) {
      result = { error };
    }
    if (dead) return never;
    witness.look(`${job} at ${site.op}#${site.nth} (${site.step})`);
    if (here && fate.when === 'after') await strike();
    await awake?.promise;
    if (dead) return never;
    if ('error' in result) throw result.error;
    return result.value;
  }

  const driver: Driver = {
    ...eos,
    connect: (target, options) =>
      through('switch.connect', async () => {
        const real = await eos.connect(target, options);
        return overSwitch(mutation?.connection?.(real, stand) ?? real);
      }),
  };

  function overSwitch(real: DeviceConnection): DeviceConnection {
    return {
      facts: () => through('switch.facts', () => real.facts()),
      sessions: () => through('switch.sessions', () => real.sessions()),
      runningConfig: () => through('switch.runningConfig', () => real.runningConfig()),
      open: (session) => through('switch.open', () => real.open(session)),
      load: (text) => through('switch.load', () => real.load(text)),
      diff: (session) => through('switch.diff', () => real.diff(session)),
      print: (session) => through('switch.print', () => real.print(session)),
      commit: (session, seconds) => through('switch.commit', () => real.commit(session, seconds)),
      confirm: (session) => through('switch.confirm', () => real.confirm(session)),
      abort: (session) => through('switch.abort', () => real.abort(session)),
      save: () => through('switch.save', () => real.save()),
      close: () => {
        if (!dead) real.close();
      },
    };
  }

  function taken(lease: Lease): Lease {
    epoch ??= lease.spec?.leaseTransitions;
    waits = false;
    return lease;
  }

  const behind = mutation?.api?.(stand.platform.api) ?? stand.platform.api;
  const leases = instead(behind.leases, {
    get: async (ref) => {
      const lease = await through('api.leases.get', () => behind.leases.get(ref));
      waits = (lease.spec?.holderIdentity ?? '') !== '';
      return lease;
    },
    create: (lease) => through('api.leases.create', async () => taken(await behind.leases.create(lease))),
    replace: (lease) => through('api.leases.replace', async () => taken(await behind.leases.replace(lease))),
  });
  const api: Api = {
    ...behind,
    devices: instead(behind.devices, {
      get: (ref) => through('api.devices.get', () => behind.devices.get(ref)),
      list: (options) => through('api.devices.list', () => behind.devices.list(options)),
      replaceStatus: (device) =>
        through('api.devices.replaceStatus', async () => {
          const written: Device = await behind.devices.replaceStatus(device);
          witness.readStatus(written, `${job} writes the status`);
          return written;
        }),
    }),
    configMaps: instead(behind.configMaps, {
      list: (options) => through('api.configMaps.list', () => behind.configMaps.list(options)),
    }),
    pods: { get: ({ name }) => through('api.pods.get', async () => stand.pod(name)) },
    leases,
    renewals: leases,
  };

  const plain = openJournal(
    openLog(
      'debug',
      () => (text) => text,
      (line) => log.push(line.trim()),
    ),
    clock,
  );
  const journal: Journal = {
    log: plain.log,
    async step(name, run, said) {
      step = name;
      running = true;
      try {
        return await plain.step(name, run, said);
      } finally {
        if (step === name) running = false;
      }
    },
  };

  const finished = push({
    device: stand.inventory(wire.port),
    driver,
    api,
    job,
    asked: false,
    identity: `${podName(stand.name, job)}/1`,
    journal,
    clock: ownClock,
    hide: (text) => text,
    deadline: clock.monotonic() + 120_000,
    signal: new AbortController().signal,
  }).then(
    (outcome): End => ({ state: 'told', outcome }),
    (error: unknown): End => ({ state: 'failed', error }),
  );
  const patience = (): { end: Promise<End>; stop: () => void } => {
    const { promise, resolve } = Promise.withResolvers<End>();
    const timer = setTimeout(
      () => resolve({ state: 'failed', error: new Error(`not done after ${PATIENCE_MS} ms`) }),
      PATIENCE_MS,
    );
    return { end: promise, stop: () => clearTimeout(timer) };
  };
  async function within(...ways: Promise<End>[]): Promise<End> {
    const limit = patience();
    const end = await Promise.race([...ways, limit.end]);
    limit.stop();
    if (end.state !== 'paused') {
      dead = true;
      clock.stop();
      await wire.close();
    }
    return end;
  }

  return {
    job,
    restarts,
    sites,
    log,
    met: () => met,
    epoch: () => epoch,
    interrupted: within(finished, interrupted.promise),
    wake(missed) {
      clock.thaw(missed);
      const sleeping = awake;
      awake = undefined;
      sleeping?.resolve();
      return within(finished);
    },
  };
}
