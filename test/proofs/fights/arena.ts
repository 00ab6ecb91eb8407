/** The whole platform with two of each service, each behind a proxy of its own, and the tenants with their clients. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { client } from '../../../lib/kube/client.ts';
import { connect, type Connection } from '../../../lib/kube/connection.ts';
import { SERVICE_ACCOUNTS } from '../../../lib/kube/resources.ts';
import { apply } from '../../../tools/controlplane/apply.ts';
import { startPlatform, type Platform } from '../../../tools/platform/platform.ts';
import { startFaultProxy, type FaultProxy } from '../../support/fault-proxy.ts';
import { tenantNames, type PlanOptions } from './plan.ts';
import { watchSwitches, type SwitchWatch } from './switch-watch.ts';

/** One user of a tenant: a ServiceAccount with the rights of a tenant in its own namespace and no others. */
export interface User {
  readonly kubeconfig: string;
  readonly connection: Connection;
}

export interface Arena {
  readonly platform: Platform;
  /** By replica: `scheduler-2`. */
  readonly proxies: ReadonlyMap<string, FaultProxy>;
  readonly switches: SwitchWatch;
  /** As an administrator, who may not write ledgers. */
  readonly admin: Connection;
  user(tenant: string, client: number): User;
  stop(): Promise<void>;
}

const TOKEN_SECONDS = 24 * 3600;

export async function startArena(
  options: Pick<PlanOptions, 'clients' | 'tenants'> & { onProgress?: (line: string) => void },
): Promise<Arena> {
  const directory = await mkdtemp(join(tmpdir(), 'naas-fights-'));
  const proxies = new Map<string, FaultProxy>();
  const users = new Map<string, User>();
  let platform: Platform | undefined;
  let admin: Connection | undefined;

  async function stop(): Promise<void> {
    await Promise.all([...users.values()].map(({ connection }) => connection.close()));
    await admin?.close();
    await platform?.stop();
    await Promise.all([...proxies.values()].map((proxy) => proxy.stop()));
    await rm(directory, { recursive: true, force: true });
  }

  try {
    platform = await startPlatform({
      directory,
      ...(options.onProgress === undefined ? {} : { onProgress: options.onProgress }),
      replicas: { webhooks: 2, 'interface-watcher': 2, 'device-watcher': 2, scheduler: 2 },
      async wayToApi(replica, kubeconfig) {
        const proxy = await startFaultProxy({ kubeconfig });
        proxies.set(replica, proxy);
        return proxy.kubeconfig;
      },
    });
    admin = await connect({ kubeconfig: platform.controlPlane.kubeconfig });
    for (const count of new Set(options.tenants)) {
      const names = tenantNames(count);
      for (const tenant of names) await apply(admin, tenantObjects(tenant));
      await Promise.all(
        Array.from({ length: options.clients }, async (_, index) => {
          const tenant = names[index % names.length] ?? '';
          users.set(
            `${tenant}/${index}`,
            await makeUser(admin as Connection, platform as Platform, tenant, index),
          );
        }),
      );
    }
    return {
      platform,
      proxies,
      admin,
      switches: await watchSwitches(platform),
      user(tenant, index) {
        const user = users.get(`${tenant}/${index}`);
        if (user === undefined) throw new Error(`Tenant ${tenant} has no client ${index}`);
        return user;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

function tenantObjects(name: string) {
  const group = 'rbac.authorization.k8s.io';
  return [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    {
      apiVersion: `${group}/v1`,
      kind: 'RoleBinding',
      metadata: { name: 'members', namespace: name },
      roleRef: { apiGroup: group, kind: 'ClusterRole', name: 'naas-tenant' },
      subjects: [{ apiGroup: group, kind: 'Group', name: `system:serviceaccounts:${name}` }],
    },
  ];
}

async function makeUser(
  admin: Connection,
  platform: Platform,
  namespace: string,
  index: number,
): Promise<User> {
  const accounts = client(admin, SERVICE_ACCOUNTS);
  const name = `client-${index}`;
  await accounts.create({ metadata: { name, namespace } });
  const { status } = await accounts.createSubresource<{ status: { token: string } }>(
    { namespace, name },
    'token',
    {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      spec: { expirationSeconds: TOKEN_SECONDS },
    },
  );
  const { server, caPem } = platform.controlPlane;
  const cluster = { server, 'certificate-authority-data': Buffer.from(caPem).toString('base64') };
  const kubeconfig = join(platform.directory, `${namespace}-${name}.kubeconfig`);
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    clusters: [{ name: 'naas', cluster }],
    users: [{ name, user: { token: status.token } }],
    contexts: [{ name, context: { cluster: 'naas', user: name, namespace } }],
  };
  // JSON is YAML.
  await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  return { kubeconfig, connection: await connect({ kubeconfig, userAgent: name }) };
}
