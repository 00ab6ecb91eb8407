import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { client } from '../../lib/kube/client.ts';
import { EVENTS, LEASES } from '../../lib/kube/resources.ts';
import { apiServer } from '../support/api-server.ts';
import { conditionOf, startLab, watcherAccount } from './lab.ts';

const HOSTS = 'devicea: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-54"}}}';

const controlPlane = await apiServer();
const lab = await startLab(controlPlane);
await lab.namespace('tenant-a');
await lab.inventory(HOSTS);

test('the service runs with the rights of its rbac.yaml alone, and stops on SIGTERM', async () => {
  const child = spawn(process.execPath, ['services/interface-watcher/main.ts'], {
    env: { KUBECONFIG: await watcherAccount(controlPlane), NAAS_HIDE_OWNERS: 'true' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const output = text(child.stdout);
    await lab.apply('tenant-a', 'request-001', [{ devicename: 'deviceA', ports: ['1-3'], vlan: 10 }]);
    await lab.untilCondition('tenant-a', 'request-001', 'Accepted', 'Accepted');
    await lab.confirm('devicea');
    const ready = await lab.untilCondition('tenant-a', 'request-001', 'Ready', 'Ready');
    assert.equal(conditionOf(ready, 'Programmed')?.status, 'True');
    const lease = await client(lab.connection, LEASES).get({
      namespace: 'naas-system',
      name: 'interface-watcher',
    });
    assert.ok(lease.spec?.holderIdentity);
    child.kill('SIGTERM');
    const [code] = await once(child, 'exit');
    const lines = await output;
    assert.equal(code, 0, lines);
    assert.doesNotMatch(lines, /"level":"(warn|error|fatal)"/);
    const { items } = await client(lab.connection, EVENTS).list({ namespace: 'tenant-a' });
    const told = items.map(({ reason, type }) => `${type} ${reason}`).sort();
    assert.deepEqual(told, ['Normal Accepted', 'Normal Programmed']);
  } finally {
    child.kill('SIGKILL');
  }
});
