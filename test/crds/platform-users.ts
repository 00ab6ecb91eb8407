import assert from 'node:assert/strict';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import type { ControlPlane } from '../../tools/controlplane/start.ts';
import { apiCaller, type ApiCaller } from '../support/api-caller.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** A client of the service account that may write Devices, with the rights it has on a platform and no more. */
export async function interfaceWatcher(controlPlane: ControlPlane): Promise<ApiCaller> {
  await grant(controlPlane, 'interface-watcher', [
    { apiGroups: ['network.as.a.service'], resources: ['devices'], verbs: ['*'] },
  ]);
  return serviceAccount(controlPlane, 'interface-watcher');
}

/** A client of the service account that writes facts about Devices: `devices/status` only. */
export async function enforcer(controlPlane: ControlPlane): Promise<ApiCaller> {
  await grant(controlPlane, 'enforcer', [
    { apiGroups: ['network.as.a.service'], resources: ['devices/status'], verbs: ['update', 'patch'] },
  ]);
  return serviceAccount(controlPlane, 'enforcer');
}

/** A client certificate stands for the token: the API server cannot tell them apart by user name and groups. */
async function serviceAccount(controlPlane: ControlPlane, name: string): Promise<ApiCaller> {
  const kubeconfig = await controlPlane.kubeconfigFor({
    name: `system:serviceaccount:${PLATFORM_NAMESPACE}:${name}`,
    groups: ['system:serviceaccounts', `system:serviceaccounts:${PLATFORM_NAMESPACE}`],
  });
  return apiCaller(kubeconfig);
}

async function grant(controlPlane: ControlPlane, name: string, rules: readonly object[]): Promise<void> {
  const admin = await apiCaller(controlPlane.kubeconfig);
  try {
    const metadata = { name };
    const subject = { kind: 'ServiceAccount', name, namespace: PLATFORM_NAMESPACE };
    const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name };
    const root = `/apis/${RBAC}/v1`;
    const answers = [
      await admin('POST', `${root}/clusterroles`, {
        apiVersion: `${RBAC}/v1`,
        kind: 'ClusterRole',
        metadata,
        rules,
      }),
      await admin('POST', `${root}/clusterrolebindings`, {
        apiVersion: `${RBAC}/v1`,
        kind: 'ClusterRoleBinding',
        metadata,
        roleRef,
        subjects: [subject],
      }),
    ];
    for (const { status, body } of answers) assert.equal(status, 201, body.message);
  } finally {
    admin.close();
  }
}
