import { API_VERSION, LEDGER_FINALIZER, REBUILDING_ANNOTATION } from '../../crds/names.ts';
import type { Device, Interface, Ledger } from '../../crds/types.gen.ts';
import type { PortName } from '../ports/port.ts';
import { canonicalDevice, comparePorts } from '../ports/port.ts';
import { compressPorts, parsePortList } from '../ports/range.ts';
import type { Settings } from '../ports/settings.ts';
import { settingsOf } from '../ports/settings.ts';
import { topClaim } from './claim.ts';
import { editClaims } from './edit.ts';
import { ownClaims, parseEntry } from './entry.ts';
import type { RequestFacts } from './request.ts';
import { isAccepted, requestFacts } from './request.ts';
import { resolution } from './resolution.ts';

/** R10: a Device as it is created, first or after a loss: it takes no claims and gives no model while marked. */
export function newDevice(name: string, namespace: string): Device {
  return {
    apiVersion: API_VERSION,
    kind: 'Device',
    metadata: {
      name,
      namespace,
      finalizers: [LEDGER_FINALIZER],
      annotations: { [REBUILDING_ANNOTATION]: 'true' },
    },
    spec: {},
  };
}

/** The Device with its ledger complete again. */
export function withoutMark(device: Device): Device {
  const { [REBUILDING_ANNOTATION]: _, ...annotations } = device.metadata.annotations ?? {};
  return { ...device, metadata: { ...device.metadata, annotations } };
}

/** Whether an undecided generation names the device: an accept of it could rest on reservations that are lost. */
export function isPendingOn(request: Interface, device: string): boolean {
  const facts = requestFacts(request);
  if (facts.deleting || isAccepted(facts)) return false;
  return request.spec.services.some(({ devicename }) => canonicalDevice(devicename) === device);
}

/** The Interface with its next attempt. */
export function withNextAttempt(request: Interface): Interface {
  const { attempt } = requestFacts(request);
  const claim = { ...request.status?.claim, attempt: attempt + 1 };
  return { ...request, status: { ...request.status, claim } };
}

/** What an accepted request had on a lost Device. */
export interface LostClaims {
  request: Interface;
  ports: ReadonlyMap<PortName, Settings>;
}

export interface RebuildPlan {
  claims: LostClaims[];
  /** Requests whose settings the switch may still show. */
  leaving: string[];
  /** What cannot be restored, for people. */
  alerts: { request: Interface; message: string }[];
}

/**
 * R10: what a lost Device gets back.
 * @param device its canonical name
 * @param requests a consistent list, made after no accept could rest on the lost ledger any more
 * @param model top claims by port as the switch's model shows them; it lacks shadowed claims and may lag
 */
export function rebuildPlan(
  device: string,
  requests: readonly Interface[],
  model: Ledger | undefined,
): RebuildPlan {
  const plan: RebuildPlan = { claims: [], leaving: [], alerts: [] };
  for (const request of requests) {
    const facts = requestFacts(request);
    if (facts.devices.includes(device)) plan.leaving.push(facts.uid);
    if (facts.deleting || facts.accepted === undefined) continue;
    const ports = acceptedPorts(request, facts, device, model);
    if (ports.size > 0) plan.claims.push({ request, ports });
    const missing = isAccepted(facts) ? [] : missingFrom(request, device, ports);
    if (missing.length === 0) continue;
    plan.alerts.push({
      request,
      message: `The ledger of ${device} was lost; ports ${compressPorts(missing)} of generation ${facts.accepted.generation} could not be restored`,
    });
  }
  return withoutDisputes(device, plan);
}

/** The accepted generation's settings: from spec, or from the model when spec is newer already. */
function acceptedPorts(
  request: Interface,
  facts: RequestFacts,
  device: string,
  model: Ledger | undefined,
): Map<PortName, Settings> {
  if (isAccepted(facts)) return resolution(request).resolved?.devices.get(device)?.ports ?? new Map();
  const ports = new Map<PortName, Settings>();
  for (const [port, entry] of Object.entries(model ?? {})) {
    const top = topClaim(entry);
    if (top?.uid === facts.uid && top.generation === facts.accepted?.generation)
      ports.set(port, settingsOf(top));
  }
  return ports;
}

/** Ports that the last report showed as held, and that are not found again. */
function missingFrom(request: Interface, device: string, found: ReadonlyMap<PortName, unknown>): PortName[] {
  const reported = request.status?.devices?.find(({ name }) => name === device)?.ports ?? '';
  const ports = parsePortList(reported);
  return Array.isArray(ports) ? ports.filter((port) => !found.has(port)) : [];
}

/** R10: a port of two tenants goes to neither. */
function withoutDisputes(device: string, plan: RebuildPlan): RebuildPlan {
  const namespaces = new Map<PortName, Set<string>>();
  for (const { request, ports } of plan.claims) {
    for (const port of ports.keys()) {
      const known = namespaces.get(port) ?? new Set();
      namespaces.set(port, known.add(request.metadata.namespace ?? ''));
    }
  }
  const disputed = new Set([...namespaces].filter(([, tenants]) => tenants.size > 1).map(([port]) => port));
  if (disputed.size === 0) return plan;
  const alerts = [...plan.alerts];
  const claims = plan.claims.map(({ request, ports }) => {
    const lost = [...ports.keys()].filter((port) => disputed.has(port)).sort(comparePorts);
    if (lost.length === 0) return { request, ports };
    alerts.push({
      request,
      message: `The ledger of ${device} was lost; ports ${compressPorts(lost)} were accepted for two tenants and go to neither`,
    });
    return { request, ports: new Map([...ports].filter(([port]) => !disputed.has(port))) };
  });
  return { ...plan, claims: claims.filter(({ ports }) => ports.size > 0), alerts };
}

/**
 * Puts reserved claims of the accepted generation back; R3 activates them with the old timestamp. One request
 * a write (R2).
 * @returns undefined when all are there
 */
export function restore(device: Device, { request, ports }: LostClaims): Device | undefined {
  const { uid, namespace, name: owner, attempt, accepted } = requestFacts(request);
  if (accepted === undefined) return undefined;
  const { generation } = accepted;
  const free = [...ports.keys()].filter((port) => {
    const entry = device.spec[port];
    if (entry === undefined) return true;
    const { active, reserved } = ownClaims(parseEntry(port, entry), uid);
    return entry.annotations.namespace === namespace && active.length + reserved.length === 0;
  });
  return editClaims(device, { uid, namespace }, free, (port, own) => {
    const settings = ports.get(port);
    if (settings === undefined || !free.includes(port)) return own;
    return { ...own, reserved: [...own.reserved, { ...settings, owner, uid, generation, attempt }] };
  });
}
