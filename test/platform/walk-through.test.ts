/** The walk-through of the mission, by the real kubectl as two people, on a whole local platform. */
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { startPlatform, type Platform } from '../../tools/platform/platform.ts';
import { sceneOn, STEPS, type Scene, type Stage } from '../../tools/demo/walk-through.ts';

const silent: Stage = { title: () => undefined, command: () => undefined, checked: () => undefined };

/** Services that hold no state of their own: any of them may die at any moment. */
const MORTAL = [
  'webhooks',
  'interface-watcher',
  'device-watcher',
  'scheduler',
  'tenant-controller',
  'node-agent',
];

describe('the walk-through', () => {
  let directory: string;
  let platform: Platform;
  let scene: Scene;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'naas-platform-'));
    platform = await startPlatform({ directory });
    scene = sceneOn(platform, silent);
  });
  after(async () => {
    await platform?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  for (const [name, step] of Object.entries(STEPS)) {
    it(name, () => step(scene));
  }

  it('a Job’s log tells what was pushed, and no secret', async () => {
    const { stdout } = await scene.kubectl(
      'admin',
      'logs',
      '--selector',
      'app=naas,type=enforcer',
      '--tail',
      '-1',
      // A check of a switch may begin at any moment; its Pod has no log then.
      '--ignore-errors',
    );
    assert.match(stdout, /applied/);
    const [login] = platform.switches.values();
    const secret = login?.privateKey.split('\n')[2] ?? 'no key';
    assert.ok(!stdout.includes(secret), 'the private key of the switch login is in a log');
  });

  for (const service of MORTAL) {
    it(`${service} killed in the middle of a change: the change arrives all the same`, async () => {
      const process = platform.processes.get(service);
      assert.ok(process);
      const name = `after-${service}`;
      const manifest = {
        apiVersion: 'network.as.a.service/v1',
        kind: 'Interface',
        metadata: { name, namespace: 'tenant-b' },
        spec: {
          services: [
            { devicename: 'devicea', ports: [30], vlan: 300 },
            { devicename: 'deviceb', ports: [30], vlan: 301 },
          ],
        },
      };
      const file = join(directory, `${name}.json`);
      await writeFile(file, JSON.stringify(manifest));
      const applied = await scene.kubectl('tenant-b', 'apply', '-f', file);
      assert.equal(applied.code, 0, applied.stderr);
      process.kill('SIGKILL');
      const waited = await scene.kubectl(
        'tenant-b',
        'wait',
        '--for=condition=Ready',
        '--timeout=60s',
        `intf/${name}`,
      );
      assert.equal(waited.code, 0, waited.stderr);
      const shown = await scene.interfaces('deviceb', '30');
      assert.match(shown, new RegExp(`description ${name}\\n[^]*access vlan 301`));
      await process.whenReady();
      const deleted = await scene.kubectl('tenant-b', 'delete', '--timeout=60s', `intf/${name}`);
      assert.equal(deleted.code, 0, deleted.stderr);
      assert.equal(await scene.interfaces('deviceb', '30'), 'interface Ethernet30\n   shutdown\n');
    });
  }
});
