import { ConnectionError, isAlreadyExists, isConflict, isNotFound } from '../../../lib/kube/errors.ts';
import { pause } from '../../../lib/kube/clock.ts';
import type { Clock } from '../../../lib/kube/clock.ts';
import type { Client } from '../../../lib/kube/client.ts';
import type { Log } from '../../../lib/kube/log.ts';
import { microTime } from '../../../lib/kube/micro-time.ts';
import type { Lease } from '../../../lib/kube/resources.ts';

/** A holder that was not heard of for this long has lost its right. */
export const LEASE_MS = 15_000;
const RENEW_MS = 5_000;
/** A gate lets nobody pass whose last renewal is older (R9). */
export const FRESH_MS = 10_000;
const POLL_MS = 500;
/** A holder that lives longer than this keeps the device: the Job ends as `busy`. */
const WAIT_MS = 25_000;

export interface LeaseOptions {
  leases: Client<Lease>;
  /** For the renewals alone. */
  renewals: Pick<Client<Lease>, 'get' | 'replace'>;
  namespace: string;
  device: string;
  /** Unique to this taking, never used again. */
  identity: string;
  /**
   * Whether the holder of this identity runs no more. Only a clear yes counts: it is replaced at once then,
   * without waiting for the Lease to run out.
   */
  hasEnded?(identity: string): Promise<boolean>;
  /** `attempted.epoch` of the Device, as far as is known; the new epoch is above it. */
  knownEpoch: number;
  /** The same by a quorum read: asked when the Lease is missing, which counts otherwise. */
  storedEpoch(): Promise<number>;
  clock: Clock;
  log: Log;
  signal: AbortSignal;
}

/** The right to push to one device, until released or lost. */
export interface HeldLease {
  /** Each taking is a new epoch; stored as the Lease's `leaseTransitions`. */
  readonly epoch: number;
  readonly identity: string;
  /** Whether the last holder gave the Lease back. If not, it may still be on its way (fence, late status write). */
  readonly handedOver: boolean;
  /** Whether the Lease, as read now, is this taking of it, and was renewed in time by our own clock. */
  isMine(stored: Lease): boolean;
  /** Gives the Lease back at once, so that nobody waits for its end. */
  release(): Promise<void>;
}

/** Name of the Lease that guards a device. */
export function leaseName(device: string): string {
  return `enforce-${device}`;
}

/**
 * Takes the Lease of a device, waiting for a holder that is gone. Its end is judged by our monotonic time since
 * the last change we saw, so that no two clocks are compared.
 * @returns why there is none when a living holder keeps it, the API server stays away or the Job has to stop
 */
export async function takeLease(options: LeaseOptions): Promise<HeldLease | { readonly busy: string }> {
  const { leases, namespace, device, identity, clock, signal } = options;
  const ref = { namespace, name: leaseName(device) };
  const start = clock.monotonic();
  let seenVersion: string | undefined;
  let seenSince = start;
  /** Why the last try told nothing about the Lease. */
  let unanswered: ConnectionError | undefined;

  while (!signal.aborted) {
    const sent = clock.monotonic();
    let overtaken = false;
    try {
      const stored = await leases.get(ref).catch((error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      });
      if (stored === undefined) {
        const last = Math.max(options.knownEpoch, await options.storedEpoch());
        const made = await leases.create({ metadata: { ...ref }, spec: taken(options, last + 1) });
        // A Lease that is missing although there were epochs was deleted under somebody.
        return hold(options, made, sent, last === 0);
      }
      const holder = stored.spec?.holderIdentity;
      // Our own write, whose answer was lost: and with it, whether the last holder gave it back.
      if (holder === identity) return hold(options, stored, sent, false);

      const version = stored.metadata.resourceVersion;
      if (seenVersion !== version) seenSince = clock.monotonic();
      seenVersion = version;
      const free = holder === undefined || holder === '';
      const term = (stored.spec?.leaseDurationSeconds ?? LEASE_MS / 1000) * 1000;
      const over = clock.monotonic() - seenSince >= term;
      if (free || over || (await options.hasEnded?.(holder)) === true) {
        const epoch = Math.max(stored.spec?.leaseTransitions ?? 0, options.knownEpoch) + 1;
        const made = await leases.replace({ ...stored, spec: taken(options, epoch) });
        return hold(options, made, sent, free);
      }
      unanswered = undefined;
    } catch (error) {
      unanswered = error instanceof ConnectionError ? error : undefined;
      overtaken = isConflict(error) || isAlreadyExists(error);
      if (unanswered === undefined && !overtaken) throw error;
    }
    if (clock.monotonic() - start >= WAIT_MS) return { busy: whyNot(unanswered) };
    // Who was overtaken reads at once what the other wrote. An API server that is away needs time, not more calls.
    if (!overtaken) await pause(clock, POLL_MS, signal);
  }
  return { busy: 'The Job has to stop' };
}

function whyNot(unanswered: ConnectionError | undefined): string {
  if (unanswered !== undefined) return `The API server did not answer: ${unanswered.message}`;
  return 'Another enforcer holds the Lease of the device';
}

function taken({ identity, clock }: LeaseOptions, epoch: number): NonNullable<Lease['spec']> {
  const now = microTime(clock.now());
  return {
    holderIdentity: identity,
    leaseDurationSeconds: LEASE_MS / 1000,
    acquireTime: now,
    renewTime: now,
    leaseTransitions: epoch,
  };
}

function hold(options: LeaseOptions, made: Lease, sent: number, handedOver: boolean): HeldLease {
  const { leases, renewals, identity, clock, log, namespace, device } = options;
  const epoch = made.spec?.leaseTransitions ?? 0;
  let current = made;
  let renewed = sent;
  let stopped = false;
  /** From when the last one was sent, which is what the gate counts from: an answer may take seconds. */
  const untilNext = (): number => Math.max(0, renewed + RENEW_MS - clock.monotonic());
  let cancel = clock.after(untilNext(), () => void renew());
  let renewing: Promise<void> = Promise.resolve();

  const owns = (stored: Lease): boolean =>
    stored.spec?.holderIdentity === identity && stored.spec.leaseTransitions === epoch;

  function renew(): Promise<void> {
    renewing = renewOnce();
    return renewing;
  }

  async function renewOnce(): Promise<void> {
    const begun = clock.monotonic();
    try {
      const renewTime = microTime(clock.now());
      current = await renewals.replace({ ...current, spec: { ...current.spec, renewTime } });
      renewed = begun;
    } catch (error) {
      log.warn({ step: 'lease', error: String(error) }, 'Lease not renewed');
      const stored = await renewals.get({ namespace, name: leaseName(device) }).catch(() => undefined);
      if (stored !== undefined && !owns(stored)) return; // lost: the gates say so
      if (stored !== undefined) current = stored;
      if (!stopped) cancel = clock.after(1000, () => void renew());
      return;
    }
    if (!stopped) cancel = clock.after(untilNext(), () => void renew());
  }

  return {
    epoch,
    identity,
    handedOver,
    isMine: (stored) => owns(stored) && clock.monotonic() - renewed < FRESH_MS,
    async release() {
      stopped = true;
      cancel();
      await renewing;
      try {
        const { holderIdentity: _gone, ...spec } = current.spec ?? {};
        await leases.replace({ ...current, spec: { ...spec, renewTime: microTime(clock.now()) } });
      } catch (error) {
        // Not ours any more, or it ends by itself.
        log.warn({ step: 'release', error: String(error) }, 'Lease not released');
      }
    },
  };
}
