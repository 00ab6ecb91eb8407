import { API_VERSION, APP, APP_LABEL, MANAGED_BY_LABEL } from '../../crds/names.ts';
import type { ObjectMeta, OwnerReference } from '../../crds/object-meta.ts';
import type { Tenant } from '../../crds/types.gen.ts';
import { sameJson } from '../../lib/kube/same-json.ts';
import type { DeepReadonly, KubeObject } from '../../lib/kube/types.ts';

/** Value of the ownership label: an object of ours that has neither it nor a Tenant for an owner is somebody else's. */
export const MANAGER = 'tenant-controller';
const TENANT = 'Tenant';

/** What is to be done about an object that the controller keeps in a tenant's namespace. */
export type Decision<T> =
  | { readonly do: 'nothing' }
  | { readonly do: 'create'; readonly object: T }
  /** Conditional on the version that was read. */
  | { readonly do: 'replace'; readonly object: T }
  | { readonly do: 'delete'; readonly stored: DeepReadonly<T> }
  /** The name is taken by an object that is not the controller's. */
  | { readonly do: 'refuse' };

/** Metadata of an object that is kept for a tenant, in its namespace. */
export function keptMeta(tenant: DeepReadonly<Tenant>, name: string): ObjectMeta {
  return {
    name,
    namespace: tenant.metadata.name,
    labels: { [APP_LABEL]: APP, [MANAGED_BY_LABEL]: MANAGER },
    ownerReferences: [ownerOf(tenant)],
  };
}

/**
 * Compares an object as it is stored with what it should be.
 * @param stored undefined: there is none
 * @param wanted undefined: there should be none
 * @param fixed a field that the API server lets nobody change: the object is deleted, and made anew when it is gone
 */
export function decide<T extends KubeObject>(
  stored: DeepReadonly<T> | undefined,
  wanted: T | undefined,
  fixed?: keyof T & keyof DeepReadonly<T>,
): Decision<T> {
  if (stored === undefined)
    return wanted === undefined ? { do: 'nothing' } : { do: 'create', object: wanted };
  if (!isOurs(stored.metadata)) return { do: wanted === undefined ? 'nothing' : 'refuse' };
  if (wanted === undefined) return { do: 'delete', stored };
  if (fixed !== undefined && !sameJson(stored[fixed], wanted[fixed])) return { do: 'delete', stored };
  // What others added to labels and annotations stays; all else is as it should be, or put back.
  const { labels, ownerReferences } = wanted.metadata;
  const metadata = {
    ...stored.metadata,
    labels: { ...stored.metadata.labels, ...labels },
    ownerReferences,
  };
  const object = { ...stored, ...wanted, metadata } as T;
  return sameJson(stored, object) ? { do: 'nothing' } : { do: 'replace', object };
}

/** The only owner that the controller ever names: deleting a Tenant removes what is kept for it, whoever is down. */
function ownerOf({ metadata }: DeepReadonly<Tenant>): OwnerReference {
  const { name, uid = '' } = metadata;
  return { apiVersion: API_VERSION, kind: TENANT, name, uid, controller: true };
}

/** Whoever takes away the label or the owner alone has changed an object of ours, which is then put back. */
function isOurs({ labels, ownerReferences, namespace }: DeepReadonly<ObjectMeta>): boolean {
  return (
    labels?.[MANAGED_BY_LABEL] === MANAGER ||
    (ownerReferences ?? []).some(
      ({ apiVersion, kind, name }) => apiVersion === API_VERSION && kind === TENANT && name === namespace,
    )
  );
}
