import type { Confirmed, Device } from '../../crds/types.gen.ts';
import { pause } from '../../lib/kube/clock.ts';
import { candidate } from '../../lib/render/candidate.ts';
import { alreadyRunning } from './already-running.ts';
import { configHash } from './config-hash.ts';
import type { SectionChange } from './config-sections.ts';
import { DriverError } from './driver.ts';
import type { Ground } from './ground.ts';
import { checkLease, gate } from './fence/gate.ts';
import { guardRails } from './guard-rails.ts';
import { heldAfter } from './held.ts';
import type { Culprit } from './held.ts';
import type { Result } from './outcome.ts';
import { redactText } from './redact.ts';
import type { Pushed, Trial } from './rounds.ts';
import { sessionName } from './session-name.ts';
import { nextStatus } from './status.ts';
import { writeStatus } from './status-write.ts';
import { commit } from './steps/commit.ts';
import { prepare } from './steps/prepare.ts';
import type { Prepared } from './steps/prepare.ts';

/** [later] 120 s for a set of devices. */
const TIMER_S = 60;

/** A status write costs the API server more than anything else in a push; a quick save needs no second one. */
const SAVE_FIRST_MS = 250;

type Saved = NonNullable<Result['saved']>;

export interface DeviceTrial extends Trial<Prepared> {
  /** The Device as it was last read or written. */
  device(): Device;
  /** Throws away the session that is still open, if the switch can be reached. */
  clear(): Promise<void>;
}

/**
 * Candidates on the real switch, and the status of its Device.
 * @param guarded false only shows what would change
 * @param running the running configuration, when nothing was asked of the switch since the snapshot's gate: the first
 * candidate needs no other then
 */
export function trial(ground: Ground, guarded: boolean, running: string | undefined): DeviceTrial {
  const { pushing, line, facts, lease, snapshot, fence, attempt, platform, surroundings } = ground;
  const { driver, journal, clock, api } = pushing;
  const { tops, uid, generation } = snapshot.model;
  const opened = new Map<string, number>();
  let open: string | undefined;
  let device = snapshot.device;
  const pass = async (): Promise<Device> => (device = await gate(fence));

  const confirmedWith = (assumed: Confirmed): Confirmed => ({ ...device.status?.confirmed, ...assumed });

  function nameSession(digest: string): string {
    const times = opened.get(digest) ?? 0;
    opened.set(digest, times + 1);
    return sessionName(lease.epoch, digest, times);
  }

  function guard(assumed: Confirmed) {
    return (changes: readonly SectionChange[], before: string, after: string): string | undefined =>
      guarded
        ? guardRails({
            changes,
            lostAccess: driver.lostAccess(before, after, pushing.device.username),
            portOf: (header) => driver.portOf(header),
            ports: pushing.device.ports,
            ownedByBase: [...pushing.device.uplinks, ...pushing.device.reserved],
            ledger: snapshot.device.spec,
            confirmed: confirmedWith(assumed),
            adopted: ground.adopted,
            drifted: ground.drifted,
          })
        : undefined;
  }

  /** 12 and 13: status, while the configuration is saved. */
  async function record(
    ready: Prepared,
    running: string,
    culprits: readonly Culprit[],
    more: boolean,
  ): Promise<void> {
    const outcome = ready.diff === '' ? 'unchanged' : 'applied';
    const { shown } = ready.candidate;
    const base: Result = {
      outcome,
      message: `${Object.keys(shown).length} ports of tenants${culprits.length === 0 ? '' : `, ${culprits.length} requests held`}`,
      tried: { uid, generation, platform: platform.digest },
      facts,
      shown: { confirmed: shown, configHash: configHash(running) },
      drift: 'none',
      ...(outcome === 'applied' && ground.drift !== undefined && { mended: ground.drift }),
    };
    const stamp = { ...attempt, job: more ? undefined : attempt.job, now: clock.now() };
    // What is still due is asked of the Device as it will be.
    const after = { ...device, status: nextStatus(device, base, stamp) };
    const held = heldAfter(after, tops, culprits, surroundings);

    let saved: Saved = 'saving';
    const { applied } = device.status ?? {};
    // The flag is about the configuration that was applied: one confirmed by a holder that died is another.
    const isSaved =
      outcome === 'unchanged' &&
      applied?.saved === true &&
      applied.serial === facts.serial &&
      applied.configHash === base.shown?.configHash;
    const tooLong = new AbortController();
    const saving = save(isSaved)
      .then((state) => (saved = state))
      .finally(() => tooLong.abort());
    await Promise.race([saving, pause(clock, SAVE_FIRST_MS, tooLong.signal)]);
    let written: Saved | undefined;
    // The write is conditional on the Device as the last gate saw it: what has changed since fails it, and the gate is
    // passed anew. Only the Lease must be looked at.
    let known: Device | undefined = device;
    const readDevice = async (): Promise<Device> => {
      const seen = known;
      known = undefined;
      if (seen === undefined) return pass();
      await checkLease(fence);
      return seen;
    };
    const write = (): Promise<Device> =>
      writeStatus(api, readDevice, () => ({ ...base, held, saved: (written = saved) }), stamp, clock);
    device = await journal.step('status', write, () => ({ message: `${outcome}: ${base.message}`, outcome }));
    await saving;
    if (written !== saved) device = await journal.step('status', write, () => ({ message: 'Save recorded' }));
  }

  async function save(isSaved: boolean): Promise<Saved> {
    if (isSaved || !driver.capabilities.persistSeparately) return 'saved';
    try {
      await journal.step(
        'save',
        () => line.current.save(),
        () => ({ message: 'Saved' }),
      );
      return 'saved';
    } catch (error) {
      if (!(error instanceof DriverError)) throw error;
      // The change is confirmed: that it would not survive a reboot is told, and tried again.
      return { failed: error.message };
    }
  }

  return {
    device: () => device,
    hasTime: () => clock.monotonic() < pushing.deadline && !pushing.signal.aborted,

    async prepare(include, assumed) {
      const rendered = await journal.step(
        'render',
        async () =>
          candidate({
            platform,
            model: tops,
            active: snapshot.device.spec,
            confirmed: confirmedWith(assumed),
            include: new Set(include.map((request) => request.uid)),
          }),
        ({ failures, lines, digest }) => ({
          message: failures.length === 0 ? 'Candidate rendered' : `${failures.length} sections do not render`,
          lines: lines.length,
          digest: digest.slice(0, 8),
        }),
      );
      const session = nameSession(rendered.digest);
      open = session;
      const prepared = await prepare({
        line,
        driver,
        journal,
        tops,
        candidate: rendered,
        session,
        running,
        pass,
        guard: guard(assumed),
      });
      running = undefined;
      if ('refusal' in prepared) open = undefined;
      return prepared;
    },

    async abandon(ready) {
      await line.current.abort(ready.session);
      open = undefined;
    },

    async push(ready, culprits, more): Promise<Pushed> {
      if (ready.diff === '') {
        // A commit that changes nothing would still arm the timer (CLAB A7).
        await line.current.abort(ready.session);
        open = undefined;
        await record(ready, ready.before, culprits, more);
        return { state: 'done', outcome: 'unchanged' };
      }
      journal.log.debug({ step: 'diff', diff: redactText(ready.diff).split('\n') }, 'What changes');
      const done = await commit({ line, journal, prepared: ready, timer: TIMER_S, pass });
      if (done.state === 'changed') {
        await line.current.abort(ready.session);
        open = undefined;
        return { state: 'changed' };
      }
      open = undefined;
      if (done.state === 'failed') {
        const running = alreadyRunning(tops, ready.candidate.lines, ready.changes, (header) =>
          driver.portOf(header),
        );
        return { state: 'failed', message: done.message, running };
      }
      await record(ready, done.running, culprits, more);
      return { state: 'done', outcome: 'applied' };
    },

    async clear() {
      if (open !== undefined) await line.current.abort(open).catch(() => undefined);
    },
  };
}
