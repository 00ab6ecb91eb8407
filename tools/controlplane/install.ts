import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { API_VERSION, PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { connect, type Connection, type Query } from '../../lib/kube/connection.ts';
import { ApiError } from '../../lib/kube/errors.ts';
import type { KubeObject } from '../../lib/kube/types.ts';
import { apply, documents } from './apply.ts';
import type { ControlPlane } from './start.ts';

const DEADLINE_MS = 30_000;
const CRDS = new URL('../../crds/', import.meta.url);
const DEFINITIONS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/**
 * Installs the platform's API: namespace `naas-system` and everything in `crds/*.yaml`, by server-side apply.
 * Returns when the kinds are served and the policy on Devices is in force. May be called again at any time.
 */
export async function installApi(
  controlPlane: Pick<ControlPlane, 'kubeconfig'>,
  onProgress: (line: string) => void = () => undefined,
): Promise<void> {
  const api = await connect({ kubeconfig: controlPlane.kubeconfig });
  try {
    const manifests = await readManifests();
    const definitions = manifests.filter(isDefinition);
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: PLATFORM_NAMESPACE } };
    await apply(api, [namespace, ...manifests]);
    await Promise.all(definitions.map((definition) => whenEstablished(api, definition.metadata.name)));
    await Promise.all([whenServed(api, definitions), whenDevicesAreGuarded(api)]);
    onProgress(`installed ${manifests.length} objects of the API`);
  } finally {
    await api.close();
  }
}

async function readManifests(): Promise<KubeObject[]> {
  const files = (await readdir(CRDS)).filter((file) => file.endsWith('.yaml')).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, CRDS), 'utf8')));
  return texts.flatMap(documents);
}

interface Definition extends KubeObject {
  readonly spec: { readonly names: { readonly plural: string } };
  readonly status?: { readonly conditions?: readonly { type: string; status: string; message?: string }[] };
}

function isDefinition(object: KubeObject): object is Definition {
  return object.kind === 'CustomResourceDefinition';
}

async function whenEstablished(api: Connection, name: string): Promise<void> {
  await until(`CustomResourceDefinition ${name} is established`, async () => {
    const definition = await answer<Definition>(api, `${DEFINITIONS}/${name}`);
    if (definition instanceof ApiError) return definition.message;
    const conditions = definition.status?.conditions ?? [];
    // The API server serves a schema that it calls non-structural, but without its rules.
    const faulty = conditions.find(({ type, status: is }) => type === 'NonStructuralSchema' && is === 'True');
    if (faulty !== undefined) throw new Error(`CustomResourceDefinition ${name}: ${faulty.message}`);
    return (
      conditions.some(({ type, status: is }) => type === 'Established' && is === 'True') || 'not established'
    );
  });
}

/** Established comes before discovery and before the first request is served: kubectl needs all three. */
async function whenServed(api: Connection, definitions: readonly Definition[]): Promise<void> {
  const plurals = definitions.map(({ spec }) => spec.names.plural);
  await until('all kinds are served', async () => {
    const discovery = await answer<{ resources: { name: string }[] }>(api, `/apis/${API_VERSION}`);
    if (discovery instanceof ApiError) return discovery.message;
    const missing = plurals.filter((plural) => !discovery.resources.some(({ name }) => name === plural));
    if (missing.length > 0) return `discovery lacks ${missing.join(', ')}`;
    const lists = await Promise.all(
      plurals.map((plural) => answer(api, `/apis/${API_VERSION}/${plural}`, { limit: 1 })),
    );
    return lists.find((list) => list instanceof ApiError)?.message ?? true;
  });
}

/** A policy counts some moments after it is stored; until then anybody's Device would pass. */
async function whenDevicesAreGuarded(api: Connection): Promise<void> {
  const device = {
    apiVersion: API_VERSION,
    kind: 'Device',
    metadata: { name: 'policy-probe', namespace: PLATFORM_NAMESPACE },
    spec: {},
  };
  await until('only the interface-watcher may write Devices', async () => {
    const path = `/apis/${API_VERSION}/namespaces/${PLATFORM_NAMESPACE}/devices`;
    const made = await answered(
      api.request<KubeObject>({ method: 'POST', path, query: { dryRun: 'All' }, body: device }),
    );
    if (!(made instanceof ApiError)) return 'the administrator may still write them';
    if (made.code === 403 && made.message.includes('ValidatingAdmissionPolicy')) return true;
    return `a Device by the administrator was answered with ${made.code} ${made.message}`;
  });
}

function answer<T>(api: Connection, path: string, query: Query = {}): Promise<T | ApiError> {
  return answered(api.request<T>({ method: 'GET', path, query }));
}

/** What the API server said, be it a refusal. */
async function answered<T>(call: Promise<T>): Promise<T | ApiError> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** Asks until the answer is true; any other answer says why not yet. */
async function until(what: string, ask: () => Promise<true | string>): Promise<void> {
  const started = performance.now();
  for (;;) {
    const answer = await ask();
    if (answer === true) return;
    if (performance.now() - started > DEADLINE_MS) {
      throw new Error(`waited ${DEADLINE_MS / 1000} s in vain until ${what}: ${answer}`);
    }
    await delay(50);
  }
}
