import { APP, APP_LABEL, LIMITS_CONFIGMAP, MANAGED_BY_LABEL } from '../../crds/names.ts';
import type { Device, Interface, Tenant, TenantUsage } from '../../crds/types.gen.ts';
import type { GrantBook } from '../../lib/grants/grant-book.ts';
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
import { judge } from './judge.ts';
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
  grants(): GrantBook | undefined;
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
  const { connection, platform, caches, grants, log, now } = options;
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
        log.debug({ tenant: namespace, kind: api.type.kind, name }, 'Written');
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
    const taken: string[] = [];
    for (const binding of BINDINGS) {
      const stored = storedBinding(tenant.metadata.name, binding.name);
      if (!(await keep<RoleBinding>(roleBindings, stored, wantedBinding(tenant, binding), 'roleRef')))
        taken.push(`RoleBinding ${binding.name}`);
    }
    const stored = storedLimits(tenant.metadata.name);
    if (!(await keep<ConfigMap>(configMaps, stored, wantedLimits(tenant, used))))
      taken.push(`ConfigMap ${LIMITS_CONFIGMAP}`);
    return taken;
  }

  async function removeAll(name: string): Promise<void> {
    for (const binding of BINDINGS)
      await keep<RoleBinding>(roleBindings, storedBinding(name, binding.name), undefined);
    await keep<ConfigMap>(configMaps, storedLimits(name), undefined);
  }

  function storedBinding(namespace: string, name: string): DeepReadonly<RoleBinding> | undefined {
    return caches.bindings.get(name)?.get(`${namespace}/${name}`);
  }

  function storedLimits(namespace: string): DeepReadonly<ConfigMap> | undefined {
    return caches.limits.get(`${namespace}/${LIMITS_CONFIGMAP}`);
  }

  return async (name) => {
    const tenant = caches.tenants.get(name);
    // Kubernetes removes what a Tenant owned, but not while a finalizer holds the Tenant, nor after `--cascade=orphan`.
    if (tenant === undefined || isLeaving(tenant)) return removeAll(name);
    const namespace = caches.namespaces.get(name);
    let state = namespaceState(name, namespace, platform);
    if (state === 'missing') state = await makeNamespace(tenant);
    const requests = caches.interfaces.byIndex(BY_NAMESPACE, name);
    const devices = caches.devices.byIndex(BY_TENANT, name);
    const used = usage(name, devices, requests.length);
    const taken = state === 'there' ? await keepAll(tenant, used) : [];
    const { problems, overLimit } = judge(tenant, { used, devices }, grants());
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
