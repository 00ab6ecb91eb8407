/** The tenant controller as its own account, an administrator and people, around a real API server. */
import assert from 'node:assert/strict';
import { after } from 'node:test';
import { API_VERSION } from '../../crds/names.ts';
import type { Condition, Tenant, TenantSpec } from '../../crds/types.gen.ts';
import { client } from '../../lib/kube/client.ts';
import { connect, type Call, type Connection } from '../../lib/kube/connection.ts';
import { isNotFound } from '../../lib/kube/errors.ts';
import { silentLog } from '../../lib/kube/log.ts';
import {
  CONFIG_MAPS,
  NAMESPACES,
  ROLE_BINDINGS,
  TENANTS,
  type ConfigMap,
  type Namespace,
  type RoleBinding,
} from '../../lib/kube/resources.ts';
import { watchTenants } from '../../services/tenant-controller/watch.ts';
import type { ControlPlane } from '../../tools/controlplane/start.ts';
import { apiCaller, type ApiCaller } from '../support/api-caller.ts';
import { instead } from '../support/instead.ts';
import { kubectl } from '../support/kubectl.ts';
import { until } from '../support/until.ts';

export interface Stage {
  /** As cluster administrator. */
  readonly connection: Connection;
  /** Every call of a controller that was no read. */
  readonly writes: readonly Call[];
  /** Starts a controller that leads; there may be several. */
  start(): Promise<void>;
  /** Stops all controllers. */
  stop(): Promise<void>;
  apply(name: string, spec: TenantSpec): Promise<Tenant>;
  tenant(name: string): Promise<Tenant | undefined>;
  /** Waits until the Tenant's current generation has a condition with this reason. */
  reason(name: string, type: string, reason: string): Promise<Condition>;
  namespace(name: string): Promise<Namespace | undefined>;
  binding(namespace: string, name: string): Promise<RoleBinding | undefined>;
  limits(namespace: string): Promise<ConfigMap | undefined>;
  /** Somebody's own calls. */
  as(name: string, ...groups: string[]): Promise<ApiCaller>;
}

export async function startStage(plane: ControlPlane): Promise<Stage> {
  const applied = await kubectl(plane.kubeconfig, ['apply', '-f', 'services/tenant-controller/rbac.yaml']);
  assert.equal(applied.code, 0, applied.stderr);
  const account = await plane.kubeconfigFor({
    name: 'system:serviceaccount:naas-system:tenant-controller',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:naas-system'],
  });
  const connection = await connect({ kubeconfig: plane.kubeconfig });
  const service = await connect({ kubeconfig: account });
  const writes: Call[] = [];
  const recorded = instead(service, {
    request<T>(call: Call): Promise<T> {
      if (call.method !== 'GET') writes.push(call);
      return service.request<T>(call);
    },
  });
  const tenants = client(connection, TENANTS);
  const namespaces = client(connection, NAMESPACES);
  const roleBindings = client(connection, ROLE_BINDINGS);
  const configMaps = client(connection, CONFIG_MAPS);
  const tenant = (name: string) => orNothing(tenants.get({ name }));
  const running = new Set<ReturnType<typeof watchTenants>>();

  async function stop(): Promise<void> {
    const stopping = [...running];
    running.clear();
    await Promise.all(stopping.map((controller) => controller.stopWatching()));
    await Promise.all(stopping.map((controller) => controller.stopWriting()));
  }
  after(async () => {
    await stop();
    await Promise.all([connection.close(), service.close()]);
  });

  return {
    connection,
    writes,
    async start() {
      const controller = watchTenants({ connection: recorded, platform: 'naas-system', log: silentLog });
      running.add(controller);
      // As one that followed before: what its caches hold is no news.
      await until('the caches are filled', () => controller.hasSynced());
      await controller.lead();
    },
    stop,
    async apply(name, spec) {
      const body = { apiVersion: API_VERSION, kind: 'Tenant', metadata: { name }, spec };
      return tenants.patch({ name }, body, { type: 'apply', fieldManager: 'administrator', force: true });
    },
    tenant,
    reason: (name, type, reason) =>
      until(`${name}: ${type} with reason ${reason}`, async () => {
        const { metadata, status } = (await tenant(name)) ?? {};
        const condition = status?.conditions?.find((each) => each.type === type);
        const current = condition?.observedGeneration === metadata?.generation;
        return condition?.reason === reason && current ? condition : undefined;
      }),
    namespace: (name) => orNothing(namespaces.get({ name })),
    binding: (namespace, name) => orNothing(roleBindings.get({ namespace, name })),
    limits: (namespace) => orNothing(configMaps.get({ namespace, name: 'naas-limits' })),
    async as(name, ...groups) {
      const caller = await apiCaller(await plane.kubeconfigFor({ name, groups }));
      after(() => caller.close());
      return caller;
    },
  };
}

/** Members as a Tenant lists them, of texts such as `Editor User NAME`. */
export function members(...texts: string[]): NonNullable<TenantSpec['members']> {
  return texts.map((text) => {
    const [role, kind, name = ''] = text.split(' ');
    return { role: role as 'Editor' | 'Viewer', kind: kind as 'User' | 'Group', name };
  });
}

/** Who is bound, as `Kind name`. */
export function subjects(binding: RoleBinding | undefined): string[] | undefined {
  return binding?.subjects?.map(({ kind, name }) => `${kind} ${name}`);
}

/** What was read; undefined when it does not exist. */
async function orNothing<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}
