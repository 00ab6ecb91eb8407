import { readFile } from 'node:fs/promises';
import { after } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { Ledger } from '../../crds/types.gen.ts';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { connect } from '../../lib/kube/connection.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { createMetrics } from '../../lib/kube/metrics.ts';
import { silentLog } from '../../lib/kube/log.ts';
import type { ControlPlane, StartOptions } from '../../tools/controlplane/start.ts';
import { readSettings } from '../../webhooks/settings.ts';
import { startWebhooks } from '../../webhooks/webhooks.ts';
import type { Webhooks, WebhooksOptions } from '../../webhooks/webhooks.ts';
import { apiCaller } from '../support/api-caller.ts';
import type { ApiAnswer, ApiCaller } from '../support/api-caller.ts';
import { apiServer } from '../support/api-server.ts';
import { kubectl } from '../support/kubectl.ts';
import type { KubectlResult } from '../support/kubectl.ts';

/** A real API server with the webhooks' rights and configurations, two tenants, an inventory and a ledger. */
export interface Platform {
  readonly controlPlane: ControlPlane;
  /** As cluster admin; fails the test if refused. */
  admin: ApiCaller;
  /** As a member of the group that may write Devices. */
  breakGlass: ApiCaller;
  /** kubectl as the user of a tenant. */
  as(
    tenant: 'tenant-a' | 'tenant-b' | 'admin',
    args: readonly string[],
    input?: string | object,
  ): Promise<KubectlResult>;
  /** Starts the webhooks as their own ServiceAccount and waits until they are ready. */
  start(options?: StartWebhooks): Promise<Webhooks>;
  connection(): Promise<Connection>;
  setLedger(device: string, spec: Ledger): Promise<void>;
  setConfigMap(name: string, data: Record<string, string>, namespace?: string): Promise<void>;
  deleteConfigMap(name: string): Promise<void>;
}

export interface StartWebhooks extends Partial<WebhooksOptions> {
  environment?: Record<string, string>;
  /** False: waits only until the API server calls it. */
  ready?: boolean;
}

const SERVICE_ACCOUNT = {
  name: `system:serviceaccount:${PLATFORM_NAMESPACE}:webhooks`,
  groups: ['system:serviceaccounts', `system:serviceaccounts:${PLATFORM_NAMESPACE}`, 'system:authenticated'],
};
const TENANTS = ['tenant-a', 'tenant-b'] as const;

/** Two switches: deviceA has 54 ports with uplinks 49-52 and reserved 53, deviceB 12. VLANs 1 and 4000-4094 are reserved. */
export const CATALOG = JSON.stringify({
  devices: {
    devicea: entry({ ports: '1-48,49-54', uplinks: '49-52', reserved: '53' }),
    deviceb: entry({ ports: '1-12', uplinks: '', reserved: '' }),
    large: entry({ ports: '0-4095', uplinks: '', reserved: '' }),
  },
});

function entry(ports: { ports: string; uplinks: string; reserved: string }) {
  return {
    platform: 'eos',
    groups: ['global'],
    ...ports,
    reservedVlans: '1,4000-4094',
    unused: 'parked',
    mode: 'enforce',
    adopt: true,
  };
}

/** Call once, at the top of a test file. */
export async function platform(options: StartOptions = {}): Promise<Platform> {
  const controlPlane = await apiServer({ controllerManager: false, ...options });
  const admin = await apiCaller(controlPlane.kubeconfig);
  const breakGlassUser = { name: 'on-call', groups: ['system:masters', 'naas:break-glass'] };
  const breakGlass = await apiCaller(await controlPlane.kubeconfigFor(breakGlassUser));
  after(() => {
    admin.close();
    breakGlass.close();
  });
  const apply = async (object: Manifest) => {
    const path = `${collectionOf(object)}/${object.metadata.name}?fieldManager=test&force=true`;
    succeed(await admin('PATCH', path, object, 'application/apply-patch+yaml'));
  };
  for (const file of ['rbac.yaml', 'webhooks.yaml']) {
    for (const manifest of await manifests(file)) if (manifest.kind !== 'Service') await apply(manifest);
  }
  const kubeconfigs: Record<string, string> = { admin: controlPlane.kubeconfig };
  for (const tenant of TENANTS) {
    await apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: tenant } });
    const user = `user@${tenant}.example`;
    kubeconfigs[tenant] = await controlPlane.kubeconfigFor({ name: user });
    for (const object of tenantRights(tenant, user)) await apply(object);
  }

  const self: Platform = {
    controlPlane,
    admin,
    breakGlass,
    as(tenant, args, input) {
      const file = kubeconfigs[tenant] ?? '';
      const text = typeof input === 'object' ? JSON.stringify(input) : input;
      return kubectl(file, tenant === 'admin' ? args : ['-n', tenant, ...args], text);
    },
    async connection() {
      return connect({
        kubeconfig: await controlPlane.kubeconfigFor(SERVICE_ACCOUNT),
        userAgent: 'webhooks',
      });
    },
    async start({ environment, ready = true, ...changes } = {}) {
      const connection = await self.connection();
      const webhooks = await startWebhooks({
        connection,
        namespace: PLATFORM_NAMESPACE,
        settings: readSettings(
          { NAAS_WEBHOOK_URL: 'https://127.0.0.1:0', ...environment },
          PLATFORM_NAMESPACE,
        ),
        log: silentLog,
        metrics: createMetrics(),
        ...changes,
      });
      let stopped = false;
      const stop = async () => {
        if (stopped) return;
        stopped = true;
        await webhooks.stop();
        await connection.close();
      };
      after(stop);
      if (ready) await webhooks.whenReady();
      await untilCalled();
      return { ...webhooks, stop };
    },
    async setLedger(device, spec) {
      const path = `/apis/network.as.a.service/v1/namespaces/${PLATFORM_NAMESPACE}/devices`;
      const found = await admin('GET', `${path}/${device}`);
      const object = {
        apiVersion: 'network.as.a.service/v1',
        kind: 'Device',
        metadata: { name: device },
        spec,
      };
      if (found.status === 404) {
        succeed(await breakGlass('POST', path, object));
        return;
      }
      const { resourceVersion } = found.body.metadata;
      succeed(
        await breakGlass('PUT', `${path}/${device}`, {
          ...object,
          metadata: { name: device, resourceVersion },
        }),
      );
    },
    setConfigMap: (name, data, namespace = PLATFORM_NAMESPACE) =>
      apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, namespace }, data }),
    async deleteConfigMap(name) {
      await admin('DELETE', `/api/v1/namespaces/${PLATFORM_NAMESPACE}/configmaps/${name}`);
    },
  };

  /** The API server learns of a changed webhook configuration by watch: asks until it calls the new address. */
  async function untilCalled(): Promise<void> {
    const probe = request('probe', [{ devicename: 'nowhere', ports: ['1'], vlan: 10 }]);
    for (let tries = 0; tries < 200; tries++) {
      const path = '/apis/network.as.a.service/v1/namespaces/tenant-a/interfaces?dryRun=All';
      const { body } = await admin('POST', path, probe);
      if (body.reason === 'Invalid') return;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    throw new Error('the API server does not call the webhooks');
  }

  await self.setConfigMap('catalog', { 'catalog.json': CATALOG });
  return self;
}

/** An Interface request. */
export function request(name: string, services: readonly object[], metadata: object = {}) {
  return {
    apiVersion: 'network.as.a.service/v1',
    kind: 'Interface',
    metadata: { name, ...metadata },
    spec: { services },
  };
}

/** A ledger in which one request holds ports. */
export function held(
  namespace: string,
  owner: string,
  ports: readonly (number | string)[],
  uid = 'u-1',
): Ledger {
  return Object.fromEntries(
    ports.map((port) => [
      String(port),
      {
        ...{ vlan: 10, trunk: false, shutdown: true, stp: 'portfast' as const, description: owner },
        annotations: { namespace, owner, uid, generation: 1, timestamp: '2026-01-01T00:00:00Z', since: 0 },
      },
    ]),
  );
}

/** @throws Error with the server's words unless it agreed */
export function succeed(answer: ApiAnswer): ApiAnswer {
  if (answer.status >= 300) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer;
}

interface Manifest {
  apiVersion: string;
  kind: string;
  metadata: { name: string; namespace?: string };
  [field: string]: unknown;
}

async function manifests(file: string): Promise<Manifest[]> {
  const text = await readFile(new URL(`../../webhooks/${file}`, import.meta.url), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

const PLURALS: Readonly<Record<string, string>> = {
  ServiceAccount: 'serviceaccounts',
  MutatingWebhookConfiguration: 'mutatingwebhookconfigurations',
  ValidatingWebhookConfiguration: 'validatingwebhookconfigurations',
};

function collectionOf({ apiVersion, kind, metadata }: Manifest): string {
  const root = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const plural = PLURALS[kind] ?? `${kind.toLowerCase()}s`;
  return metadata.namespace === undefined
    ? `${root}/${plural}`
    : `${root}/namespaces/${metadata.namespace}/${plural}`;
}

function tenantRights(namespace: string, user: string): Manifest[] {
  const metadata = { name: 'tenant', namespace };
  const apiGroup = 'rbac.authorization.k8s.io';
  return [
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'Role',
      metadata,
      rules: [
        { apiGroups: ['network.as.a.service'], resources: ['interfaces'], verbs: ['*'] },
        { apiGroups: [''], resources: ['configmaps'], verbs: ['*'] },
      ],
    },
    {
      apiVersion: `${apiGroup}/v1`,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup, kind: 'Role', name: 'tenant' },
      subjects: [{ apiGroup, kind: 'User', name: user }],
    },
  ];
}
