import type { Denial } from '../../crds/reasons.ts';
import type { InterfaceSpec, Service } from '../../crds/types.gen.ts';
import type { PortDefaults } from './defaults.ts';
import { canonicalDevice, isDeviceName } from './port.ts';
import type { PortName } from './port.ts';
import { quoted } from './quoted.ts';
import { MAX_PORTS, countPorts, expandPort } from './range.ts';
import { sameSettings } from './settings.ts';
import type { Settings } from './settings.ts';
import { compressVlans, expandVlans, isVlan } from './vlan.ts';

export { BUILT_IN_DEFAULTS, parseDefaults } from './defaults.ts';
export type { PortDefaults } from './defaults.ts';
export type { Settings } from './settings.ts';

export interface RequestProblem {
  reason: Denial;
  /** Such as `spec.services[0].ports[2]`. */
  field: string;
  message: string;
  /** As the tenant wrote it. */
  device?: string;
  port?: PortName;
}

export interface ResolvedDevice {
  /** The name as the tenant wrote it first. */
  written: string;
  ports: Map<PortName, Settings>;
  /** Where each port is listed first. */
  fields: Map<PortName, string>;
}

/** A request as it counts: by canonical device and port, complete. */
export interface ResolvedRequest {
  devices: Map<string, ResolvedDevice>;
}

/**
 * Expands a request and fills in the defaults. Raw and already expanded forms give the same result (S-29).
 * @param requestName is the description of ports that have none
 * @returns the request, or every problem found and what of the request has none; a request with too many ports is
 * refused before it is expanded
 */
export function resolveRequest(
  spec: InterfaceSpec,
  requestName: string,
  defaults: PortDefaults,
): { request: ResolvedRequest } | { problems: RequestProblem[]; rest?: ResolvedRequest } {
  const oversize = checkSize(spec);
  if (oversize !== undefined) return { problems: [oversize] };
  const problems: RequestProblem[] = [];
  const devices = new Map<string, ResolvedDevice>();
  for (const [index, service] of spec.services.entries()) {
    const path = `spec.services[${index}]`;
    const settings = resolveSettings(service, path, requestName, defaults, problems);
    if (!isDeviceName(service.devicename)) {
      problems.push({
        reason: 'DeviceUnknown',
        field: `${path}.devicename`,
        message: `Device ${quoted(service.devicename)} does not exist`,
        device: service.devicename,
      });
      continue;
    }
    const name = canonicalDevice(service.devicename);
    const device = devices.get(name) ?? { written: service.devicename, ports: new Map(), fields: new Map() };
    devices.set(name, device);
    listPorts(service, path, settings, device, problems);
  }
  return problems.length > 0 ? { problems, rest: { devices } } : { request: { devices } };
}

function checkSize(spec: InterfaceSpec): RequestProblem | undefined {
  let total = 0;
  for (const [index, service] of spec.services.entries()) {
    for (const [position, item] of service.ports.entries()) {
      const size = countPorts(item);
      total += typeof size === 'number' ? size : 0;
      if (total <= MAX_PORTS) continue;
      return {
        reason: 'TooManyPorts',
        field: `spec.services[${index}].ports[${position}]`,
        message: `The request has more than ${MAX_PORTS} ports: split it into several requests`,
      };
    }
  }
  return undefined;
}

function resolveSettings(
  service: Service,
  path: string,
  requestName: string,
  defaults: PortDefaults,
  problems: RequestProblem[],
): Settings {
  const settings: Settings = {
    vlan: service.vlan,
    trunk: service.trunk ?? defaults.trunk,
    shutdown: service.shutdown ?? defaults.shutdown,
    stp: service.stp ?? defaults.stp,
    description: service.description ?? requestName,
  };
  const refuse = (field: string, message: string): void => {
    problems.push({ reason: 'InvalidVlan', field: `${path}.${field}`, message, device: service.devicename });
  };
  // The CRD's schema refuses these already; checked again because nothing may rely on one guard alone.
  if (!isVlan(service.vlan)) refuse('vlan', `VLAN ${quoted(String(service.vlan))} is not 1 to 4094`);
  if (service.vlans !== undefined) {
    const ids = expandVlans(service.vlans);
    if (!Array.isArray(ids)) refuse('vlans', ids.message);
    else if (ids.length > 0) settings.vlans = compressVlans(ids);
    if (!settings.trunk) refuse('vlans', 'vlans needs trunk to be true');
  }
  if (service.nativeVlan !== undefined) {
    if (!isVlan(service.nativeVlan)) {
      refuse('nativeVlan', `VLAN ${quoted(String(service.nativeVlan))} is not 1 to 4094`);
    }
    settings.nativeVlan = service.nativeVlan;
    if (!settings.trunk) refuse('nativeVlan', 'nativeVlan needs trunk to be true');
  }
  return settings;
}

function listPorts(
  service: Service,
  path: string,
  settings: Settings,
  device: ResolvedDevice,
  problems: RequestProblem[],
): void {
  for (const [position, item] of service.ports.entries()) {
    const field = `${path}.ports[${position}]`;
    const ports = expandPort(item);
    if (!Array.isArray(ports)) {
      problems.push({ ...ports, field, device: service.devicename });
      continue;
    }
    for (const port of ports) {
      const before = device.ports.get(port);
      if (before === undefined) {
        device.ports.set(port, settings);
        device.fields.set(port, field);
      } else if (!sameSettings(before, settings)) {
        problems.push({
          reason: 'DuplicatePort',
          field,
          message: `Port ${port}@${service.devicename} is listed twice with different settings: also in ${device.fields.get(port)}`,
          device: service.devicename,
          port,
        });
      }
    }
  }
}
