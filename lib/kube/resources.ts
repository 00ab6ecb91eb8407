/** The kinds this platform touches. Core types come from `@kubernetes/client-node`, turned into what JSON really holds. */
import type {
  EventsV1Event,
  V1ConfigMap,
  V1Job,
  V1Lease,
  V1MutatingWebhookConfiguration,
  V1Namespace,
  V1Node,
  V1Pod,
  V1Role,
  V1RoleBinding,
  V1Secret,
  V1SelfSubjectAccessReview,
  V1SelfSubjectReview,
  V1Service,
  V1ServiceAccount,
  V1SubjectAccessReview,
  V1TokenReview,
  V1ValidatingWebhookConfiguration,
} from '@kubernetes/client-node';
import type { Device, Interface, Tenant } from '../../crds/types.gen.ts';
import { GROUP, VERSION } from '../../crds/names.ts';
import type { ObjectMeta } from '../../crds/object-meta.ts';
import type { KubeObject, ResourceType } from './types.ts';

/** What JSON holds of `T`: dates are text. */
type Json<T> = T extends Date
  ? string
  : T extends (infer U)[]
    ? Json<U>[]
    : T extends object
      ? { [K in keyof T]: Json<T[K]> }
      : T;

/** A generated client type as it is stored: JSON, with our own metadata, which always has a name. */
export type Stored<T extends { metadata?: unknown }> = { [K in keyof Omit<T, 'metadata'>]: Json<T[K]> } & {
  metadata: ObjectMeta;
};

export type ConfigMap = Stored<V1ConfigMap>;
export type Secret = Stored<V1Secret>;
export type Job = Stored<V1Job>;
export type Pod = Stored<V1Pod>;
export type Node = Stored<V1Node>;
export type Namespace = Stored<V1Namespace>;
export type Service = Stored<V1Service>;
export type Lease = Stored<V1Lease>;
export type KubeEvent = Stored<EventsV1Event>;
export type ServiceAccount = Stored<V1ServiceAccount>;
export type TokenReview = Stored<V1TokenReview>;
export type SubjectAccessReview = Stored<V1SubjectAccessReview>;
export type SelfSubjectReview = Stored<V1SelfSubjectReview>;
export type SelfSubjectAccessReview = Stored<V1SelfSubjectAccessReview>;
export type MutatingWebhookConfiguration = Stored<V1MutatingWebhookConfiguration>;
export type ValidatingWebhookConfiguration = Stored<V1ValidatingWebhookConfiguration>;
export type Role = Stored<V1Role>;
export type RoleBinding = Stored<V1RoleBinding>;

/** Body and answer of the `token` subresource of a ServiceAccount. */
export interface TokenRequest {
  apiVersion: 'authentication.k8s.io/v1';
  kind: 'TokenRequest';
  spec: {
    audiences?: string[];
    expirationSeconds?: number;
    boundObjectRef?: { apiVersion: string; kind: string; name: string; uid: string };
  };
  status?: { token: string; expirationTimestamp: string };
}

function namespaced<T extends KubeObject>(
  group: string,
  version: string,
  plural: string,
  kind: string,
): ResourceType<T> {
  return { group, version, plural, kind, namespaced: true };
}

function clusterScoped<T extends KubeObject>(
  group: string,
  version: string,
  plural: string,
  kind: string,
): ResourceType<T> {
  return { group, version, plural, kind, namespaced: false };
}

const RBAC = 'rbac.authorization.k8s.io';
const ADMISSION = 'admissionregistration.k8s.io';

export const INTERFACES = namespaced<Interface>(GROUP, VERSION, 'interfaces', 'Interface');
export const DEVICES = namespaced<Device>(GROUP, VERSION, 'devices', 'Device');
export const TENANTS = clusterScoped<Tenant>(GROUP, VERSION, 'tenants', 'Tenant');
export const CONFIG_MAPS = namespaced<ConfigMap>('', 'v1', 'configmaps', 'ConfigMap');
export const SECRETS = namespaced<Secret>('', 'v1', 'secrets', 'Secret');
export const SERVICES = namespaced<Service>('', 'v1', 'services', 'Service');
export const SERVICE_ACCOUNTS = namespaced<ServiceAccount>('', 'v1', 'serviceaccounts', 'ServiceAccount');
export const PODS = namespaced<Pod>('', 'v1', 'pods', 'Pod');
export const NODES = clusterScoped<Node>('', 'v1', 'nodes', 'Node');
export const NAMESPACES = clusterScoped<Namespace>('', 'v1', 'namespaces', 'Namespace');
export const EVENTS = namespaced<KubeEvent>('events.k8s.io', 'v1', 'events', 'Event');
export const JOBS = namespaced<Job>('batch', 'v1', 'jobs', 'Job');
export const LEASES = namespaced<Lease>('coordination.k8s.io', 'v1', 'leases', 'Lease');
export const TOKEN_REVIEWS = clusterScoped<TokenReview>(
  'authentication.k8s.io',
  'v1',
  'tokenreviews',
  'TokenReview',
);
export const SELF_SUBJECT_REVIEWS = clusterScoped<SelfSubjectReview>(
  'authentication.k8s.io',
  'v1',
  'selfsubjectreviews',
  'SelfSubjectReview',
);
export const SELF_SUBJECT_ACCESS_REVIEWS = clusterScoped<SelfSubjectAccessReview>(
  'authorization.k8s.io',
  'v1',
  'selfsubjectaccessreviews',
  'SelfSubjectAccessReview',
);
export const SUBJECT_ACCESS_REVIEWS = clusterScoped<SubjectAccessReview>(
  'authorization.k8s.io',
  'v1',
  'subjectaccessreviews',
  'SubjectAccessReview',
);
export const ROLES = namespaced<Role>(RBAC, 'v1', 'roles', 'Role');
export const ROLE_BINDINGS = namespaced<RoleBinding>(RBAC, 'v1', 'rolebindings', 'RoleBinding');
export const MUTATING_WEBHOOKS = clusterScoped<MutatingWebhookConfiguration>(
  ADMISSION,
  'v1',
  'mutatingwebhookconfigurations',
  'MutatingWebhookConfiguration',
);
export const VALIDATING_WEBHOOKS = clusterScoped<ValidatingWebhookConfiguration>(
  ADMISSION,
  'v1',
  'validatingwebhookconfigurations',
  'ValidatingWebhookConfiguration',
);
