/** What may be left when every request is deleted, and what is left. */
import { until } from '../../support/until.ts';
import { PLATFORM_NAMESPACE } from '../../../crds/names.ts';
import { client } from '../../../lib/kube/client.ts';
import type { Connection } from '../../../lib/kube/connection.ts';
import {
  CONFIG_MAPS,
  DEVICES,
  INTERFACES,
  JOBS,
  LEASES,
  PODS,
  SECRETS,
} from '../../../lib/kube/resources.ts';
import type { KubeObject } from '../../../lib/kube/types.ts';
import { ENDPOINT } from '../../../services/scheduler/api/endpoint.ts';
import type { Arena } from './arena.ts';

/** Everything stored that the platform could leave behind: `Kind/name`, with what of it must be as before. */
export type Inventory = ReadonlyMap<string, string>;

/**
 * What stays, by name and content. Jobs, their Pods and their Secrets come and go with the compliance check of every
 * 30 s: those made after `since` (milliseconds since 1970) do not count. Events run out by themselves.
 */
export async function inventoryOf(api: Connection, since: number): Promise<Inventory> {
  const namespace = PLATFORM_NAMESPACE;
  const [maps, leases, secrets, jobs, pods, devices, requests] = await Promise.all([
    client(api, CONFIG_MAPS).list({ namespace }),
    client(api, LEASES).list({ namespace }),
    client(api, SECRETS).list({ namespace }),
    client(api, JOBS).list({ namespace }),
    client(api, PODS).list({ namespace }),
    client(api, DEVICES).list({ namespace }),
    client(api, INTERFACES).list(),
  ]);
  const found = new Map<string, string>();
  const add = (kind: string, object: KubeObject, content: unknown): void => {
    const { finalizers = [], name } = object.metadata;
    found.set(`${kind}/${name}`, JSON.stringify([finalizers, content]));
  };
  const isOld = ({ metadata }: KubeObject): boolean => Date.parse(metadata.creationTimestamp ?? '') < since;
  // Each start of a scheduler writes a new certificate into its endpoint.
  for (const map of maps.items) add('ConfigMap', map, map.metadata.name === ENDPOINT ? null : map.data);
  for (const lease of leases.items) add('Lease', lease, null);
  for (const secret of secrets.items) {
    if (!secret.metadata.name.startsWith('enforce-') || isOld(secret)) add('Secret', secret, null);
  }
  for (const job of jobs.items.filter(isOld)) add('Job', job, null);
  for (const pod of pods.items.filter(isOld)) add('Pod', pod, null);
  for (const device of devices.items) {
    const { spec, status } = device;
    add('Device', device, [spec, status?.confirmed ?? {}, status?.held ?? []]);
  }
  for (const request of requests.items) {
    add('Interface', request, request.metadata.namespace);
  }
  return found;
}

/** @returns what is more, less or other than before, one line each */
export function leftovers(before: Inventory, after: Inventory): string[] {
  const lines: string[] = [];
  for (const [name, content] of after) {
    const was = before.get(name);
    if (was === undefined) lines.push(`${name} is left`);
    else if (was !== content) lines.push(`${name} is not as before: ${content.slice(0, 300)}`);
  }
  for (const name of before.keys()) if (!after.has(name)) lines.push(`${name} is missing`);
  return lines;
}

/** Finished Jobs live for two minutes; those of the experiment go at once. */
export async function hastenJobs(api: Connection): Promise<void> {
  const jobs = client(api, JOBS);
  const { items } = await jobs.list({ namespace: PLATFORM_NAMESPACE });
  for (const { metadata, status } of items) {
    const isDone = status?.conditions?.some(({ type }) => type === 'Complete' || type === 'Failed');
    if (isDone !== true || metadata.deletionTimestamp !== undefined) continue;
    const ref = { namespace: PLATFORM_NAMESPACE, name: metadata.name };
    // Gone meanwhile is what is wanted.
    await jobs.patch(ref, { spec: { ttlSecondsAfterFinished: 0 } }, { type: 'merge' }).catch(() => undefined);
  }
}

/** Every service lists everything anew: as after a crash of all, and what a resync does besides. */
export async function restartServices(arena: Arena): Promise<void> {
  const services = [...arena.proxies.keys()].flatMap((name) => arena.platform.processes.get(name) ?? []);
  await Promise.all(
    services.map(async (service) => {
      // One that was killed just now is not there to take a signal.
      await until(`${service.name} runs`, () => service.pid);
      const before = service.restarts;
      service.kill('SIGTERM');
      await until(`${service.name} has ended`, () => service.restarts > before);
      await service.whenReady();
    }),
  );
}
