// An informer against a real API server, behind a proxy that does to it what networks and busy servers do.
import assert from 'node:assert/strict';
import { after, afterEach } from 'node:test';
import { client } from '../../lib/kube/client.ts';
import { connect } from '../../lib/kube/connection.ts';
import { informer } from '../../lib/kube/informer.ts';
import type { Change, Informer, InformerOptions } from '../../lib/kube/informer.ts';
import { createMetrics } from '../../lib/kube/metrics.ts';
import { CONFIG_MAPS, NAMESPACES } from '../../lib/kube/resources.ts';
import type { ConfigMap } from '../../lib/kube/resources.ts';
import { apiServer } from '../support/api-server.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import type { SeenRequest } from '../support/fault-proxy.ts';
import { hastyClock } from './hasty-clock.ts';
import { recordedLog } from './recorded-log.ts';

/** Back-offs of 0.8 to 30 s become 40 ms to 1.5 s. */
export const FASTER = 20;

const controlPlane = await apiServer({ controllerManager: false });
const direct = await connect({ kubeconfig: controlPlane.kubeconfig });
export const proxy = await startFaultProxy({ kubeconfig: controlPlane.kubeconfig });
export const through = await connect({ kubeconfig: proxy.kubeconfig });
/** Past the proxy. */
export const configMaps = client(direct, CONFIG_MAPS);
const informers: Informer<ConfigMap>[] = [];
let namespaces = 0;

after(async () => {
  await direct.close();
  await through.close();
  await proxy.stop();
});
afterEach(async () => {
  proxy.clearFaults();
  proxy.releaseWatches();
  await Promise.all(informers.splice(0).map((each) => each.stop()));
  await until(() => proxy.openWatches === 0, 'the end of all watches');
});

/** A namespace of its own, an informer of its ConfigMaps, and what it told. */
export async function setUp(options: InformerOptions<ConfigMap> = {}) {
  const namespace = `informer-${++namespaces}`;
  await client(direct, NAMESPACES).create({ metadata: { name: namespace } });
  const changes: Change<ConfigMap>[] = [];
  const log = recordedLog();
  const metrics = createMetrics();
  const subject = informer(through, CONFIG_MAPS, {
    namespace,
    clock: hastyClock(FASTER),
    log,
    metrics,
    ...options,
  });
  subject.onChange((change) => changes.push(change));
  informers.push(subject);
  const path = `/api/v1/namespaces/${namespace}/configmaps`;
  const mine = (request: SeenRequest) => request.path === path;
  const since = proxy.requests.length;
  const asked = () => proxy.requests.slice(since).filter(mine);
  return {
    namespace,
    changes,
    log,
    metrics,
    subject,
    mine,
    lists: () => asked().filter(({ watch }) => !watch),
    watches: () => asked().filter(({ watch }) => watch),
  };
}

export type World = Awaited<ReturnType<typeof setUp>>;

export function put(namespace: string, name: string, text: string): Promise<ConfigMap> {
  const object = { metadata: { namespace, name }, data: { text } };
  return configMaps.patch(object.metadata, object, { type: 'apply', fieldManager: 'test', force: true });
}

/** Creates, changes, deletes and makes anew; the last write's version is where the informer must come to. */
export async function edit({ namespace, subject }: World, round: string): Promise<void> {
  await put(namespace, 'kept', `${round}-1`);
  await put(namespace, 'deleted', round);
  await put(namespace, 'made-anew', round);
  await configMaps.delete({ namespace, name: 'deleted' });
  await configMaps.delete({ namespace, name: 'made-anew' });
  await put(namespace, 'made-anew', `${round}-anew`);
  await put(namespace, `only-${round}`, round);
  const last = await put(namespace, 'kept', `${round}-2`);
  await subject.reached(
    `${namespace}/kept`,
    last.metadata.resourceVersion ?? '',
    AbortSignal.timeout(20_000),
  );
}

const stateOf = (objects: readonly { metadata: { name: string; resourceVersion?: string } }[]) =>
  Object.fromEntries(objects.map(({ metadata }) => [metadata.name, metadata.resourceVersion]));

/** The store, and the changes told one by one, both come to what the server has; no change told an older state. */
export async function assertTrue({ namespace, subject, changes }: World): Promise<void> {
  const truth = stateOf((await configMaps.list({ namespace })).items);
  assert.deepEqual(stateOf(subject.store.list()), truth);
  const told = new Map<string, NonNullable<Change<ConfigMap>['object']>>();
  const newest = new Map<string, bigint>();
  for (const { key, object } of changes) {
    if (!object) {
      assert.ok(told.delete(key), `${key} went without having been there`);
      continue;
    }
    const version = BigInt(object.metadata.resourceVersion ?? '');
    assert.ok(version > (newest.get(key) ?? 0n), `${key} went back to an older state`);
    newest.set(key, version);
    told.set(key, object);
  }
  assert.deepEqual(stateOf([...told.values()]), truth);
}

export async function until(condition: () => boolean, what: string): Promise<void> {
  for (
    const end = Date.now() + 90_000;
    !condition();
    await new Promise((resolve) => setTimeout(resolve, 10))
  ) {
    assert.ok(Date.now() < end, `never came: ${what}`);
  }
}

export const watchOf = (mine: World['mine']) => (request: SeenRequest) => mine(request) && request.watch;
