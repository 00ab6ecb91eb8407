/** Many small requests, and the state in which the services leave them when all is claimed. */
import { API_VERSION, LEDGER_FINALIZER, RELEASE_FINALIZER } from '../../crds/names.ts';
import type { Interface, Ledger } from '../../crds/types.gen.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { DEVICES, INTERFACES } from '../../lib/kube/resources.ts';
import { inParallel } from './in-parallel.ts';
import { deviceName, deviceWith } from './ledger.ts';

/** Requests on each switch, and ports of each request. */
export const REQUESTS = 10;
const PORTS_OF_REQUEST = 4;
const TENANTS = 10;
const TIMESTAMP = '2026-01-01T00:00:00.000Z';
const AT_ONCE = 16;

export const NAMESPACES: readonly string[] = Array.from({ length: TENANTS }, (_, index) => `tenant-${index}`);

/** @param index from 0; ten in a row are on one switch */
export function requestOf(index: number, vlan: number) {
  const first = 1 + (index % REQUESTS) * PORTS_OF_REQUEST;
  const ports = Array.from({ length: PORTS_OF_REQUEST }, (_, offset) => String(first + offset));
  const settings = { vlan, trunk: false, shutdown: false, stp: 'portfast' as const };
  const devicename = deviceName(1 + Math.floor(index / REQUESTS));
  return {
    ...{ apiVersion: API_VERSION, kind: 'Interface' },
    metadata: { name: `request-${String(index).padStart(5, '0')}`, namespace: `tenant-${index % TENANTS}` },
    spec: { services: [{ devicename, ports, ...settings }] },
  } satisfies Interface;
}

/** Two further switches, and how many requests are made for both at once. */
export const PAIR: readonly string[] = ['pair-0001', 'pair-0002'];
export const PAIR_REQUESTS = 24;

/** Asks for one port of each switch of the pair. */
export function pairRequest(index: number) {
  const settings = { vlan: 10, trunk: false, shutdown: false, stp: 'portfast' as const };
  return {
    ...{ apiVersion: API_VERSION, kind: 'Interface' },
    metadata: { name: `pair-${index}`, namespace: `tenant-${index % TENANTS}` },
    spec: { services: PAIR.map((devicename) => ({ devicename, ports: [String(index + 1)], ...settings })) },
  } satisfies Interface;
}

/** Stores the requests of the switches after the first `from`, up to `to`: accepted, all claims active, reported by nobody. */
export async function storeRequests(api: Connection, from: number, to: number): Promise<void> {
  const requests = client(api, INTERFACES);
  const ledgers = client(api, DEVICES);
  const switches = Array.from({ length: to - from }, (_, offset) => from + offset);
  await inParallel(switches, AT_ONCE, async (position) => {
    const device = deviceName(1 + position);
    const ledger: Ledger = {};
    for (let slot = 0; slot < REQUESTS; slot += 1) {
      const wanted = requestOf(position * REQUESTS + slot, 10);
      const metadata = { ...wanted.metadata, finalizers: [RELEASE_FINALIZER] };
      const made = await requests.create({ ...wanted, metadata });
      const accepted = { generation: made.metadata.generation ?? 1, timestamp: TIMESTAMP };
      await requests.replaceStatus({
        ...made,
        status: { ...made.status, claim: { attempt: 0, accepted, devices: [device] } },
      });
      Object.assign(ledger, claims(made));
    }
    const empty = deviceWith(device, ledger);
    await ledgers.create({ ...empty, metadata: { ...empty.metadata, finalizers: [LEDGER_FINALIZER] } });
  });
}

/** The entries of one request in the ledger of its only switch. */
function claims({ metadata, spec }: Interface): Ledger {
  const [service] = spec.services;
  if (service === undefined) return {};
  const { vlan, trunk = false, shutdown = true, stp = 'portfast' } = service;
  const annotations = {
    ...{ namespace: metadata.namespace ?? '', owner: metadata.name, uid: metadata.uid ?? '' },
    ...{ generation: metadata.generation ?? 1, timestamp: TIMESTAMP, since: 0 },
  };
  const entry = { vlan, trunk, shutdown, stp, description: metadata.name, annotations };
  return Object.fromEntries(service.ports.map((port) => [String(port), entry]));
}

/** @throws Error when not every request is accepted */
export async function allAccepted(api: Connection, count: number): Promise<void> {
  const { items } = await client(api, INTERFACES).list();
  const accepted = items.filter(({ status }) =>
    status?.conditions?.some(({ type, status: value }) => type === 'Accepted' && value === 'True'),
  );
  if (accepted.length !== count || items.length !== count) {
    throw new Error(`${accepted.length} of ${items.length} requests are accepted, not ${count}`);
  }
}
