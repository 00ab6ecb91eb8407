/** What the network team does: templates, models, the inventory, defaults, POST /configure. */
import { Agent, request } from 'undici';
import { parse, stringify } from 'yaml';
import { PLATFORM_NAMESPACE } from '../../../../crds/names.ts';
import { client } from '../../../../lib/kube/client.ts';
import type { Connection } from '../../../../lib/kube/connection.ts';
import { CONFIG_MAPS, SECRETS } from '../../../../lib/kube/resources.ts';
import type { KubeObject } from '../../../../lib/kube/types.ts';
import { apply } from '../../../../tools/controlplane/apply.ts';
import { SWITCHES, type Operation } from './stage.ts';

const namespace = PLATFORM_NAMESPACE;

function configMap(name: string, labels: object, annotations: object, data: object): KubeObject {
  const metadata = { name, namespace, labels: { app: 'naas', ...labels }, annotations };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data } as KubeObject;
}
const template = (variant: number) =>
  configMap(
    'soak.j2',
    { type: 'template' },
    {},
    {
      'soak.j2': `{# ${variant} #}\ndns domain {{ model.domain }}\n`,
    },
  );
const model = (domain: string) =>
  configMap(
    'soak',
    { type: 'model', device: 'devicea' },
    { order: '10', template: 'soak.j2' },
    {
      'structured-config': `domain: ${domain}\n`,
    },
  );

/** A template and a model of its own, which the edits change. */
export async function installSoakModel(admin: Connection): Promise<void> {
  await apply(admin, [template(0), model('a.example')]);
}

export async function removeSoakModel(admin: Connection): Promise<void> {
  for (const name of ['soak', 'soak.j2']) await client(admin, CONFIG_MAPS).delete({ namespace, name });
}

export const editTemplate: Operation = {
  name: 'edit a template',
  weight: 0.7,
  async run({ admin, random }) {
    await apply(admin, [template(random.below(1000))]);
    return 'edited';
  },
};

export const editModel: Operation = {
  name: 'edit a model',
  weight: 0.7,
  async run({ admin, random }) {
    await apply(admin, [model(`${random.pick(['a', 'b', 'c'])}.example`)]);
    return 'edited';
  },
};

/** One switch's reserved VLANs change, or its facts. */
export const editInventory: Operation = {
  name: 'edit the inventory',
  weight: 0.7,
  async run({ admin, random }) {
    const secrets = client(admin, SECRETS);
    const inventory = await secrets.get({ namespace, name: 'inventory' });
    const text = Buffer.from(inventory.data?.['hosts.yaml'] ?? '', 'base64').toString();
    const hosts = parse(text) as Record<
      string,
      { data: { rack?: number; naas: { reservedVlans?: string[] } } }
    >;
    const host = hosts[random.pick(SWITCHES)];
    if (host === undefined) throw new Error('the inventory lost a switch');
    host.data.rack = random.below(100);
    host.data.naas.reservedVlans = random.chance(0.5) ? ['1', '1002-1005'] : ['1'];
    await secrets.replace({
      ...inventory,
      data: { 'hosts.yaml': Buffer.from(stringify(hosts)).toString('base64') },
    });
    return 'edited';
  },
};

export const configure: Operation = {
  name: 'POST /configure',
  weight: 3,
  async run({ admin, random, configureToken }) {
    const { data } = await client(admin, CONFIG_MAPS).get({ namespace, name: 'scheduler-api' });
    // Each caller is a stranger: no connection is kept.
    const dispatcher = new Agent({ connect: { ca: data?.['ca.crt'] ?? '' } });
    try {
      const { statusCode, body } = await request(`${data?.['url']}/configure`, {
        dispatcher,
        method: 'POST',
        headers: {
          authorization: `Bearer ${random.chance(0.9) ? configureToken : 'wrong'}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({
          devices: random.pick<readonly string[]>([...SWITCHES.map((name) => [name]), ['all'], ['nowhere']]),
          step: random.pick<unknown>(['MAX', 1, 'many']),
        }),
      });
      await body.dump();
      return `${statusCode}`;
    } catch (error) {
      return `no answer: ${error instanceof Error && 'code' in error ? String(error.code) : 'unknown'}`;
    } finally {
      await dispatcher.close();
    }
  },
};
