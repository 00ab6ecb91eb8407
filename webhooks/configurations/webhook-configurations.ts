import { GROUP, PLATFORM_NAMESPACE, VERSION } from '../../crds/names.ts';
import type {
  MutatingWebhookConfiguration,
  ValidatingWebhookConfiguration,
} from '../../lib/kube/resources.ts';

export type MutatingWebhook = NonNullable<MutatingWebhookConfiguration['webhooks']>[number];
export type ValidatingWebhook = NonNullable<ValidatingWebhookConfiguration['webhooks']>[number];

/** Name of both configurations. */
export const CONFIGURATION = `interfaces.${GROUP}`;
/** Paths that the API server calls. */
export const MUTATE_PATH = '/mutate';
export const VALIDATE_PATH = '/validate';
/** The Service in front of this one, in a cluster. */
export const SERVICE = 'webhooks';

/** Where the API server finds the webhooks, and whom it trusts. */
export interface Address {
  /** Such as `https://127.0.0.1:9443`; without it the Service of the platform's namespace. */
  url?: string;
  /** PEM. */
  caBundle: string;
}

/**
 * One webhook as the API server stores it, with what it would fill in, so that a difference is a change that someone
 * made. `webhooks.yaml` says the same; a test compares them.
 *
 * - `Fail`, and no selector of namespaces or objects: there is no way around (S-31, S-33).
 * - The condition leaves out updates that do not touch `spec`: labels and finalizers can be changed, and requests be
 *   deleted, while this service is down.
 */
function webhook(path: string, { url, caBundle }: Address) {
  const base = url?.replace(/\/$/, '');
  return {
    name: `${path.slice(1)}.interfaces.${GROUP}`,
    clientConfig: {
      caBundle: Buffer.from(caBundle).toString('base64'),
      ...(base === undefined
        ? { service: { namespace: PLATFORM_NAMESPACE, name: SERVICE, path, port: 443 } }
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
    matchConditions: [
      {
        name: 'spec-changes',
        expression: "request.operation == 'CREATE' || object.spec != oldObject.spec",
      },
    ],
  };
}

export function mutatingWebhooks(address: Address): MutatingWebhook[] {
  return [{ ...webhook(MUTATE_PATH, address), reinvocationPolicy: 'IfNeeded' }];
}

export function validatingWebhooks(address: Address): ValidatingWebhook[] {
  return [webhook(VALIDATE_PATH, address)];
}
