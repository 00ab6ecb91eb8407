import type { Job } from '../../lib/kube/resources.ts';

type PodSpec = NonNullable<NonNullable<NonNullable<Job['spec']>['template']['spec']>>;

/** What an installation decides about the Jobs; everything else about them is fixed (job.ts). */
export interface JobSettings {
  readonly activeDeadlineSeconds: number;
  readonly ttlSecondsAfterFinished: number;
  readonly imagePullPolicy: (typeof PULL_POLICIES)[number];
  readonly resources?: PodSpec['containers'][number]['resources'];
  readonly priorityClassName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly tolerations?: PodSpec['tolerations'];
  readonly affinity?: PodSpec['affinity'];
  readonly imagePullSecrets?: PodSpec['imagePullSecrets'];
}

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'] as const;

export const DEFAULT_JOB_SETTINGS: JobSettings = Object.freeze({
  // An enforcer stops by itself 120 s after its start; the rest is for the node and the image.
  activeDeadlineSeconds: 180,
  ttlSecondsAfterFinished: 120,
  imagePullPolicy: 'IfNotPresent',
});

/** @throws Error that ends the sentence "field …" */
type Check = (value: unknown, path: string) => void;

const QUANTITY = /^[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/;

const text: Check = (value, path) => {
  if (typeof value !== 'string') throw new Error(`${path} must be text`);
};
const oneOf =
  (...words: readonly string[]): Check =>
  (value, path) => {
    if (!words.some((word) => word === value)) throw new Error(`${path} must be one of ${words.join(', ')}`);
  };
const whole =
  (from: number, to: number): Check =>
  (value, path) => {
    if (!Number.isSafeInteger(value) || Number(value) < from || Number(value) > to)
      throw new Error(`${path} must be a whole number from ${from} to ${to}`);
  };
const quantity: Check = (value, path) => {
  if (!QUANTITY.test(String(value))) throw new Error(`${path} must be a quantity, such as 100m or 128Mi`);
};
const listOf =
  (check: Check): Check =>
  (value, path) => {
    if (!Array.isArray(value)) throw new Error(`${path} must be a list`);
    value.forEach((item, index) => check(item, `${path}[${index}]`));
  };
const mapOf =
  (check: Check): Check =>
  (value, path) => {
    for (const [key, item] of Object.entries(mapping(value, path))) check(item, `${path}.${key}`);
  };
const fields =
  (known: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    for (const [key, item] of Object.entries(mapping(value, path))) {
      const check = Object.hasOwn(known, key) ? known[key] : undefined;
      const name = path === '' ? key : `${path}.${key}`;
      if (check === undefined)
        throw new Error(`${name} is not known; allowed are ${Object.keys(known).join(', ')}`);
      check(item, name);
    }
  };
/** Its inside is for the API server to check. */
const anyMapping: Check = (value, path) => void mapping(value, path);

const quantities = mapOf(quantity);
const SETTINGS = fields({
  // Less would end enforcers in the middle of what they could still end themselves.
  activeDeadlineSeconds: whole(180, 3600),
  // The scheduler must have seen how a Job ended.
  ttlSecondsAfterFinished: whole(60, 604_800),
  imagePullPolicy: oneOf(...PULL_POLICIES),
  resources: fields({ requests: quantities, limits: quantities }),
  priorityClassName: text,
  nodeSelector: mapOf(text),
  tolerations: listOf(
    fields({
      key: text,
      operator: oneOf('Exists', 'Equal'),
      value: text,
      effect: oneOf('NoSchedule', 'PreferNoSchedule', 'NoExecute'),
      tolerationSeconds: whole(0, Number.MAX_SAFE_INTEGER),
    }),
  ),
  affinity: fields({ nodeAffinity: anyMapping, podAffinity: anyMapping, podAntiAffinity: anyMapping }),
  imagePullSecrets: listOf(fields({ name: text })),
});

/**
 * Reads the settings of Jobs.
 * @param json text of an object with fields of {@link JobSettings}; what is left out, and empty text, is the default
 * @throws Error naming NAAS_JOB_SETTINGS, the field, and what it must be
 */
export function readJobSettings(json: string | undefined): JobSettings {
  if (json === undefined || json.trim() === '') return DEFAULT_JOB_SETTINGS;
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    throw new Error('NAAS_JOB_SETTINGS is not JSON: it must be an object, such as {"nodeSelector": {}}');
  }
  try {
    SETTINGS(given, '');
  } catch (error) {
    throw new Error(`NAAS_JOB_SETTINGS: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  return { ...DEFAULT_JOB_SETTINGS, ...(given as Partial<JobSettings>) };
}

function mapping(value: unknown, path: string): object {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Error(`${path === '' ? 'it' : path} must be an object`);
  return value;
}
