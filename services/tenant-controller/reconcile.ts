import { APP, APP_LABEL, LIMITS_CONFIGMAP, MANAGED_BY_LABEL } from '../../crds/names.ts';
import type { Device, Interface, Tenant, TenantUsage } from '../../crds/types.gen.ts';
import { client, type Client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import type { Result } from '../../lib/kube/controller.ts';
import { isAlreadyExists, isNotFound } from '../../lib/kube/errors.ts';
import type { Log } from '../../lib/kube/log.ts';
import {
  CONFIG_MAPS,
  NAMESPACES,
  ROLE_BINDINGS,
  TENANTS,
  type ConfigMap,
  type Namespace,
  type RoleBinding,
} from '../../lib/kube/resources.ts';
import { writeStatus } from '../../lib/kube/status-writer.ts';
import type { Store } from '../../lib/kube/store.ts';
import type { DeepReadonly, KubeObject } from '../../lib/kube/types.ts';
import { BINDINGS, wantedBinding } from './bindings.ts';
import { decide, MANAGER } from './keep.ts';
import { judge, type Granted } from './judge.ts';
import { wantedLimits } from './limits.ts';
import { awaited, namespaceState, type NamespaceState } from './namespace.ts';
import { tenantStatus } from './status.ts';
import { BY_TENANT, usage } from './usage.ts';

export interface Caches {
  readonly tenants: Store<Tenant>;
  readonly namespaces: Store<Namespace>;
  /** By the name of the binding. */
  readonly bindings: ReadonlyMap<string, Store<RoleBinding>>;
  readonly limits: Store<ConfigMap>;
  readonly interfaces: Store<Interface>;
  readonly devices: Store<Device>;
}

export interface ReconcileOptions {
  readonly connection: Connection;
  /** Namespace of the platform. */
  readonly platform: string;
  readonly caches: Caches;
  /** What all Tenants are granted; undefined while the inventory is not known. */
  granted(): Granted | undefined;
  readonly log: Log;
  /** RFC 3339. */
  now(): string;
}

/** Index of Interfaces: by namespace. */
export const BY_NAMESPACE = 'namespace';

/**
 * Brings a tenant's namespace, bindings, limits and status up to date: namespace, bindings, limits, then status. Every
 * write is conditional on what the caches show, or makes what they lack; a conflict throws and is tried again.
 * @returns a function of the Tenant's name
 */
export function tenantReconciler(options: ReconcileOptions): (name: string) => Promise<Result> {
  const { connection, platform, caches, granted, log, now } = options;
  const tenants = client(connection, TENANTS);
  const namespaces = client(connection, NAMESPACES);
  const roleBindings = client(connection, ROLE_BINDINGS);
  const configMaps = client(connection, CONFIG_MAPS);

  /** Makes the namespace where it is missing; it has no owner: a Tenant that is deleted leaves it with its requests. */
  async function makeNamespace(tenant: DeepReadonly<Tenant>): Promise<NamespaceState> {
    const { name, uid } = tenant.metadata;
    // The cache may show a Tenant that is gone; nobody would ever remove the namespace that was made for it.
    const live = await orNothing(tenants.get({ name }));
    if (live === undefined || live.metadata.uid !== uid || isLeaving(live)) return 'missing';
    try {
      await namespaces.create({
        metadata: { name, labels: { [APP_LABEL]: APP, [MANAGED_BY_LABEL]: APP } },
      });
      log.info({ tenant: name }, 'Namespace made');
    } catch (error) {
      // Somebody else made it: it is adopted as it is.
      if (!isAlreadyExists(error)) throw error;
    }
    return 'there';
  }

  /** @returns whether the object is as it should be; false when somebody else's stands in its place. */
  async function keep<T extends KubeObject>(
    api: Client<T>,
    stored: DeepReadonly<T> | undefined,
    wanted: T | undefined,
    fixed?: keyof T & keyof DeepReadonly<T>,
  ): Promise<boolean> {
    const decision = decide<T>(stored, wanted, fixed);
    switch (decision.do) {
      case 'create': {
        const { namespace, name } = decision.object.metadata;
        // By apply: its rights are checked by name. Not forced: an object that the cache lacks is not taken over.
        await api.patch({ namespace, name }, decision.object, { type: 'apply', fieldManager: MANAGER });
        log.info({ tenant: namespace, kind: api.type.kind, name }, 'Made');
        return true;
      }
      case 'replace': {
        await api.replace(decision.object);
        const { namespace, name } = decision.object.metadata;
        log.info({ tenant: namespace, kind: api.type.kind, name }, 'Written');
        return true;
      }
      case 'delete': {
        const { namespace, name, uid, resourceVersion } = decision.stored.metadata;
        await orNothing(
          api.delete(
            { namespace, name },
            { ...(uid && { uid }), ...(resourceVersion && { resourceVersion }) },
          ),
        );
        log.info({ tenant: namespace, kind: api.type.kind, name }, 'Deleted');
        return true;
      }
      case 'refuse':
        return false;
      case 'nothing':
        return true;
    }
  }

  /** @returns names of objects that stand in the way. */
  async function keepAll(tenant: DeepReadonly<Tenant>, used: TenantUsage): Promise<string[]> {
    const { name } = tenant.metadata;
    // Whoever deletes a Tenant takes the rights away, even where a finalizer of others still holds the Tenant.
    const leaving = isLeaving(tenant);
    const taken: string[] = [];
    for (const binding of BINDINGS) {
      const stored = caches.bindings.get(binding.name)?.get(`${name}/${binding.name}`);
      const wanted = leaving ? undefined : wantedBinding(tenant, binding);
      if (!(await keep<RoleBinding>(roleBindings, stored, wanted, 'roleRef')))
        taken.push(`RoleBinding ${binding.name}`);
    }
    const stored = caches.limits.get(`${name}/${LIMITS_CONFIGMAP}`);
    const wanted = leaving ? undefined : wantedLimits(tenant, used);
    if (!(await keep<ConfigMap>(configMaps, stored, wanted))) taken.push(`ConfigMap ${LIMITS_CONFIGMAP}`);
    return taken;
  }

  return async (name) => {
    const tenant = caches.tenants.get(name);
    // What was kept for it is removed by its owner references.
    if (tenant === undefined) return;
    const namespace = caches.namespaces.get(name);
    let state = namespaceState(name, namespace, platform);
    if (state === 'missing' && !isLeaving(tenant)) state = await makeNamespace(tenant);
    const requests = caches.interfaces.byIndex(BY_NAMESPACE, name);
    const devices = caches.devices.byIndex(BY_TENANT, name);
    const used = usage(name, devices, requests.length);
    const taken = state === 'there' ? await keepAll(tenant, used) : [];
    if (isLeaving(tenant)) return;
    const { problems, overLimit } = judge(tenant, { used, devices }, granted());
    const findings = {
      ...{ namespace: state, awaited: awaited(namespace, requests), taken },
      ...{ problems, overLimit, usage: used },
    };
    await writeStatus(tenants, tenant, tenantStatus(tenant, findings, now()));
  };
}

function isLeaving({ metadata }: DeepReadonly<KubeObject>): boolean {
  return metadata.deletionTimestamp !== undefined;
}

async function orNothing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
