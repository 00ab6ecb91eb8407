import type { Outcome, ProgrammedReason } from '../../crds/reasons.ts';
import type { Device } from '../../crds/types.gen.ts';
import type { PortName } from '../ports/port.ts';
import { compressPorts } from '../ports/range.ts';
import { hasActiveClaim } from './claim.ts';
import { isShown } from './due.ts';
import { holding } from './holding.ts';
import { isLeaving } from './leaving.ts';
import type { DeviceFacts } from './permit.ts';
import { isRebuilding, isReleased } from './release.ts';
import type { RequestFacts } from './request.ts';
import { hasUnsettled } from './settle.ts';
import { portsInWords, sentence } from './words.ts';

/** How far a request has got on one device. */
export interface DeviceState {
  reason: ProgrammedReason;
  message: string;
  /** Someone must act: waiting does not help any more. */
  stalled: boolean;
}

/** One device as a request sees it. */
export interface DeviceView {
  /** As the tenant wrote it, for messages. */
  written: string;
  /** Undefined: not found. */
  device: Device | undefined;
  /** False only when the inventory is known and does not list the device. */
  known: boolean;
  mode: DeviceFacts['mode'];
}

/** After so many tries a rolled-back push is no longer a matter of waiting. */
const TRIES = 3;

/** R12 for one device: is everything of the accepted generation there and confirmed, or what is it waiting for? */
export function programmedState(view: DeviceView, request: RequestFacts): DeviceState {
  const { written, device } = view;
  if (!view.known) {
    return stalled(
      'DeviceRemoved',
      `${written} left the inventory: its ports are frozen; take it out of the request`,
    );
  }
  if (device === undefined)
    return waiting('Pending', `the ledger of ${written} is missing and will be rebuilt`);
  if (isRebuilding(device)) return waiting('Pending', `the ledger of ${written} is being rebuilt`);
  if (hasUnsettled(device, request.uid, request)) {
    return waiting('Pending', `the ports of ${written} are being entered in its ledger`);
  }
  const { top } = holding(device, request.uid);
  const due = [...top].filter(([port, claim]) => !isShown(device, port, claim)).map(([port]) => port);
  if (due.length === 0 && !isLeaving(device, request.uid)) {
    return { reason: 'Programmed', message: '', stalled: false };
  }
  const blocked = obstacle(view, device, request);
  const ports = due.length === 0 ? 'that ports are released' : portsInWords(compressPorts(due));
  const state = blocked ?? waiting('Pushing', `waiting for ${written} to confirm ${ports}`);
  return { ...state, message: sentence([state.message, ...othersShown(device, request.uid, due, written)]) };
}

/** R5 for one device: what a deleted request still waits for. */
export function releasingState(view: DeviceView, request: RequestFacts): DeviceState {
  const { written, device } = view;
  if (!view.known || isReleased(device, request.uid))
    return { reason: 'Programmed', message: '', stalled: false };
  if (device === undefined)
    return waiting('Pending', `the ledger of ${written} is missing and will be rebuilt`);
  if (isRebuilding(device)) return waiting('Pending', `the ledger of ${written} is being rebuilt`);
  if (!isLeaving(device, request.uid)) {
    return waiting('Pending', `the ports of ${written} are being taken from its ledger`);
  }
  return deviceObstacle(view, device) ?? waiting('Pushing', `waiting for ${written} to confirm the release`);
}

function obstacle(view: DeviceView, device: Device, request: RequestFacts): DeviceState | undefined {
  const held = device.status?.held?.find(({ uid }) => uid === request.uid);
  if (held === undefined || held.generation !== request.accepted?.generation)
    return deviceObstacle(view, device);
  // The switch's words about this request's own lines: its owner may read them.
  const message = `${view.written}: ${held.message}`;
  if (held.reason === 'RolledBack' && held.tries < TRIES) return waiting('RolledBack', message);
  return stalled(held.reason, message);
}

/** What stands in the way of any change of the device; nobody's request is to blame, so no device text is shown. */
function deviceObstacle({ written, mode }: DeviceView, device: Device): DeviceState | undefined {
  if (mode === 'pause') return waiting('Paused', `changes of ${written} are paused by the network team`);
  const outcome = device.status?.attempted?.outcome;
  const tries = device.status?.attempted?.tries ?? 0;
  if (outcome === undefined) return undefined;
  if (outcome === 'rolled-back' && tries >= TRIES) {
    return stalled('RolledBack', `${written} went back to its old configuration after ${tries} tries`);
  }
  return OUTCOMES[outcome]?.(written);
}

/** enforcement.md: due requests show platform-rejected as DeviceBlocked, failed logins as DeviceUnreachable. */
const OUTCOMES: Readonly<Record<Outcome, ((device: string) => DeviceState) | undefined>> = {
  applied: undefined,
  unchanged: undefined,
  'platform-rejected': (device) =>
    waiting(
      'DeviceBlocked',
      `${device} refuses the platform's own configuration, which the network team must correct`,
    ),
  'auth-failed': (device) => waiting('DeviceUnreachable', `${device} refuses the platform's login`),
  'host-key-unknown': (device) =>
    waiting('DeviceUnreachable', `${device} cannot be reached safely: its host key is not known`),
  unreachable: (device) => waiting('DeviceUnreachable', `${device} cannot be reached`),
  'not-adopted': (device) =>
    waiting('NotAdopted', `${device} is not adopted yet: the network team must review its configuration`),
  busy: (device) => waiting('DeviceBusy', `${device} is being changed by someone else`),
  uncertain: (device) => waiting('Uncertain', `it is not known whether ${device} took the last change`),
  'rolled-back': (device) => waiting('RolledBack', `${device} went back to its old configuration`),
};

/** Older requests whose settings the switch still shows where this one is on top. */
function othersShown(device: Device, uid: string, due: readonly PortName[], written: string): string[] {
  const shown = new Map<string, PortName[]>();
  for (const port of due) {
    const confirmed = device.status?.confirmed?.[port];
    if (confirmed === undefined || confirmed.uid === uid) continue;
    if (!hasActiveClaim(device.spec[port], confirmed.uid)) continue;
    shown.set(confirmed.owner, [...(shown.get(confirmed.owner) ?? []), port]);
  }
  return [...shown].map(
    ([owner, ports]) => `${portsInWords(compressPorts(ports))} of ${written} still ${shows(ports)} ${owner}`,
  );
}

function shows(ports: readonly unknown[]): string {
  return ports.length === 1 ? 'shows' : 'show';
}

function waiting(reason: ProgrammedReason, message: string): DeviceState {
  return { reason, message, stalled: false };
}

function stalled(reason: ProgrammedReason, message: string): DeviceState {
  return { reason, message, stalled: true };
}
