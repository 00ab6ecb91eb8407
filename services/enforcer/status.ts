import type { DeviceReason, Outcome } from '../../crds/reasons.ts';
import type { Applied, Attempted, Condition, Device, DeviceStatus } from '../../crds/types.gen.ts';
import { setCondition } from '../../lib/kube/conditions.ts';
import type { Result } from './outcome.ts';
import { printable } from './redact.ts';
import type { Censor } from './redact.ts';

export interface Attempt {
  /** Epoch of the Lease; undefined when the push ended before it was taken. */
  epoch: number | undefined;
  /** Undefined: the Job goes on after this write, so its result is not in yet. */
  job: string | undefined;
  /** The driver, and where it connected to. */
  platform: string;
  address: string;
  /** Milliseconds since 1970. */
  now: number;
  /** Cuts our credentials out of messages. */
  hide: Censor;
}

/**
 * The enforcer's part of `Device.status` after a push. What the scheduler wrote is kept.
 * @param device as the gate has just read it
 */
export function nextStatus(device: Device, result: Result, attempt: Attempt): DeviceStatus {
  const before = device.status ?? {};
  const at = new Date(attempt.now).toISOString();
  const { drift: _drift, ...kept } = before;
  const applied = nextApplied(before.applied, result, at);
  const drift =
    result.drift === undefined ? before.drift : result.drift === 'none' ? undefined : result.drift;
  return {
    ...kept,
    platform: attempt.platform,
    address: attempt.address,
    attempted: nextAttempted(before.attempted, result, attempt, at),
    ...(applied === undefined ? {} : { applied }),
    ...(result.shown === undefined ? {} : { confirmed: result.shown.confirmed }),
    ...(result.held === undefined ? {} : { held: [...result.held] }),
    ...(drift === undefined ? {} : { drift }),
    // S-87: what was found stays to be read after it was put back.
    ...(result.mended === undefined ? {} : { lastDrift: { ...result.mended, mended: at } }),
    conditions: nextConditions(device, result, at),
  };
}

/** The words in a status without credentials (S-64): a switch may repeat what it was sent. Claims stay as they are. */
export function censored(status: DeviceStatus, hide: Censor): DeviceStatus {
  const { attempted, held, conditions, drift, lastDrift } = status;
  const hidden = <T extends { message?: string }>(one: T): T =>
    one.message === undefined ? one : { ...one, message: hide(one.message) };
  return {
    ...status,
    ...(attempted === undefined ? {} : { attempted: hidden(attempted) }),
    ...(held === undefined ? {} : { held: held.map(hidden) }),
    ...(conditions === undefined ? {} : { conditions: conditions.map(hidden) }),
    ...(drift === undefined ? {} : { drift: { ...drift, lines: drift.lines.map(hide) } }),
    ...(lastDrift === undefined ? {} : { lastDrift: { ...lastDrift, lines: lastDrift.lines.map(hide) } }),
  };
}

function nextApplied(before: Applied | undefined, result: Result, at: string): Applied | undefined {
  const { shown, tried, facts, saved } = result;
  if (shown !== undefined && tried !== undefined) {
    const { serial, version } = facts ?? {};
    return {
      uid: tried.uid,
      generation: tried.generation,
      platform: tried.platform,
      configHash: shown.configHash,
      ...(serial === undefined ? {} : { serial }),
      ...(version === undefined ? {} : { version }),
      at,
      saved: saved === 'saved',
    };
  }
  if (before === undefined || saved === undefined) return before;
  return { ...before, saved: saved === 'saved' };
}

function nextAttempted(
  before: Attempted | undefined,
  result: Result,
  attempt: Attempt,
  at: string,
): Attempted {
  const good = result.outcome === 'applied' || result.outcome === 'unchanged';
  return {
    ...before,
    // What was not read this time stays as it was: an early end says nothing about a generation.
    ...result.tried,
    epoch: attempt.epoch ?? before?.epoch ?? 0,
    ...(attempt.job === undefined ? {} : { job: attempt.job.slice(0, 63) }),
    outcome: result.outcome,
    tries: good ? 0 : (before?.tries ?? 0) + 1,
    message: printable(result.message, 2048),
    at,
  };
}

function nextConditions(device: Device, result: Result, at: string): Condition[] {
  let conditions: readonly Condition[] = device.status?.conditions ?? [];
  const set = (type: string, status: Condition['status'], reason: DeviceReason, message: string): void => {
    const observedGeneration = result.tried?.generation ?? device.metadata.generation;
    conditions = setCondition(
      conditions,
      {
        type,
        status,
        reason,
        message: printable(message, 2048),
        ...(observedGeneration === undefined ? {} : { observedGeneration }),
      },
      at,
    );
  };

  if (isAway(result.outcome)) set('Reachable', 'False', 'DeviceUnreachable', result.message);
  else set('Reachable', 'True', 'Reachable', 'The switch answers over SSH');

  const { drift } = result;
  if (drift === 'none') set('InSync', 'True', 'InSync', 'The running configuration is the confirmed one');
  else if (drift !== undefined) {
    set(
      'InSync',
      'False',
      'Drifted',
      `The running configuration was changed by somebody else: ports ${drift.ports || 'none'}`,
    );
  } else if (isAway(result.outcome)) set('InSync', 'Unknown', 'DeviceUnreachable', result.message);
  else if (!conditions.some(({ type }) => type === 'InSync'))
    set('InSync', 'Unknown', 'NotChecked', 'Nothing was confirmed yet');

  const { saved } = result;
  if (saved === 'saved') set('Saved', 'True', 'Saved', 'The configuration survives a reboot');
  else if (saved === 'saving') set('Saved', 'Unknown', 'Pending', 'The configuration is being saved');
  else if (saved !== undefined) set('Saved', 'False', 'SaveFailed', saved.failed);
  return [...conditions];
}

function isAway(outcome: Outcome): boolean {
  return outcome === 'unreachable' || outcome === 'auth-failed' || outcome === 'host-key-unknown';
}
