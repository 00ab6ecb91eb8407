import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, test } from 'node:test';
import { connect } from '../../lib/kube/connection.ts';
import { leaseName } from '../../services/enforcer/fence/lease.ts';
import { apply, documents } from '../../tools/platform/apply.ts';
import { apiCaller } from '../support/api-caller.ts';
import { apiServer } from '../support/api-server.ts';

const LEASES = '/apis/coordination.k8s.io/v1/namespaces/naas-system/leases';
const plane = await apiServer({ controllerManager: false });
const connection = await connect({ kubeconfig: plane.kubeconfig });
const rbac = new URL('../../services/enforcer/rbac.yaml', import.meta.url);
await apply(connection, documents(await readFile(rbac, 'utf8')));
await connection.close();

async function as(name: string, ...groups: string[]) {
  const caller = await apiCaller(await plane.kubeconfigFor({ name, groups }));
  after(() => caller.close());
  return caller;
}
const admin = await as('admin', 'system:masters');
const enforcer = await as('system:serviceaccount:naas-system:enforcer');

const lease = (name: string) => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name },
  spec: { holderIdentity: 'somebody' },
});

test('S-51 an enforcer takes Leases of devices, and not the lead of a service', async () => {
  const made = await enforcer('POST', LEASES, lease(leaseName('devicea')));
  assert.equal(made.status, 201, made.body.message);
  assert.equal((await enforcer('PUT', `${LEASES}/${leaseName('devicea')}`, made.body)).status, 200);

  const { body: lead } = await admin('POST', LEASES, lease('scheduler'));
  // A policy counts some moments after it is stored.
  let refused = await enforcer('PUT', `${LEASES}/scheduler?dryRun=All`, lead);
  for (let tries = 0; tries < 200 && refused.status === 200; tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    refused = await enforcer('PUT', `${LEASES}/scheduler?dryRun=All`, lead);
  }
  for (const answer of [
    refused,
    await enforcer('PUT', `${LEASES}/scheduler`, lead),
    await enforcer('POST', LEASES, lease('interface-watcher')),
  ]) {
    assert.equal(answer.status, 403);
    assert.match(answer.body.message, /Enforcers hold Leases of devices only/);
  }
  // Others are not in its way.
  assert.equal((await admin('PUT', `${LEASES}/scheduler`, lead)).status, 200);
});
