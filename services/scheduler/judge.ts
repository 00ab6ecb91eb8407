import type { Condition, Device, DeviceStatus, Held } from '../../crds/types.gen.ts';
import type { DeviceCondition, DeviceReason, Outcome } from '../../crds/reasons.ts';
import { dueRequests, hasReleases } from '../../lib/ledger/due.ts';
import { topClaim } from '../../lib/ledger/claim.ts';

/** What the scheduler knows beside the Device itself. */
export interface JudgeInput {
  readonly device: Device;
  /** undefined: the device is not in the inventory. */
  readonly known: { readonly ports: number; readonly mode: 'enforce' | 'alert' | 'pause' } | undefined;
  /** Digest of the platform set P, or what is wrong with it. */
  readonly platform: { readonly digest: string } | { readonly problem: string };
  readonly inFlight: boolean;
  /** The last Job, if it ended without telling how. */
  readonly lostJob?: string | undefined;
}

/** A condition without its time, or undefined where it must be absent. */
export interface Judgement {
  readonly observedGeneration: number;
  readonly summary: { readonly ports: string; readonly tenants: number };
  readonly conditions: Readonly<Record<JudgedCondition, Verdict | undefined>>;
}

export type JudgedCondition = Extract<DeviceCondition, 'Programmed' | 'Ready' | 'Reconciling' | 'Stalled'>;
export const JUDGED: readonly JudgedCondition[] = ['Programmed', 'Ready', 'Reconciling', 'Stalled'];

type Verdict = Pick<Condition, 'status' | 'reason' | 'message'>;

/** After so many tries a push that is rolled back needs a person. */
const ROLLBACK_TRIES = 3;
const MAX_MESSAGE = 2048;

/** The scheduler's part of a Device's status; the words are those of an Interface (api.md). */
export function judge(input: JudgeInput): Judgement {
  const { device } = input;
  const programmed = programmedOf(input);
  const reachable = device.status?.conditions?.find(({ type }) => type === 'Reachable');
  const away = programmed.status === 'True' && reachable?.status === 'False';
  const ready: Told = away
    ? told('False', 'DeviceUnreachable', reachable.message)
    : programmed.status === 'True'
      ? told('True', 'Ready', 'The switch shows the ledger')
      : programmed;
  const waiting = ready.status === 'True' ? undefined : { ...ready, status: 'True' as const };
  const stalled = waiting !== undefined && needsSomeone(ready, device.status);
  return {
    observedGeneration: device.metadata.generation ?? 0,
    summary: summaryOf(input),
    conditions: {
      Programmed: programmed,
      Ready: ready,
      // Never both (kstatus).
      Reconciling: stalled ? undefined : waiting,
      Stalled: stalled ? waiting : undefined,
    },
  };
}

type Told = Verdict & { readonly reason: DeviceReason };

function told(status: Condition['status'], reason: DeviceReason, message: string): Told {
  return { status, reason, message: message.slice(0, MAX_MESSAGE) };
}

/** The worst thing that keeps the switch from showing the ledger, in the order of NOT_PROGRAMMED. */
function programmedOf({ device, known, platform, inFlight, lostJob }: JudgeInput): Told {
  if (known === undefined) {
    return told('False', 'DeviceRemoved', 'The device is not in the inventory: its ports stay as they are');
  }
  const status = device.status;
  const digest = 'digest' in platform ? platform.digest : undefined;
  const due = dueRequests(device.spec, device);
  const uids = new Set(due.map(({ uid }) => uid));
  const held = worstHeld((status?.held ?? []).filter(({ uid }) => uids.has(uid)));
  const applied = status?.applied?.uid === device.metadata.uid ? status?.applied : undefined;
  const owed = due.length > 0 || hasReleases(device) || applied === undefined || applied.platform !== digest;
  if (held !== undefined) return held;
  if ('problem' in platform) return told('False', 'PlatformRejected', platform.problem);
  if (!owed) return told('True', 'Programmed', `Confirmed at generation ${applied.generation}`);

  const blocked = blockedBy(status);
  if (blocked !== undefined && blocked.reason !== 'DeviceBusy' && blocked.reason !== 'Uncertain')
    return blocked;
  if (known.mode === 'pause' && !inFlight) {
    return told('False', 'Paused', 'data.naas.mode of the inventory is pause: nothing is pushed');
  }
  if (blocked !== undefined) return blocked;
  if (inFlight) return told('False', 'Pushing', 'A Job works on the switch');
  if (lostJob !== undefined) {
    const where = `see kubectl logs --namespace ${device.metadata.namespace} job/${lostJob}`;
    return told(
      'False',
      'Pending',
      `Job ${lostJob} ended without a result (${where}); tried again after a while`,
    );
  }
  return told('False', 'Pending', 'Waits for a Job');
}

const HELD_ORDER: readonly Held['reason'][] = ['Rejected', 'RenderFailed', 'RolledBack'];

function worstHeld(held: readonly Held[]): Told | undefined {
  for (const reason of HELD_ORDER) {
    const found = held.filter((entry) => entry.reason === reason);
    const first = found[0];
    if (first === undefined) continue;
    const more = held.length > 1 ? `; ${held.length} requests are held in all` : '';
    return told('False', reason, `${first.message}${more}`);
  }
  return undefined;
}

const BLOCKING: Partial<
  Record<Outcome, { status: Condition['status']; reason: DeviceReason; fallback: string }>
> = {
  'platform-rejected': {
    status: 'False',
    reason: 'PlatformRejected',
    fallback: 'The switch refuses the templates or base models, whatever the tenants ask for',
  },
  'not-adopted': {
    status: 'False',
    reason: 'NotAdopted',
    fallback: 'The switch is not adopted: review the difference in the Job log, then set data.naas.adopt',
  },
  unreachable: { status: 'False', reason: 'DeviceUnreachable', fallback: 'The switch does not answer' },
  'auth-failed': {
    status: 'False',
    reason: 'DeviceUnreachable',
    fallback:
      'The switch refuses the credentials of the inventory: correct them, or ask for the device by name',
  },
  'host-key-unknown': {
    status: 'False',
    reason: 'DeviceUnreachable',
    fallback: 'The host key of the switch is not the one in data.naas.hostKeys',
  },
  'rolled-back': { status: 'False', reason: 'RolledBack', fallback: 'The push was rolled back' },
  busy: { status: 'False', reason: 'DeviceBusy', fallback: 'Somebody else is changing the switch' },
  uncertain: {
    status: 'Unknown',
    reason: 'Uncertain',
    fallback: 'What the switch runs could not be read back',
  },
};

function blockedBy(status: DeviceStatus | undefined): Told | undefined {
  const attempted = status?.attempted;
  if (attempted?.outcome === undefined) return undefined;
  const blocking = BLOCKING[attempted.outcome];
  if (blocking === undefined) return undefined;
  return told(blocking.status, blocking.reason, attempted.message || blocking.fallback);
}

/** Whether waiting does not help. */
function needsSomeone(ready: Told, status: DeviceStatus | undefined): boolean {
  switch (ready.reason) {
    case 'DeviceRemoved':
    case 'Rejected':
    case 'RenderFailed':
    case 'PlatformRejected':
      return true;
    case 'RolledBack':
      return Math.max(status?.attempted?.tries ?? 0, ...heldTries(status)) >= ROLLBACK_TRIES;
    default:
      // The same credentials are not tried again by themselves; any other absence may pass.
      return ready.reason === 'DeviceUnreachable' && status?.attempted?.outcome === 'auth-failed';
  }
}

function heldTries(status: DeviceStatus | undefined): number[] {
  return (status?.held ?? []).filter(({ reason }) => reason === 'RolledBack').map(({ tries }) => tries);
}

function summaryOf({ device, known }: JudgeInput): Judgement['summary'] {
  const entries = Object.values(device.spec);
  const held = entries.filter((entry) => topClaim(entry) !== undefined);
  const tenants = new Set(held.map(({ annotations }) => annotations.namespace));
  return {
    ports: known === undefined ? String(held.length) : `${held.length}/${known.ports}`,
    tenants: tenants.size,
  };
}
