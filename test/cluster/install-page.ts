/** docs/install.md from its second step to its end, as an administrator types it; the image is on the nodes already. */
import assert from 'node:assert/strict';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { parse, stringify } from 'yaml';
import { runCommand } from '../../tools/cluster/run-command.ts';
import { pageCommands } from '../support/page-commands.ts';
import { until } from '../support/until.ts';
import { ON_NODES } from './machine.ts';
import { namespace, type RunningCluster } from './running-cluster.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const page = await readFile(join(ROOT, 'docs/install.md'), 'utf8');

const blocks = (title: string) => pageCommands(page, title);

/** Whether `kubectl get -o name` names a kind of the platform; those of the network are there too. */
export const isOurs = (name: string): boolean => name.endsWith('.network.as.a.service');

/** Registers a test that follows the page on a cluster where nothing is installed. */
export function followInstallPage(cluster: () => RunningCluster): void {
  it('docs/install.md, followed from the namespace to the end', ON_NODES, async () => {
    const naas = cluster();
    const folder = join(naas.directory, 'install-page');
    await mkdir(folder);
    for (const name of ['charts', 'crds']) await symlink(join(ROOT, name), join(folder, name));
    const [login] = [...naas.platform.switches.values()];
    assert.ok(login);
    const { image } = naas.platform;

    const type = (lines: string) =>
      runCommand('bash', ['-euo', 'pipefail', '-c', `cd '${folder}'; exec 2>&1\n${lines}`], {
        KUBECONFIG: naas.platform.controlPlane.kubeconfig,
        PATH: `${join(naas.directory, 'bin')}:${process.env['PATH']}`,
        HOME: folder,
        REPOSITORY: image.repository,
        DIGEST: image.digest,
      });
    const follow = async (title: string, wanted: number) => {
      const all = blocks(title);
      assert.equal(all.length, wanted, title);
      const printed = [];
      for (const lines of all) printed.push(await type(lines));
      return printed;
    };

    await follow('2. The namespace', 1);

    // What differs in each place: where the switch is, and how to log in there.
    const hosts = parse(/```yaml\n(# hosts\.yaml[^]*?)```/.exec(page)?.[1] ?? '') as Hosts;
    const { password: _, ...leaf } = hosts.leaf1;
    const ours = {
      ...leaf,
      ...{ hostname: login.address, port: login.port, username: login.username },
      connection_options: { ssh: { extras: { private_key: login.privateKey } } },
      data: { naas: { ...leaf.data.naas, hostKeys: [login.hostKey] } },
    };
    await writeFile(join(folder, 'hosts.yaml'), stringify({ leaf1: ours }));
    await follow('3. The inventory', 1);
    const [values = ''] = blocks('4. Your values');
    const { port } = new URL(naas.platform.controlPlane.server);
    await type(
      values
        .replace('10.20.0.0/24', `${login.address}/32`)
        .replace('ports: [22]', `ports: [${login.port}]`)
        .replace('networkPolicies:', `networkPolicies:\n  apiServer: { ports: [443, ${port}] }`),
    );

    const [install = '', logs = '', adopt = ''] = blocks('5. Install');
    assert.match(await type(install), /^ok: a switch that nobody has is denied[^]*\nleaf1 /m);
    await until('NotAdopted', async () =>
      (await naas.run('admin', 'get', 'device', 'leaf1', '-n', namespace)).includes('NotAdopted'),
    );
    assert.match(await type(logs), /First contact with the switch/);
    assert.match(await type(adopt), /device\.network\.as\.a\.service\/leaf1 condition met/);

    const [, tried = ''] = await follow('6. The first tenant', 2);
    assert.match(tried, /^ok: port 24 of leaf1 may be asked for/m);
    await naas.apply('tenant-a', {
      ...{ apiVersion: 'network.as.a.service/v1', kind: 'Interface', metadata: { name: 'first' } },
      spec: { services: [{ devicename: 'leaf1', ports: [24], vlan: 100 }] },
    });
    await naas.run('tenant-a', 'wait', '--for=condition=Ready', '--timeout=110s', 'interface/first');
    const shown = () => naas.scene.interfaces(login.name, '24');
    assert.match(await shown(), /description first\n/);

    await follow('Upgrade', 1);
    await follow('Options', 1);
    const [giveBack = '', forGood = ''] = blocks('Uninstall');
    await type(giveBack);
    assert.doesNotMatch(await shown(), /description first/);
    await type(forGood);
    const left = (await naas.run('admin', 'get', 'crd', '-o', 'name')).split('\n');
    assert.deepEqual(left.filter(isOurs), []);
  });
}

interface Hosts {
  readonly leaf1: { readonly password: string; readonly data: { readonly naas: object } };
}
