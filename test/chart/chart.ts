import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { helm } from '../support/helm.ts';

export const ROOT = new URL('../../', import.meta.url).pathname;
export const CHART = join(ROOT, 'charts/naas');

/** A rendered object; tests look into any kind. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // Objects of any kind.
  readonly [field: string]: ReturnType<typeof JSON.parse>;
}

/** Paths of the values that CI renders. */
export async function ciValues(): Promise<string[]> {
  return (await readdir(join(CHART, 'ci'))).sort().map((file) => join(CHART, 'ci', file));
}

export interface RenderOptions {
  /** Path of a file. */
  readonly file?: string;
  /** On top of the file. */
  readonly values?: object;
  readonly namespace?: string;
}

/** Renders the chart; fails the test with Helm's words if it cannot be. */
export async function render({ file, values = {}, namespace = 'naas-system' }: RenderOptions = {}): Promise<
  Manifest[]
> {
  const files = file === undefined ? [] : ['--values', file];
  const args = ['template', 'naas', CHART, '--namespace', namespace, ...files, '--values', '-'];
  const { code, stdout, stderr } = await helm('', args, JSON.stringify(values));
  assert.equal(code, 0, stderr);
  return manifests(stdout);
}

/** The objects of a YAML text. */
export function manifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => {
      const [error] = document.errors;
      if (error !== undefined) throw error;
      return document.toJS() as Manifest | null;
    })
    .filter((object) => object !== null);
}

/** The one object of this kind and name. */
export function only(objects: readonly Manifest[], kind: string, name: string): Manifest {
  const found = objects.filter((object) => object.kind === kind && object.metadata.name === name);
  assert.equal(found.length, 1, `${found.length} of ${kind} ${name}`);
  return found[0] as Manifest;
}

/** Environment of the first container of a Deployment. */
export function environmentOf(
  objects: readonly Manifest[],
  name: string,
): Record<string, string | undefined> {
  const [container] = only(objects, 'Deployment', name)['spec'].template.spec.containers;
  return Object.fromEntries(
    container.env.map((entry: { name: string; value?: string }) => [entry.name, entry.value]),
  );
}
