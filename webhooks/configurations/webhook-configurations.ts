import { DEFAULTS_ANNOTATION, GROUP, VERSION } from '../../crds/names.ts';
import type {
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from '../../lib/kube/resources.ts';

export type MutatingWebhook = NonNullable<MutatingWebhookConfiguration['webhooks']>[number];
export type ValidatingWebhook = NonNullable<ValidatingWebhookConfiguration['webhooks']>[number];

type Webhook = Pick<ValidatingWebhook, 'name' | 'clientConfig'>;

/** Name of both configurations. */
export const CONFIGURATION = `interfaces.${GROUP}`;
/** Paths that the API server calls. */
export const MUTATE_PATH = '/mutate';
export const VALIDATE_PATH = '/validate';
const SPEC_CHANGES = "request.operation == 'CREATE' || object.spec != oldObject.spec";
/** S-34: where `spec` is kept as it was written, these decide what it means. */
const DEFAULTS_CHANGE = ['object', 'oldObject']
  .map((object) => `${object}.metadata.?annotations[?'${DEFAULTS_ANNOTATION}'].orValue('')`)
  .join(' != ');
/** The Service in front of this one, in a cluster. */
export const SERVICE = 'webhooks';

/** Where the API server finds the webhooks, and whom it trusts. */
export interface Address {
  /** Such as `https://127.0.0.1:9443`; without it the Service. */
  url?: string;
  /** Where the Service is: the platform's. */
  namespace: string;
  /** PEM; undefined: somebody else writes it, and it stays as it is. */
  caBundle: string | undefined;
}

/**
 * One webhook as the API server stores it, with what it would fill in, so that a difference is a change that someone
 * made. `webhooks.yaml` says the same; a test compares them.
 *
 * - `Fail`, and no selector of namespaces or objects: there is no way around (S-31, S-33).
 * - The condition leaves out updates that change nothing a switch shows: labels and finalizers can be changed, and requests be
 *   deleted, while this service is down.
 */
function webhook(path: string, { url, namespace, caBundle }: Address, stored: readonly Webhook[]) {
  const name = `${path.slice(1)}.interfaces.${GROUP}`;
  const bundle =
    caBundle === undefined
      ? stored.find((one) => one.name === name)?.clientConfig.caBundle
      : Buffer.from(caBundle).toString('base64');
  const base = url?.replace(/\/$/, '');
  return {
    name,
    clientConfig: {
      ...(bundle !== undefined && { caBundle: bundle }),
      ...(base === undefined
        ? { service: { namespace, name: SERVICE, path, port: 443 } }
        : { url: `${base}${path}` }),
    },
    rules: [
      {
        apiGroups: [GROUP],
        apiVersions: [VERSION],
        operations: ['CREATE', 'UPDATE'],
        resources: ['interfaces'],
        scope: 'Namespaced',
      },
    ],
    failurePolicy: 'Fail',
    matchPolicy: 'Equivalent',
    namespaceSelector: {},
    objectSelector: {},
    sideEffects: 'None',
    timeoutSeconds: 5,
    admissionReviewVersions: ['v1'],
  };
}

/** @param stored what the API server has: a `caBundle` that is not ours to write is taken from there */
export function mutatingWebhooks(address: Address, stored: readonly Webhook[] = []): MutatingWebhook[] {
  return [
    {
      ...webhook(MUTATE_PATH, address, stored),
      matchConditions: [{ name: 'spec-changes', expression: SPEC_CHANGES }],
      reinvocationPolicy: 'IfNeeded',
    },
  ];
}

/** As {@link mutatingWebhooks}. */
export function validatingWebhooks(address: Address, stored: readonly Webhook[] = []): ValidatingWebhook[] {
  return [
    {
      ...webhook(VALIDATE_PATH, address, stored),
      // It remembers who was behind a name (people/people.ts).
      sideEffects: 'NoneOnDryRun',
      matchConditions: [{ name: 'effect-changes', expression: `${SPEC_CHANGES} || ${DEFAULTS_CHANGE}` }],
    },
  ];
}
