/** The nodes themselves: what Pods may expect of them, and that nothing of them stays on the machine. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, it } from 'node:test';
import { client } from '../../lib/kube/client.ts';
import { connect, type Connection } from '../../lib/kube/connection.ts';
import { CONFIG_MAPS, NAMESPACES, SERVICE_ACCOUNTS } from '../../lib/kube/resources.ts';
import { clearLeftovers } from '../../tools/cluster/cluster.ts';
import type { RunFile } from '../../tools/controlplane/run-file.ts';
import { POD_EXPECTATIONS } from '../node-agent/pod-expectations.ts';
import { PROBE, podWorld, type PodWorld } from '../node-agent/pod-world.ts';
import { until } from '../support/until.ts';
import { added, groupsOf, machineState, processesOf, type MachineState } from './leftovers.ts';
import { canRunNodes, ON_NODES } from './machine.ts';

const main = new URL('cluster-process.ts', import.meta.url).pathname;
const namespace = 'pods';

describe('a node', () => {
  let directory: string;
  let untouched: MachineState;
  let owner: ChildProcess;
  let connection: Connection;
  let world: PodWorld;

  before(async () => {
    if (!canRunNodes) return;
    directory = await mkdtemp(join(tmpdir(), 'naas-node-'));
    untouched = await machineState();
    owner = spawn(process.execPath, [main, directory], { stdio: ['ignore', 'pipe', 'inherit'] });
    assert.ok(owner.stdout);
    const [line] = (await Promise.race([
      once(createInterface({ input: owner.stdout }), 'line'),
      once(owner, 'exit').then(() => ['']),
    ])) as [string];
    assert.notEqual(line, '', 'the cluster did not start');
    const { kubeconfig, image } = JSON.parse(line) as { kubeconfig: string; image: string };
    connection = await connect({ kubeconfig });
    await client(connection, NAMESPACES).create({ metadata: { name: namespace } });
    await client(connection, CONFIG_MAPS).create({
      metadata: { name: 'probe', namespace },
      data: { 'probe.mjs': PROBE },
    });
    await until('ServiceAccount', () =>
      client(connection, SERVICE_ACCOUNTS)
        .get({ namespace, name: 'default' })
        .catch(() => undefined),
    );
    world = podWorld({
      ...{ connection, kubeconfig, namespace, image },
      volume: [{ name: 'probe', configMap: { name: 'probe' } }],
      mount: [{ name: 'probe', mountPath: '/app' }],
    });
  });
  after(async () => {
    await connection?.close();
    if (owner?.exitCode === null && owner.signalCode === null) {
      owner.kill('SIGTERM');
      await once(owner, 'exit');
    }
    if (directory !== undefined) {
      await clearLeftovers(directory);
      await rm(directory, { recursive: true, force: true });
    }
  });

  for (const [name, holds] of Object.entries(POD_EXPECTATIONS)) it(name, ON_NODES, () => holds(world));

  it('killed together with all that watches it, leaves nothing once it is cleared', ON_NODES, async () => {
    await connection.close();
    const files = [directory, join(directory, 'controlplane')].map((folder) =>
      join(folder, 'processes.json'),
    );
    const runs = await Promise.all(
      files.map(async (file) => JSON.parse(await readFile(file, 'utf8')) as RunFile),
    );
    // Stopped first: a watchdog that saw its owner die would clear up.
    const watchdogs = runs.flatMap(({ watchdog }) => (watchdog === undefined ? [] : [watchdog.pid]));
    assert.equal(watchdogs.length, 2);
    for (const pid of watchdogs) process.kill(pid, 'SIGKILL');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    const left = await processesOf(directory);
    assert.ok(
      left.some((command) => command.includes('kubelet')),
      'nothing survived: the test shows nothing',
    );

    await clearLeftovers(directory);
    assert.deepEqual(await processesOf(directory), []);
    assert.deepEqual(await groupsOf(directory), []);
    assert.deepEqual(added(untouched, await machineState()), []);
  });
});
