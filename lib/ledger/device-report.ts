import type {
  Device,
  Interface,
  InterfaceDeviceStatus,
  PortConflict,
  ShadowedPorts,
} from '../../crds/types.gen.ts';
import type { PortName } from '../ports/port.ts';
import { compressPorts } from '../ports/range.ts';
import { portsOf } from './edit.ts';
import type { DeviceState, DeviceView } from './device-state.ts';
import { holding } from './holding.ts';
import type { Refusal } from './refusal.ts';
import { groupRefusals, refusalMessage } from './refusal.ts';
import { isRebuilding } from './release.ts';
import type { RequestFacts } from './request.ts';
import { isAccepted } from './request.ts';
import { MAX_DEVICE_MESSAGE, MAX_PORT_LIST, cut } from './words.ts';

/** Sizes of the CRD. */
const MAX_DEVICES = 64;
const MAX_GROUPS = 8;

/** `status.devices`: the request on each of its devices. */
export function deviceReports(
  input: { request: Interface; refusals: readonly Refusal[]; hideOwners: boolean; waitingFor?: string },
  facts: RequestFacts,
  views: ReadonlyMap<string, DeviceView>,
  states: ReadonlyMap<string, DeviceState>,
): InterfaceDeviceStatus[] {
  return [...views].slice(0, MAX_DEVICES).map(([name, view]) => {
    const refusals = input.refusals.filter(({ device }) => device === name);
    const state = shownState(input, facts, states.get(name), refusals);
    const groups = shadowedGroups(holding(view.device, facts.uid).shadowed);
    const held = heldPorts(input.request, name, view, facts);
    const found = conflictGroups(refusals, input.hideOwners);
    return {
      name,
      state: state.reason,
      ...(held === '' ? {} : { ports: held }),
      ...(groups.length === 0 ? {} : { shadowed: groups }),
      ...(found.length === 0 ? {} : { conflicts: found }),
      ...(state.message === '' ? {} : { message: cut(state.message, MAX_DEVICE_MESSAGE) }),
    };
  });
}

function shownState(
  {
    refusals: all,
    hideOwners,
    waitingFor,
  }: { refusals: readonly Refusal[]; hideOwners: boolean; waitingFor?: string },
  facts: RequestFacts,
  state: DeviceState | undefined,
  refusals: readonly Refusal[],
): Pick<DeviceState, 'reason' | 'message'> {
  if (facts.deleting || isAccepted(facts)) return state ?? { reason: 'Pending', message: '' };
  if (all.length > 0) return { reason: 'NotAccepted', message: refusalMessage(refusals, hideOwners) };
  return { reason: 'Pending', message: waitingFor ?? '' };
}

/**
 * The ports held, with those that R3 is about to activate. While the ledger is not complete the last list stays:
 * it is what tells which claims a lost Device had (R10).
 */
function heldPorts(request: Interface, name: string, { device }: DeviceView, facts: RequestFacts): string {
  if (device === undefined || isRebuilding(device)) {
    return request.status?.devices?.find((report) => report.name === name)?.ports ?? '';
  }
  const { top, shadowed } = holding(device, facts.uid);
  return portList([...top.keys(), ...shadowed.keys(), ...enteringPorts(device, facts)]);
}

function enteringPorts(device: Device, { uid, accepted }: RequestFacts): PortName[] {
  if (accepted === undefined) return [];
  return portsOf(device, uid).filter((port) =>
    device.spec[port]?.others?.some(
      (claim) => claim.uid === uid && claim.attempt !== undefined && claim.generation === accepted.generation,
    ),
  );
}

function shadowedGroups(shadowed: ReadonlyMap<PortName, { owner: string }>): ShadowedPorts[] {
  const owners = new Map<string, PortName[]>();
  for (const [port, { owner }] of shadowed) owners.set(owner, [...(owners.get(owner) ?? []), port]);
  return [...owners].slice(0, MAX_GROUPS).map(([by, ports]) => ({ ports: portList(ports), by }));
}

function conflictGroups(refusals: readonly Refusal[], hideOwners: boolean): PortConflict[] {
  return groupRefusals(refusals)
    .filter(({ ports }) => ports.length > 0)
    .slice(0, MAX_GROUPS)
    .map(({ ports, reason, holder }) => ({
      ports: portList(ports),
      reason,
      ...(holder === undefined || hideOwners ? {} : { owner: `${holder.namespace}/${holder.owner}` }),
    }));
}

function portList(ports: Iterable<PortName>): string {
  return cut(compressPorts(ports), MAX_PORT_LIST);
}
