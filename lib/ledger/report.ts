import type { ProgrammedReason } from '../../crds/reasons.ts';
import { DENIALS, NOT_PROGRAMMED } from '../../crds/reasons.ts';
import type { ClaimRecord, Device, Interface, InterfaceStatus } from '../../crds/types.gen.ts';
import { comparePorts } from '../ports/port.ts';
import type { ResolvedRequest } from '../ports/resolve.ts';
import { compressPorts } from '../ports/range.ts';
import { hasActiveClaim } from './claim.ts';
import type { Findings } from './conditions.ts';
import { conditions } from './conditions.ts';
import { deviceReports } from './device-report.ts';
import type { DeviceState, DeviceView } from './device-state.ts';
import { programmedState, releasingState } from './device-state.ts';
import { holding } from './holding.ts';
import type { Finding } from './in-sync.ts';
import { inSync } from './in-sync.ts';
import type { DeviceFacts } from './permit.ts';
import type { Refusal } from './refusal.ts';
import { refusalMessage } from './refusal.ts';
import type { RequestFacts } from './request.ts';
import { isAccepted, requestFacts } from './request.ts';
import { summary } from './summary.ts';
import { capitalized, portsInWords, sentence } from './words.ts';

export interface ReportInput {
  /** As last read or written. */
  request: Interface;
  /** What is to be stored as `status.claim`. */
  claim: ClaimRecord;
  /** Undefined when the request cannot be resolved; `refusals` then says why. */
  resolved: ResolvedRequest | undefined;
  /** Why this generation is refused; empty when it is not. */
  refusals: readonly Refusal[];
  /** What an undecided request waits for. */
  waitingFor?: string;
  /** Devices of the request and of `claim.devices`, as read before `request`. */
  devices: ReadonlyMap<string, Device | undefined>;
  /** Undefined: the inventory is not known, so nothing is said of devices that left it. */
  inventory: ReadonlyMap<string, DeviceFacts> | undefined;
  /** RFC 3339. */
  now: string;
  /** Other tenants and their requests are not named. */
  hideOwners: boolean;
}

/** The status of an Interface: api.md, table of cases. The only place where it is made. */
export function report(input: ReportInput): InterfaceStatus {
  const { claim, resolved, devices, inventory, now } = input;
  const before = input.request.status;
  const request: Interface = { ...input.request, status: { ...before, claim } };
  const facts = requestFacts(request);
  const views = deviceViews(facts, resolved, devices, inventory);
  const states = new Map([...views].map(([name, view]) => [name, stateOf(view, facts)]));
  const programmed = everywhere(states, facts) && missingPorts(facts, resolved, devices).length === 0;
  const decided = facts.deleting || input.refusals.length > 0 || isAccepted(facts);
  const observedGeneration = decided ? facts.generation : before?.observedGeneration;
  const programmedGeneration = programmed ? facts.accepted?.generation : before?.programmedGeneration;
  const findings = findingsOf(input, facts, views, states);
  return {
    ...(observedGeneration === undefined ? {} : { observedGeneration }),
    ...(programmedGeneration === undefined ? {} : { programmedGeneration }),
    claim,
    conditions: conditions(before?.conditions ?? [], findings, facts.generation, now),
    summary: summary(resolved, views, facts.uid),
    devices: deviceReports(input, facts, views, states),
  };
}

function deviceViews(
  facts: RequestFacts,
  resolved: ResolvedRequest | undefined,
  devices: ReadonlyMap<string, Device | undefined>,
  inventory: ReadonlyMap<string, DeviceFacts> | undefined,
): Map<string, DeviceView> {
  const listed = facts.deleting ? [] : [...(resolved?.devices.keys() ?? [])];
  return new Map(
    [...new Set([...listed, ...facts.devices])].map((name) => [
      name,
      {
        written: resolved?.devices.get(name)?.written ?? name,
        device: devices.get(name),
        known: inventory === undefined || inventory.has(name),
        mode: inventory?.get(name)?.mode ?? 'enforce',
      },
    ]),
  );
}

function stateOf(view: DeviceView, facts: RequestFacts): DeviceState {
  return facts.deleting ? releasingState(view, facts) : programmedState(view, facts);
}

/** R12 for the accepted generation, which may be older than the one that is asked for. */
function everywhere(states: ReadonlyMap<string, DeviceState>, facts: RequestFacts): boolean {
  if (facts.deleting || facts.accepted === undefined || facts.devices.length === 0) return false;
  return facts.devices.every((name) => states.get(name)?.reason === 'Programmed');
}

/** Listed ports of an accepted generation that the ledger does not show: lost with a Device (R10). */
function missingPorts(
  facts: RequestFacts,
  resolved: ResolvedRequest | undefined,
  devices: ReadonlyMap<string, Device | undefined>,
): { written: string; ports: string; device: Device }[] {
  if (!isAccepted(facts)) return [];
  return [...(resolved?.devices ?? [])].flatMap(([name, { written, ports }]) => {
    const device = devices.get(name);
    if (device === undefined) return [];
    const missing = [...ports.keys()].filter((port) => !hasClaim(device, port, facts.uid));
    return missing.length === 0
      ? []
      : [{ written, ports: compressPorts(missing.sort(comparePorts)), device }];
  });
}

function hasClaim(device: Device, port: string, uid: string): boolean {
  const entry = device.spec[port];
  return hasActiveClaim(entry, uid) || (entry?.others ?? []).some((claim) => claim.uid === uid);
}

function findingsOf(
  input: ReportInput,
  facts: RequestFacts,
  views: ReadonlyMap<string, DeviceView>,
  states: ReadonlyMap<string, DeviceState>,
): Findings {
  if (facts.deleting) return releasing(states);
  const accepted = acceptedFinding(input, facts, states);
  const worst = worstState([...states.values()]);
  const programmed = programmedFinding(input, facts, accepted, worst, views);
  const ready = readyFinding(accepted, programmed);
  const shadowed = shadowedFinding(facts, views);
  const stalled = accepted.status === 'False' || (accepted.status === 'True' && worst?.stalled === true);
  const progress: Finding = { status: 'True', reason: ready.reason, message: ready.message };
  return {
    Accepted: accepted,
    Programmed: programmed,
    InSync: inSync([...views.values()], facts.uid),
    Ready: ready,
    ...(shadowed === undefined ? {} : { Shadowed: shadowed }),
    // Never both: kstatus would call the request in progress and failed.
    ...(ready.status === 'True' ? {} : stalled ? { Stalled: progress } : { Reconciling: progress }),
  };
}

function releasing(states: ReadonlyMap<string, DeviceState>): Findings {
  const worst = worstState([...states.values()]);
  const waiting = sentence([...states.values()].map(({ message }) => message));
  const message = waiting === '' ? 'Releasing: nothing is left to wait for' : `Releasing: ${waiting}`;
  return {
    Accepted: { status: 'False', reason: 'BeingDeleted', message: 'The request is being deleted' },
    Programmed: { status: 'False', reason: worst?.reason ?? 'Pending', message },
    InSync: { status: 'Unknown', reason: 'NotChecked', message: 'The request is being deleted' },
    Ready: { status: 'False', reason: 'Releasing', message },
    Reconciling: { status: 'True', reason: 'Releasing', message },
  };
}

function acceptedFinding(
  { refusals, resolved, devices, waitingFor, hideOwners }: ReportInput,
  facts: RequestFacts,
  states: ReadonlyMap<string, DeviceState>,
): Finding {
  if (refusals.length > 0) {
    const reason = DENIALS.find((denial) => refusals.some((refusal) => refusal.reason === denial));
    return {
      status: 'False',
      reason: reason ?? 'PolicyUnavailable',
      message: refusalMessage(refusals, hideOwners),
    };
  }
  const pending = (message: string): Finding => ({ status: 'Unknown', reason: 'Pending', message });
  if (!isAccepted(facts)) return pending(waitingFor ?? 'Waiting for the ports to be reserved');
  const missing = missingPorts(facts, resolved, devices);
  if (missing.length > 0) {
    const words = missing.map(({ written, ports }) => `${portsInWords(ports)} of ${written}`);
    return pending(
      `Missing in the ledger since it was rebuilt: ${sentence(words)}; change the request to claim them again`,
    );
  }
  const entering = [...states].filter(
    ([name, { reason }]) => reason === 'Pending' && resolved?.devices.has(name),
  );
  if (entering.length > 0) return pending(sentence(entering.map(([, { message }]) => message)));
  return { status: 'True', reason: 'Accepted', message: 'All ports are held' };
}

/** The worst state over all devices; someone having to act comes before waiting. Undefined: all are programmed. */
function worstState(states: readonly DeviceState[]): (DeviceState & { messages: string[] }) | undefined {
  const open = states.filter(({ reason }) => reason !== 'Programmed');
  const [worst] = [...open].sort((a, b) => rank(a) - rank(b) || Number(b.stalled) - Number(a.stalled));
  if (worst === undefined) return undefined;
  const alike = open.filter(({ reason }) => reason === worst.reason);
  return { ...worst, messages: alike.map(({ message }) => message) };
}

function rank({ reason }: { reason: ProgrammedReason }): number {
  const index = NOT_PROGRAMMED.findIndex((known) => known === reason);
  // Uncertain is not False: it shows only where nothing worse is known.
  return index === -1 ? NOT_PROGRAMMED.length : index;
}

function programmedFinding(
  { resolved, devices }: ReportInput,
  facts: RequestFacts,
  accepted: Finding,
  worst: (DeviceState & { messages: string[] }) | undefined,
  views: ReadonlyMap<string, DeviceView>,
): Finding {
  if (accepted.status === 'False') {
    const inForce =
      facts.accepted === undefined
        ? ''
        : `; generation ${facts.accepted.generation} stays in force with all its ports`;
    return {
      status: 'False',
      reason: 'NotAccepted',
      message: `Generation ${facts.generation} is not accepted${inForce}`,
    };
  }
  if (!isAccepted(facts)) return { status: 'False', reason: 'Pending', message: 'Not accepted yet' };
  if (worst === undefined && missingPorts(facts, resolved, devices).length > 0) {
    return { status: 'False', reason: 'Pending', message: accepted.message };
  }
  if (worst === undefined)
    return { status: 'True', reason: 'Programmed', message: programmedMessage(facts, views) };
  const status = worst.reason === 'Uncertain' ? 'Unknown' : 'False';
  return { status, reason: worst.reason, message: sentence(worst.messages) };
}

/** enforcement.md: `shutdown: true` is programmed but down, and the status says so. */
function programmedMessage(facts: RequestFacts, views: ReadonlyMap<string, DeviceView>): string {
  const down = [...views.values()].flatMap(({ device, written }) => {
    const ports = [...holding(device, facts.uid).top]
      .filter(([, claim]) => claim.shutdown)
      .map(([port]) => port);
    return ports.length === 0 ? [] : [`${compressPorts(ports)}@${written}`];
  });
  const names = [...views.values()].map(({ written }) => written).join(', ');
  return sentence([
    `Confirmed by ${names}`,
    down.length === 0 ? '' : `shut down as requested: ${down.join(', ')}`,
  ]);
}

function readyFinding(accepted: Finding, programmed: Finding): Finding {
  const open = [accepted, programmed].find(({ status }) => status !== 'True');
  return open ?? { status: 'True', reason: 'Ready', message: programmed.message };
}

function shadowedFinding(facts: RequestFacts, views: ReadonlyMap<string, DeviceView>): Finding | undefined {
  const words = [...views.values()].flatMap(({ device, written }) => {
    const { shadowed } = holding(device, facts.uid);
    const owners = [...new Set([...shadowed.values()].map(({ owner }) => owner))];
    return owners.map((owner) => {
      const ports = [...shadowed].filter(([, claim]) => claim.owner === owner).map(([port]) => port);
      const shown = ports.some((port) => device?.status?.confirmed?.[port]?.uid === facts.uid);
      const still = shown ? `, shown as before until ${owner} is programmed` : '';
      return `${portsInWords(compressPorts(ports))} of ${written}: held by ${owner}${still}`;
    });
  });
  if (words.length === 0) return undefined;
  return { status: 'True', reason: 'TakenOver', message: capitalized(sentence(words)) };
}
