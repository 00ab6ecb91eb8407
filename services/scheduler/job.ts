import { APP, APP_LABEL, GROUP, MANAGED_BY_LABEL, TYPE_LABEL } from '../../crds/names.ts';
import type { Job, Secret } from '../../lib/kube/resources.ts';
import { DEFAULT_JOB_SETTINGS, type JobSettings } from './job-settings.ts';

/** Value of the label that tells whose an object is. */
export const MANAGER = 'scheduler';
/** On Jobs and their Pods: JSON list of slices, each a list of device names. */
export const DEVICES_ANNOTATION = `${GROUP}/devices`;
/** On Jobs: JSON map from device to the id of the ask that the Job serves. */
export const ASKED_ANNOTATION = `${GROUP}/asked`;
/** Labels of Jobs, their Pods and their Secrets. */
export const JOB_LABELS = { [APP_LABEL]: APP, [TYPE_LABEL]: 'enforcer-job', [MANAGED_BY_LABEL]: MANAGER };
export const SLICE_LABELS = {
  [APP_LABEL]: APP,
  [TYPE_LABEL]: 'inventory-slice',
  [MANAGED_BY_LABEL]: MANAGER,
};
export const JOB_SELECTOR = selector(JOB_LABELS);
export const SLICE_SELECTOR = selector(SLICE_LABELS);
/** Set by the Job controller on Pods of an indexed Job. */
export const INDEX_ANNOTATION = 'batch.kubernetes.io/job-completion-index';
export const JOB_NAME_LABEL = 'batch.kubernetes.io/job-name';

const SLICE_DIRECTORY = '/etc/naas/slice';
/** The user of distroless images. */
const NONROOT = 65532;
/** Pods of one Job that run side by side. */
const MOST_PODS = 10;

export interface JobOrder {
  readonly name: string;
  readonly namespace: string;
  readonly image: string;
  /** One Pod each; names are canonical. */
  readonly slices: readonly (readonly string[])[];
  /** Asks by name that the Job serves, by device: back-off and holds do not count in it. */
  readonly asks?: ReadonlyMap<string, string>;
}

/**
 * The Secret with the inventory of a Job's devices, one key per slice: the only place where credentials travel
 * (S-63). Immutable; it gets the Job as its owner when the Job exists.
 * @param slices texts of `hosts.yaml`, in the order of the Job's slices
 */
export function sliceSecret(order: JobOrder, slices: readonly string[]): Secret {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: order.name, namespace: order.namespace, labels: { ...SLICE_LABELS } },
    type: 'Opaque',
    immutable: true,
    data: Object.fromEntries(
      slices.map((text, index) => [`slice-${index}.yaml`, Buffer.from(text).toString('base64')]),
    ),
  };
}

/** The Job of an order. Built as data: no name can break out of its field (S-48). */
export function enforcerJob(order: JobOrder, settings: JobSettings = DEFAULT_JOB_SETTINGS): Job {
  const { name, namespace, slices, asks } = order;
  const devices = JSON.stringify(slices);
  const indexed = slices.length > 1;
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name,
      namespace,
      labels: { ...JOB_LABELS },
      annotations: {
        [DEVICES_ANNOTATION]: devices,
        ...(asks === undefined ? {} : { [ASKED_ANNOTATION]: JSON.stringify(Object.fromEntries(asks)) }),
      },
    },
    spec: {
      completions: slices.length,
      parallelism: Math.min(slices.length, MOST_PODS),
      // A slice that fails must not end the others: the limit is per index then. Never a retry by the Job
      // controller: it takes 9.5 s, the scheduler makes a new Job instead.
      ...(indexed ? { completionMode: 'Indexed', backoffLimitPerIndex: 0 } : { backoffLimit: 0 }),
      activeDeadlineSeconds: settings.activeDeadlineSeconds,
      ttlSecondsAfterFinished: settings.ttlSecondsAfterFinished,
      template: {
        metadata: {
          name: '',
          labels: { ...JOB_LABELS, [TYPE_LABEL]: 'enforcer' },
          annotations: { [DEVICES_ANNOTATION]: devices },
        },
        spec: {
          serviceAccountName: 'enforcer',
          restartPolicy: 'Never',
          ...placement(settings),
          // The group may read the mounted Secret, whose files belong to root.
          securityContext: {
            ...{ runAsNonRoot: true, runAsUser: NONROOT, runAsGroup: NONROOT, fsGroup: NONROOT },
            seccompProfile: { type: 'RuntimeDefault' },
          },
          containers: [
            {
              name: 'enforcer',
              image: order.image,
              imagePullPolicy: settings.imagePullPolicy,
              ...(settings.resources === undefined ? {} : { resources: settings.resources }),
              command: ['node', '/app/enforcer.mjs'],
              env: [
                { name: 'NAAS_NAMESPACE', value: namespace },
                { name: 'NAAS_JOB', value: name },
                { name: 'NAAS_POD', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
                { name: 'NAAS_SLICE_DIRECTORY', value: SLICE_DIRECTORY },
                { name: 'NAAS_ASKED', value: String(asks !== undefined) },
              ],
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ['ALL'] },
              },
              volumeMounts: [{ name: 'slice', mountPath: SLICE_DIRECTORY, readOnly: true }],
            },
          ],
          volumes: [{ name: 'slice', secret: { secretName: name, defaultMode: 0o400 } }],
        },
      },
    },
  };
}

/** Where Pods run and what they are worth; what is empty is left out. */
function placement({
  priorityClassName,
  nodeSelector,
  tolerations,
  affinity,
  imagePullSecrets,
}: JobSettings) {
  const given = { priorityClassName, nodeSelector, tolerations, affinity, imagePullSecrets };
  return Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined && Object.keys(value).length > 0),
  );
}

/** What makes a Secret go when its Job goes. */
export function ownedBy(job: { readonly name: string; readonly uid: string }): unknown {
  const owner = { apiVersion: 'batch/v1', kind: 'Job', name: job.name, uid: job.uid, controller: true };
  return { metadata: { ownerReferences: [owner] } };
}

/**
 * Name of a new Job: sorts by the time it was made.
 * @param now milliseconds since 1970
 * @param random ten random characters of 0-9a-z, so that two schedulers do not meet
 */
export function jobName(now: number, random: string): string {
  return `enforce-${now.toString(36).padStart(9, '0')}-${random}`;
}

/** When a Job was made, in milliseconds since 1970, as its name tells; 0 for a name of another form. */
export function madeAt(name: string | undefined): number {
  const time = /^enforce-([0-9a-z]{9})-[0-9a-z]+$/.exec(name ?? '')?.[1];
  return time === undefined ? 0 : Number.parseInt(time, 36);
}

/** Slices of a Job or Pod; none if the annotation is not ours. */
export function slicesOf(object: {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
}): readonly (readonly string[])[] {
  const text = object.metadata.annotations?.[DEVICES_ANNOTATION];
  if (text === undefined) return [];
  try {
    const value: unknown = JSON.parse(text);
    return isSlices(value) ? value : [];
  } catch {
    // Somebody edited it; the Job's end is seen all the same.
    return [];
  }
}

/** Whether the Job serves this ask. */
export function serves(
  job: { readonly metadata: { readonly annotations?: Readonly<Record<string, string>> } },
  device: string,
  ask: string,
): boolean {
  const text = job.metadata.annotations?.[ASKED_ANNOTATION];
  if (text === undefined) return false;
  try {
    const value: unknown = JSON.parse(text);
    return (
      typeof value === 'object' &&
      value !== null &&
      Object.entries(value).some(([name, id]) => name === device && id === ask)
    );
  } catch {
    // Somebody edited it: the ask is served once more.
    return false;
  }
}

function isSlices(value: unknown): value is string[][] {
  return (
    Array.isArray(value) &&
    value.every((slice) => Array.isArray(slice) && slice.every((name) => typeof name === 'string'))
  );
}

function selector(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
}
