import type { Condition, Device } from '../../crds/types.gen.ts';
import type { PortName } from '../ports/port.ts';
import { compressPorts, parsePortList } from '../ports/range.ts';
import type { DeviceView } from './device-state.ts';
import { holding } from './holding.ts';
import { sentence } from './words.ts';

/** Condition without what every condition carries alike. */
export type Finding = Pick<Condition, 'status' | 'reason' | 'message'>;

const LOST = ['unreachable', 'auth-failed', 'host-key-unknown'];

/** Whether the last check of the switches found the request's own ports as they were confirmed. */
export function inSync(views: readonly DeviceView[], uid: string): Finding {
  const checked = views.flatMap((view) => {
    const ports = shownPorts(view.device, uid);
    return view.device === undefined || ports.length === 0 ? [] : [{ ...view, device: view.device, ports }];
  });
  const drifted = checked.flatMap(({ device, written, ports }) => {
    const found = driftOn(device, ports);
    return found.length === 0 ? [] : [`${compressPorts(found)}@${written}`];
  });
  if (drifted.length > 0) {
    return {
      status: 'False',
      reason: 'Drifted',
      message: `The switch differs from what was confirmed: ${drifted.join(', ')}`,
    };
  }
  const lost = checked
    .filter(({ device }) => isLost(device))
    .map(({ written }) => `${written} cannot be reached`);
  if (lost.length > 0) return { status: 'Unknown', reason: 'DeviceUnreachable', message: sentence(lost) };
  const unchecked = checked.filter(({ device }) => !isChecked(device)).map(({ written }) => written);
  if (checked.length === 0)
    return { status: 'Unknown', reason: 'NotChecked', message: 'Nothing is confirmed yet' };
  if (unchecked.length > 0) {
    return { status: 'Unknown', reason: 'NotChecked', message: `Not checked yet: ${unchecked.join(', ')}` };
  }
  return { status: 'True', reason: 'InSync', message: 'The last check found no drift on these ports' };
}

function shownPorts(device: Device | undefined, uid: string): PortName[] {
  return [...holding(device, uid).top.keys()].filter(
    (port) => device?.status?.confirmed?.[port]?.uid === uid,
  );
}

function driftOn(device: Device, ports: readonly PortName[]): PortName[] {
  const list = parsePortList(device.status?.drift?.ports ?? '');
  const drifted = new Set(Array.isArray(list) ? list : []);
  return ports.filter((port) => drifted.has(port));
}

function isLost(device: Device): boolean {
  const outcome = device.status?.attempted?.outcome;
  return statusOf(device, 'Reachable') === 'False' || (outcome !== undefined && LOST.includes(outcome));
}

/** Drift on other ports makes the Device's own InSync False; these ports were checked all the same. */
function isChecked(device: Device): boolean {
  const status = statusOf(device, 'InSync');
  return status === 'True' || status === 'False';
}

function statusOf(device: Device, type: string): string | undefined {
  return device.status?.conditions?.find((condition) => condition.type === type)?.status;
}
