import type { InterfaceSpec } from '../../crds/types.gen.ts';
import { canonicalDevice } from '../../lib/ports/port.ts';
import type { ResolvedRequest } from '../../lib/ports/resolve.ts';
import type { VlanRange } from '../../lib/ports/vlan-ranges.ts';
import { parseVlanSpan } from '../../lib/ports/vlan.ts';
import type { Facts, PolicyInput, PolicySettings } from './facts.ts';
import { grantFacts } from './grant-facts.ts';
import type { GrantFacts } from './grant-facts.ts';

/**
 * Gathers what the policy needs about the requested ports, and nothing about others. A port of an unknown device is
 * left out: the device itself is denied.
 */
export function policyInput(
  request: PolicyInput['request'],
  spec: InterfaceSpec,
  resolved: ResolvedRequest,
  facts: Facts,
  settings: PolicySettings,
): PolicyInput {
  const grants: GrantFacts | undefined = grantFacts(request, resolved, facts);
  const tenant = grants?.tenant ?? null;
  const input: PolicyInput = { request, devices: [], ports: [], vlans: [], tenant, settings };
  for (const [device, { written, ports, fields }] of resolved.devices) {
    const known = facts.device(device);
    const index = spec.services.findIndex((service) => canonicalDevice(service.devicename) === device);
    input.devices.push({
      device,
      written,
      field: `spec.services[${index}].devicename`,
      known: known !== undefined,
    });
    for (const [port, wanted] of ports) {
      const { trunk, vlan } = wanted;
      const field = fields.get(port) ?? `spec.services[${index}].ports`;
      const state = known?.portState(port) ?? 'unknown';
      const holder = facts.holder(device, port) ?? null;
      if (known !== undefined) {
        const granted = grants?.port(device, port, wanted);
        input.ports.push({ device, written, port, field, state, trunk, vlan, holder, ...granted });
      }
    }
  }
  for (const [index, service] of spec.services.entries()) {
    const device = canonicalDevice(service.devicename);
    const reserved = facts.device(device)?.reservedVlans ?? [];
    for (const { field, from, to } of vlanRanges(service)) {
      const path = `spec.services[${index}].${field}`;
      const granted = grants?.vlans(index, { from, to });
      input.vlans.push({ device, written: service.devicename, field: path, from, to, reserved, ...granted });
    }
  }
  return input;
}

/** All VLANs a service touches. An item that is no range of VLANs is left out: the request is denied for it already. */
function* vlanRanges(service: InterfaceSpec['services'][number]): Generator<VlanRange & { field: string }> {
  yield { field: 'vlan', from: service.vlan, to: service.vlan };
  if (service.nativeVlan !== undefined) {
    yield { field: 'nativeVlan', from: service.nativeVlan, to: service.nativeVlan };
  }
  for (const [position, item] of (service.vlans ?? []).entries()) {
    const span = parseVlanSpan(item);
    if ('from' in span) yield { field: `vlans[${position}]`, ...span };
  }
}
