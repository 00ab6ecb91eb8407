import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { parseAllDocuments } from 'yaml';
import { API_VERSION, PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { apiRequest, type ApiRequest } from './api-request.ts';
import type { ControlPlane } from './start.ts';

interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

const FIELD_MANAGER = 'naas-install';
const DEADLINE_MS = 30_000;
const CRDS = new URL('../../crds/', import.meta.url);

/**
 * Installs the platform's API: namespace `naas-system` and everything in `crds/*.yaml`, by server-side apply.
 * Returns when the kinds are served and the policy on Devices is in force. May be called again at any time.
 */
export async function installApi(
  controlPlane: Pick<ControlPlane, 'server' | 'caPem' | 'admin'>,
  onProgress: (line: string) => void = () => undefined,
): Promise<void> {
  const call = apiRequest(controlPlane.server, controlPlane.caPem, controlPlane.admin);
  try {
    const manifests = await readManifests();
    const definitions = manifests.filter(({ kind }) => kind === 'CustomResourceDefinition');
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: PLATFORM_NAMESPACE } };
    await Promise.all([namespace, ...manifests].map((manifest) => apply(call, manifest)));
    await Promise.all(definitions.map((definition) => whenEstablished(call, definition.metadata.name)));
    await Promise.all([whenServed(call, definitions), whenDevicesAreGuarded(call)]);
    onProgress(`installed ${manifests.length} objects of the API`);
  } finally {
    call.close();
  }
}

async function readManifests(): Promise<Manifest[]> {
  const files = (await readdir(CRDS)).filter((file) => file.endsWith('.yaml')).toSorted();
  const texts = await Promise.all(files.map((file) => readFile(new URL(file, CRDS), 'utf8')));
  return texts.flatMap((text, index) =>
    parseAllDocuments(text).map((document) => {
      const manifest: unknown = document.toJS();
      if (!isManifest(manifest)) throw new Error(`crds/${files[index]}: not a Kubernetes object with a name`);
      return manifest;
    }),
  );
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== 'object' || value === null) return false;
  const { apiVersion, kind, metadata } = value as Partial<Manifest>;
  return typeof apiVersion === 'string' && typeof kind === 'string' && typeof metadata?.name === 'string';
}

async function apply(call: ApiRequest, manifest: Manifest): Promise<void> {
  const path = `${collection(manifest)}/${manifest.metadata.name}?fieldManager=${FIELD_MANAGER}&force=true`;
  const { status, text } = await call({
    method: 'PATCH',
    path,
    body: JSON.stringify(manifest),
    contentType: 'application/apply-patch+yaml',
  });
  if (status !== 200 && status !== 201) {
    throw new Error(
      `the API server refuses ${manifest.kind} ${manifest.metadata.name} (${status}): ${message(text)}`,
    );
  }
}

/** Path of the manifest's kind; the kinds in crds/ all have the regular plural. */
function collection({ apiVersion, kind, metadata }: Manifest): string {
  const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const singular = kind.toLowerCase();
  const plural = singular.endsWith('y') ? `${singular.slice(0, -1)}ies` : `${singular}s`;
  return metadata.namespace === undefined
    ? `${root}/${plural}`
    : `${root}/namespaces/${metadata.namespace}/${plural}`;
}

interface Definition {
  readonly spec: { readonly names: { readonly plural: string } };
  readonly status?: { readonly conditions?: readonly { type: string; status: string; message?: string }[] };
}

async function whenEstablished(call: ApiRequest, name: string): Promise<void> {
  await until(`CustomResourceDefinition ${name} is established`, async () => {
    const { status, text } = await call({
      path: `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${name}`,
    });
    if (status !== 200) return message(text);
    const conditions = (JSON.parse(text) as Definition).status?.conditions ?? [];
    // The API server serves a schema that it calls non-structural, but without its rules.
    const faulty = conditions.find(({ type, status: is }) => type === 'NonStructuralSchema' && is === 'True');
    if (faulty !== undefined) throw new Error(`CustomResourceDefinition ${name}: ${faulty.message}`);
    return (
      conditions.some(({ type, status: is }) => type === 'Established' && is === 'True') || 'not established'
    );
  });
}

/** Established comes before discovery and before the first request is served: kubectl needs all three. */
async function whenServed(call: ApiRequest, definitions: readonly Manifest[]): Promise<void> {
  const plurals = definitions.map((definition) => (definition as unknown as Definition).spec.names.plural);
  await until('all kinds are served', async () => {
    const discovery = await call({ path: `/apis/${API_VERSION}` });
    if (discovery.status !== 200) return message(discovery.text);
    const { resources } = JSON.parse(discovery.text) as { resources: { name: string }[] };
    const missing = plurals.filter((plural) => !resources.some(({ name }) => name === plural));
    if (missing.length > 0) return `discovery lacks ${missing.join(', ')}`;
    const lists = await Promise.all(
      plurals.map((plural) => call({ path: `/apis/${API_VERSION}/${plural}?limit=1` })),
    );
    return lists.every(({ status }) => status === 200) || 'lists are not served yet';
  });
}

/** A policy counts some moments after it is stored; until then anybody's Device would pass. */
async function whenDevicesAreGuarded(call: ApiRequest): Promise<void> {
  const device = {
    apiVersion: API_VERSION,
    kind: 'Device',
    metadata: { name: 'policy-probe', namespace: PLATFORM_NAMESPACE },
    spec: {},
  };
  await until('only the interface-watcher may write Devices', async () => {
    const { status, text } = await call({
      method: 'POST',
      path: `/apis/${API_VERSION}/namespaces/${PLATFORM_NAMESPACE}/devices?dryRun=All`,
      body: JSON.stringify(device),
    });
    if (status === 403 && text.includes('ValidatingAdmissionPolicy')) return true;
    return `a Device by the administrator was answered with ${status} ${message(text)}`;
  });
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

function message(text: string): string {
  try {
    return (JSON.parse(text) as { message?: string }).message ?? '';
  } catch {
    return text.slice(0, 500);
  }
}
