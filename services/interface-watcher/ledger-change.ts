import { LEAVING_ANNOTATION } from '../../crds/names.ts';
import type { Device, PortEntry } from '../../crds/types.gen.ts';
import { sameJson } from '../../lib/kube/same-json.ts';
import { readLeaving } from '../../lib/ledger/leaving.ts';
import { claimants } from '../../lib/ledger/settle.ts';

/** Whom a change of a Device may concern. */
export interface LedgerChange {
  /** Whether its claims, or what says how to treat them, changed: the ledger itself is to be looked after. */
  readonly ledger: boolean;
  /**
   * Uids of the requests whose claims or leavings changed. Of the others only those that are not decided can be
   * concerned. `everyone`: something changed that every request on the Device is reported by.
   */
  readonly concerned: ReadonlySet<string> | 'everyone';
}

/** Changes of the status that no request is told of: the scheduler's own judgement. */
const REPORTED_CONDITIONS: readonly string[] = ['Reachable', 'InSync'];

/**
 * Compares two versions of a Device. Whatever is not known to be without effect concerns everyone.
 * @param before undefined: it was not there
 */
export function ledgerChange(before: Device | undefined, after: Device | undefined): LedgerChange {
  if (before === undefined || after === undefined) return { ledger: true, concerned: 'everyone' };
  if (!sameJson(metadataOf(before), metadataOf(after))) return { ledger: true, concerned: 'everyone' };
  const ports = changedPorts(before, after);
  const leaving = changedLeavings(before, after);
  const ledger = ports.length > 0 || leaving === undefined || leaving.size > 0;
  if (leaving === undefined || !sameJson(statusOf(before), statusOf(after))) {
    return { ledger, concerned: 'everyone' };
  }
  const claims = [...claimants(before, ports), ...claimants(after, ports)];
  return { ledger, concerned: new Set([...claims.map(({ uid }) => uid), ...leaving]) };
}

/** All that is neither a version of something nor told apart below. */
function metadataOf({ metadata }: Device): unknown {
  const { resourceVersion: _, generation: __, managedFields: ___, annotations, ...rest } = metadata;
  const { [LEAVING_ANNOTATION]: ____, ...others } = annotations ?? {};
  return { ...rest, annotations: others };
}

/** What a request is reported by (lib/ledger/report.ts). */
function statusOf({ status }: Device): unknown {
  const { observedGeneration: _, summary: __, conditions, ...rest } = status ?? {};
  const reported = (conditions ?? []).filter(({ type }) => REPORTED_CONDITIONS.includes(type));
  return { ...rest, conditions: reported.map((condition) => [condition.type, condition.status]) };
}

function changedPorts(before: Device, after: Device): string[] {
  const ports = new Set([...Object.keys(before.spec), ...Object.keys(after.spec)]);
  return [...ports].filter((port) => !sameEntry(before.spec[port], after.spec[port]));
}

function sameEntry(a: PortEntry | undefined, b: PortEntry | undefined): boolean {
  return sameJson(a, b);
}

/** Uids; undefined when one of the two cannot be read. */
function changedLeavings(before: Device, after: Device): ReadonlySet<string> | undefined {
  const text = (device: Device) => device.metadata.annotations?.[LEAVING_ANNOTATION];
  if (text(before) === text(after)) return new Set();
  try {
    const [was, is] = [readLeaving(before), readLeaving(after)];
    const uids = [...Object.keys(was), ...Object.keys(is)];
    return new Set(uids.filter((uid) => was[uid] !== is[uid]));
  } catch {
    return undefined;
  }
}
