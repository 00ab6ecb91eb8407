import { API_VERSION, PLATFORM_NAMESPACE, RELEASE_FINALIZER } from '../../../crds/names.ts';
import type { ObjectMeta } from '../../../crds/object-meta.ts';
import type { Device, DeviceStatus, Interface, InterfaceStatus, Service } from '../../../crds/types.gen.ts';
import type { Outcome } from '../../../crds/reasons.ts';
import { acceptance } from '../accept.ts';
import { toConfirmed, topClaim } from '../claim.ts';
import type { DeviceFacts } from '../permit.ts';
import { report } from '../report.ts';
import type { ReportInput } from '../report.ts';
import { requestFacts } from '../request.ts';
import { reserve } from '../reserve.ts';
import { resolution } from '../resolution.ts';
import { settle } from '../settle.ts';

export const NOW = '2026-11-21T12:00:00.000Z';

/** A request of tenant-a for ports of devicea, stored and guarded. */
export function request(
  given: {
    name?: string;
    namespace?: string;
    services?: Service[];
    metadata?: Partial<ObjectMeta>;
    status?: InterfaceStatus;
  } = {},
): Interface {
  const { name = 'request-001', namespace = 'tenant-a' } = given;
  return {
    apiVersion: API_VERSION,
    kind: 'Interface',
    metadata: {
      name,
      namespace,
      uid: `uid-${namespace}-${name}`,
      generation: 1,
      resourceVersion: '1',
      finalizers: [RELEASE_FINALIZER],
      ...given.metadata,
    },
    spec: { services: given.services ?? [{ devicename: 'deviceA', ports: ['1-3'], vlan: 10 }] },
    ...(given.status === undefined ? {} : { status: given.status }),
  };
}

export function device(
  name = 'devicea',
  given: { generation?: number; status?: DeviceStatus; spec?: Device['spec'] } = {},
): Device {
  return {
    apiVersion: API_VERSION,
    kind: 'Device',
    metadata: {
      name,
      namespace: PLATFORM_NAMESPACE,
      uid: `uid-${name}`,
      generation: given.generation ?? 1,
      resourceVersion: '1',
    },
    spec: given.spec ?? {},
    ...(given.status === undefined ? {} : { status: given.status }),
  };
}

/** The Device as the API server stores it: a changed spec is a new generation. */
export function stored(before: Device, written: Device | undefined): Device {
  if (written === undefined) return before;
  const changed = JSON.stringify(before.spec) !== JSON.stringify(written.spec);
  const generation = (before.metadata.generation ?? 0) + (changed ? 1 : 0);
  return { ...written, metadata: { ...written.metadata, generation } };
}

/** The request with its reservations. */
export function reserved(on: Device, wanted: Interface): Device {
  const listed = resolution(wanted).resolved?.devices.get(on.metadata.name);
  if (listed === undefined) return on;
  const result = reserve(on, listed, requestFacts(wanted));
  if ('refusal' in result) throw new Error(result.refusal.message);
  return 'write' in result ? stored(on, result.write) : on;
}

/** The Interface with its acceptance, over Devices that hold its ports. */
export function accepted(wanted: Interface, on: readonly Device[], now = NOW): Interface {
  const { resolved } = resolution(wanted);
  if (resolved === undefined) throw new Error('cannot be resolved');
  const claim = acceptance(requestFacts(wanted), resolved, byName(on), now);
  return { ...wanted, status: { ...wanted.status, claim } };
}

export function settled(on: Device, holder: Interface): Device {
  const { uid, namespace } = requestFacts(holder);
  return stored(on, settle(on, { uid, namespace }, holder));
}

/** Reserved everywhere, accepted, settled everywhere. */
export function claimed(
  wanted: Interface,
  on: readonly Device[],
  now = NOW,
): { request: Interface; devices: Device[] } {
  const held = on.map((one) => reserved(one, wanted));
  const counts = accepted(wanted, held, now);
  return { request: counts, devices: held.map((one) => settled(one, counts)) };
}

/** The switch confirmed the ledger as it is. */
export function confirmed(on: Device, given: Partial<DeviceStatus> = {}): Device {
  const { uid = '', generation = 0 } = on.metadata;
  const tops = Object.entries(on.spec).flatMap(([port, entry]) => {
    const top = topClaim(entry);
    return top === undefined ? [] : [[port, toConfirmed(top)] as const];
  });
  const status: DeviceStatus = {
    applied: { uid, generation, platform: 'sha256:0', configHash: 'h1:0', at: NOW },
    attempted: { uid, generation, epoch: 1, outcome: 'applied', at: NOW },
    confirmed: Object.fromEntries(tops),
    conditions: [
      { type: 'Reachable', status: 'True', reason: 'Reachable', message: '', lastTransitionTime: NOW },
      { type: 'InSync', status: 'True', reason: 'InSync', message: '', lastTransitionTime: NOW },
    ],
    ...given,
  };
  return { ...on, status: { ...on.status, ...status } };
}

/** The last try of a push ended so. */
export function attempted(on: Device, outcome: Outcome): Device {
  return { ...on, status: { ...on.status, attempted: { epoch: 2, outcome, at: NOW } } };
}

export const PORTS = Array.from({ length: 54 }, (_, index) => String(index + 1));

export function facts(given: Partial<DeviceFacts> = {}): DeviceFacts {
  return {
    ports: PORTS,
    uplinks: ['49', '50'],
    reserved: ['54'],
    reservedVlans: '4000-4010',
    mode: 'enforce',
    ...given,
  };
}

export const INVENTORY: ReadonlyMap<string, DeviceFacts> = new Map([
  ['devicea', facts()],
  ['deviceb', facts()],
]);

export function byName(devices: readonly Device[]): Map<string, Device | undefined> {
  return new Map(devices.map((one) => [one.metadata.name, one]));
}

/** The Interface with the status that is due. */
export function reported(
  about: Interface,
  on: readonly Device[],
  given: Partial<Omit<ReportInput, 'request' | 'devices'>> = {},
): Interface {
  const status = report({
    request: about,
    claim: about.status?.claim ?? {},
    resolved: resolution(about).resolved,
    refusals: [],
    devices: byName(on),
    inventory: INVENTORY,
    now: NOW,
    hideOwners: false,
    ...given,
  });
  return { ...about, status };
}

/** `type=status reason` of each condition. */
export function shown(about: Interface): string[] {
  return (about.status?.conditions ?? []).map(({ type, status, reason }) => `${type}=${status} ${reason}`);
}

export function message(about: Interface, type: string): string {
  return about.status?.conditions?.find((condition) => condition.type === type)?.message ?? '';
}

/** The Interface after `kubectl edit`. */
export function edited(about: Interface, services: Service[]): Interface {
  const generation = (about.metadata.generation ?? 0) + 1;
  return { ...about, metadata: { ...about.metadata, generation }, spec: { services } };
}

/** The Interface after `kubectl delete`: deletion raises the generation. */
export function deleted(about: Interface): Interface {
  const generation = (about.metadata.generation ?? 0) + 1;
  return { ...about, metadata: { ...about.metadata, generation, deletionTimestamp: NOW } };
}
