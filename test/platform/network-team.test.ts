/** What happens on the whole platform when templates, switches or requests are bad, and when they are mended. */
import assert from 'node:assert/strict';
import { glob, readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, it } from 'node:test';
import { parseAllDocuments } from 'yaml';
import type { Device } from '../../crds/types.gen.ts';
import { request, runningPlatform, type RunningPlatform } from './running-platform.ts';

const root = new URL('../../', import.meta.url).pathname;
const READY = ['wait', '--for=condition=Ready', '--timeout=60s'];

describe('the network team and its switches', () => {
  let naas: RunningPlatform;
  before(async () => {
    naas = await runningPlatform();
  });
  after(() => naas?.stop());

  const device = async (name: string): Promise<Device> =>
    JSON.parse(await naas.run('admin', 'get', 'device', name, '-o', 'json')) as Device;
  /** Waits until a condition of an object has a reason. */
  const reason = (context: string, object: string, type: string, expected: string) =>
    naas.run(
      context,
      'wait',
      object,
      '--timeout=60s',
      `--for=jsonpath={.status.conditions[?(@.type=="${type}")].reason}=${expected}`,
    );
  const configMap = (name: string, labels: object, annotations: object, data: object) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'naas-system', labels: { app: 'naas', ...labels }, annotations },
    data,
  });
  const banner = (text: string) =>
    configMap(
      'domain',
      { type: 'model', device: 'devicea' },
      { order: '10', template: 'domain.j2' },
      {
        'structured-config': `domain: ${text}`,
      },
    );

  it('a new model and its template reach the switch they are for, and no other', async () => {
    const before = await Promise.all([device('devicea'), device('deviceb')]);
    await naas.apply(
      'admin',
      configMap('domain.j2', { type: 'template' }, {}, { 'domain.j2': 'dns domain {{ model.domain }}\n' }),
    );
    await naas.apply('admin', banner('a.example'));
    await naas.run(
      'admin',
      ...['wait', 'device/devicea', '--timeout=60s'],
      `--for=jsonpath={.status.attempted.epoch}=${(before[0]?.status?.attempted?.epoch ?? 0) + 1}`,
    );
    await reason('admin', 'device/devicea', 'Ready', 'Ready');
    const [a, b] = await Promise.all([device('devicea'), device('deviceb')]);
    assert.notEqual(a.status?.applied?.platform, before[0]?.status?.applied?.platform);
    assert.deepEqual(b.status?.attempted, before[1]?.status?.attempted, 'deviceb was pushed too');
  });

  it('a line that one switch refuses holds that request only, with the words of the switch', async () => {
    await naas.atSwitch('devicea', 'faults', { faults: { rejectLine: 'description refused' } });
    await naas.apply('tenant-a', request('tenant-a', 'refused', [21], { vlan: 21 }));
    await naas.apply('tenant-b', request('tenant-b', 'fine', [22], { vlan: 22, shutdown: false }));
    await naas.run('tenant-b', ...READY, 'intf/fine');
    await reason('tenant-a', 'intf/refused', 'Programmed', 'Rejected');
    const { stdout } = await naas.scene.kubectl(
      'tenant-a',
      'get',
      'intf',
      'refused',
      '-o',
      'jsonpath={.status.devices}',
    );
    assert.match(stdout, /Invalid input/);
    assert.match(await naas.scene.interfaces('devicea', '22'), /description fine\n/);
    assert.equal(await naas.scene.interfaces('devicea', '21'), 'interface Ethernet21\n   shutdown\n');
    // The tenant mends its request: nobody else has to act.
    await naas.atSwitch('devicea', 'faults', { faults: { rejectLine: '^$' } });
    await naas.apply('tenant-a', request('tenant-a', 'refused', [21], { vlan: 21, description: 'mended' }));
    await naas.run('tenant-a', ...READY, 'intf/refused');
    assert.match(await naas.scene.interfaces('devicea', '21'), /description mended\n/);
  });

  it('a broken base template blames nobody: requests wait, and go through when it is mended', async () => {
    await naas.apply('admin', banner('{a: 1}'));
    await reason('admin', 'device/devicea', 'Ready', 'PlatformRejected');
    await naas.apply('tenant-b', request('tenant-b', 'waits', [23], { vlan: 23 }));
    await reason('tenant-b', 'intf/waits', 'Programmed', 'DeviceBlocked');
    await naas.apply('admin', banner('b.example'));
    await naas.run('tenant-b', ...READY, 'intf/waits');
    await reason('admin', 'device/devicea', 'Ready', 'Ready');
  });

  it('a switch that cannot be reached keeps its request waiting, and gets it when it is back', async () => {
    naas.platform.processes.get('switches')?.kill('SIGSTOP');
    await naas.apply('tenant-a', request('tenant-a', 'later', [24], { vlan: 24 }));
    await reason('tenant-a', 'intf/later', 'Programmed', 'DeviceUnreachable');
    naas.platform.processes.get('switches')?.kill('SIGCONT');
    await naas.run('tenant-a', 'wait', '--for=condition=Ready', '--timeout=90s', 'intf/later');
  });

  it('a change by hand is told to the tenant it hits and put right', async () => {
    await naas.atSwitch('deviceb', 'configure', { lines: ['interface Ethernet22', 'description by hand'] });
    assert.match(await naas.scene.interfaces('deviceb', '22'), /by hand/);
    const { attempted } = (await device('deviceb')).status ?? {};
    // The compliance round of a platform with two switches comes every 30 s.
    await naas.run(
      'admin',
      ...['wait', 'device/deviceb', '--timeout=90s'],
      `--for=jsonpath={.status.attempted.epoch}=${(attempted?.epoch ?? 0) + 1}`,
    );
    assert.match(await naas.scene.interfaces('deviceb', '22'), /description fine\n/);
  });

  it('every request shown in the docs would be accepted', async () => {
    let count = 0;
    for await (const file of glob(['README.md', 'docs/*.md'], { cwd: root })) {
      const text = await readFile(root + file, 'utf8');
      for (const [, block = ''] of text.matchAll(/```yaml\n([^]*?)```/g)) {
        for (const document of parseAllDocuments(block)) {
          const object = document.toJS() as { kind?: string };
          if (object.kind !== 'Interface') continue;
          count += 1;
          const file = `${naas.directory}/docs.json`;
          await writeFile(file, JSON.stringify(object));
          await naas.run('tenant-a', 'apply', '--dry-run=server', '-f', file);
        }
      }
    }
    assert.ok(count >= 2, 'no request was found in the docs');
  });
});
