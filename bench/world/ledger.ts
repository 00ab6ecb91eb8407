/** Devices and ledgers as the interface-watcher would have written them. */
import { API_VERSION, PLATFORM_NAMESPACE } from '../../crds/names.ts';
import type { Device, Ledger } from '../../crds/types.gen.ts';

export const PORTS = 54;
/** Ports of each switch that a request owns. */
export const OWNED = 48;

/** `leaf-0001`, … */
export function deviceName(index: number): string {
  return `leaf-${String(index).padStart(4, '0')}`;
}

export function deviceNames(from: number, to: number): string[] {
  return Array.from({ length: to - from }, (_, index) => deviceName(from + index));
}

/** A ledger in which one request owns the ports from 1 on. */
export function ownedLedger(owner: { namespace: string; name: string; uid: string; vlan: number }): Ledger {
  const { namespace, name, uid, vlan } = owner;
  const claim = { vlan, trunk: false, shutdown: false, stp: 'portfast' as const, description: name };
  const annotations = {
    namespace,
    owner: name,
    uid,
    generation: 1,
    timestamp: '2026-01-01T00:00:00.000Z',
    since: 0,
  };
  return Object.fromEntries(
    Array.from({ length: OWNED }, (_, index) => [String(index + 1), { ...claim, annotations }]),
  );
}

export function deviceWith(name: string, spec: Ledger): Device {
  return { apiVersion: API_VERSION, kind: 'Device', metadata: { name, namespace: PLATFORM_NAMESPACE }, spec };
}
