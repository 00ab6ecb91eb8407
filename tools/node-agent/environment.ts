import type { Pod } from '../../lib/kube/resources.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { expandVariables } from './expansion.ts';
import { fieldValue, resourceValue } from './field-ref.ts';
import type { PodObjects } from './pod-objects.ts';

export type Container = DeepReadonly<NonNullable<Pod['spec']>['containers'][number]>;
type Variable = NonNullable<Container['env']>[number];
type Source = NonNullable<Container['envFrom']>[number];

export interface EnvironmentSource {
  readonly pod: DeepReadonly<Pod>;
  readonly objects: PodObjects;
  /** Address of the node. */
  readonly address: string;
  /** What the node has, such as `{cpu: "2", memory: "8Gi"}`. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/** A variable refers to something that is not there: the Pod waits, as with a kubelet. */
export class MissingReference extends Error {
  override readonly name = 'MissingReference';
}

/**
 * The environment that the Pod gives a container: `envFrom`, then `env` in order, later ones win and may refer to
 * earlier ones. Nothing of the agent's own environment.
 * @throws MissingReference
 */
export async function containerEnvironment(
  container: Container,
  source: EnvironmentSource,
): Promise<Record<string, string>> {
  const variables: Record<string, string> = {};
  for (const from of container.envFrom ?? []) Object.assign(variables, await allOf(from, source));
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, container, variables, source);
    if (value !== undefined) variables[variable.name] = value;
  }
  return variables;
}

async function valueOf(
  variable: Variable,
  container: Container,
  earlier: Readonly<Record<string, string>>,
  source: EnvironmentSource,
): Promise<string | undefined> {
  const from = variable.valueFrom;
  if (from === undefined) return expandVariables(variable.value ?? '', earlier);
  if (from.fieldRef !== undefined) return fieldValue(source.pod, from.fieldRef.fieldPath, source.address);
  if (from.resourceFieldRef !== undefined) {
    const { resource, divisor } = from.resourceFieldRef;
    const resources = container.resources ?? {};
    return resourceValue(
      {
        ...(resources.limits === undefined ? {} : { limits: resources.limits }),
        ...(resources.requests === undefined ? {} : { requests: resources.requests }),
      },
      resource,
      divisor,
      source.allocatable,
    );
  }
  if (from.secretKeyRef !== undefined) {
    const { name = '', key, optional } = from.secretKeyRef;
    const text = (await source.objects.secret(name))?.data?.[key];
    if (text !== undefined) return Buffer.from(text, 'base64').toString();
    if (optional === true) return undefined;
    throw new MissingReference(`key ${key} of Secret ${name} is missing`);
  }
  if (from.configMapKeyRef !== undefined) {
    const { name = '', key, optional } = from.configMapKeyRef;
    const text = (await source.objects.configMap(name))?.data?.[key];
    if (text !== undefined) return text;
    if (optional === true) return undefined;
    throw new MissingReference(`key ${key} of ConfigMap ${name} is missing`);
  }
  throw new MissingReference(`the source of variable ${variable.name} is not supported here`);
}

async function allOf(from: Source, source: EnvironmentSource): Promise<Record<string, string>> {
  const prefix = from.prefix ?? '';
  const { secretRef, configMapRef } = from;
  const entries: [string, string][] = [];
  if (secretRef !== undefined) {
    const secret = await source.objects.secret(secretRef.name ?? '');
    if (secret === undefined && secretRef.optional !== true) {
      throw new MissingReference(`Secret ${secretRef.name} is missing`);
    }
    for (const [key, text] of Object.entries(secret?.data ?? {})) {
      entries.push([key, Buffer.from(text, 'base64').toString()]);
    }
  }
  if (configMapRef !== undefined) {
    const configMap = await source.objects.configMap(configMapRef.name ?? '');
    if (configMap === undefined && configMapRef.optional !== true) {
      throw new MissingReference(`ConfigMap ${configMapRef.name} is missing`);
    }
    entries.push(...Object.entries(configMap?.data ?? {}));
  }
  return Object.fromEntries(entries.map(([key, value]) => [prefix + key, value]));
}
