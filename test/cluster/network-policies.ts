/**
 * The chart's network policies on the wire: who reaches which place, tried by Pods that connect to all of them. Where one
 * is kept out another gets in: a place that nobody reaches would show nothing.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { CALLERS, MONITORING } from '../../tools/cluster/chart.ts';
import { runCommand } from '../../tools/cluster/run-command.ts';
import { until } from '../support/until.ts';
import { canRunNodes, ON_NODES } from './machine.ts';
import { namespace, servicePods, SERVICES, type RunningCluster } from './running-cluster.ts';

/** Where a Pod runs and what policies know it by. */
interface Who {
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly node: string;
}

/** Who tries, and what it must reach; it must not reach anything else. */
const EXPECTATIONS: Readonly<Record<string, Who & { pod: string; reaches: readonly RegExp[] }>> = {
  'an enforcer reaches the switches and the API server, and nothing else': {
    ...{ pod: 'enforcer', namespace, labels: { app: 'naas', type: 'enforcer' }, node: 'node-1' },
    reaches: [/^SSH of/, /^API server/],
  },
  'a Pod of another service reaches the API server, and no switch': {
    ...{ pod: 'service', namespace, labels: { app: 'naas', component: 'trial' }, node: 'node-2' },
    reaches: [/^API server/],
  },
  'a Pod that is not of the platform, in its namespace, reaches nothing': {
    ...{ pod: 'stranger', namespace, labels: { app: 'trial' }, node: 'node-1' },
    reaches: [],
  },
  'a Pod whose namespace may call POST /configure reaches that, and neither metrics nor webhooks': {
    ...{ pod: 'caller', namespace: CALLERS, labels: {}, node: 'node-2' },
    reaches: [/^SSH of/, /^API server/, /^elsewhere/, /^POST \/configure/],
  },
  'a Pod whose namespace may read metrics reaches those, and neither POST /configure nor webhooks': {
    ...{ pod: 'prometheus', namespace: MONITORING, labels: {}, node: 'node-1' },
    reaches: [/^SSH of/, /^API server/, /^elsewhere/, /^metrics of/],
  },
};

/**
 * Tries every place at once and prints the names of those that were reached. A busy machine tells its nodes late about a Pod,
 * or starts a service again: whoever is let in gets in at last, whoever is kept out never does.
 */
const TRY = `
const { connect } = require('node:net');
const attempt = (place) => new Promise((resolve) => {
  const [host, port] = place.split(':');
  const socket = connect({ host, port: Number(port), timeout: 8000 });
  const end = (reached) => { socket.destroy(); resolve(reached); };
  socket.once('connect', () => end(true)).once('timeout', () => end(false));
  socket.once('error', () => setTimeout(end, 8000, false));
});
const reached = async ([name, place]) => {
  for (let times = 0; times < 3; times += 1) if (await attempt(place)) return [name];
  return [];
};
Promise.all(Object.entries(JSON.parse(process.argv[1])).map(reached)).then((all) => console.log(JSON.stringify(all.flat())));
`;
const LISTEN = `require('node:net').createServer().listen(8080, () => console.log('listens'));`;
const LISTENER: Who = { namespace: CALLERS, labels: {}, node: 'node-1' };

/** Registers the tests on a cluster that runs the chart with its own values. */
export function holdToNetworkPolicies(cluster: () => RunningCluster): void {
  const kubectl = (...words: string[]) => cluster().run('admin', ...words);
  const wait = (pod: string, where: string, condition: string) =>
    kubectl('wait', `pod/${pod}`, '-n', where, `--for=${condition}`, '--timeout=110s');

  /** Starts a Pod of the platform's image with a script. */
  async function start(pod: string, who: Who, script: string, argument = ''): Promise<void> {
    const { image } = cluster().platform;
    await cluster().apply('admin', {
      ...{ apiVersion: 'v1', kind: 'Pod' },
      metadata: { name: pod, namespace: who.namespace, labels: who.labels },
      spec: {
        ...{ nodeName: who.node, restartPolicy: 'Never', terminationGracePeriodSeconds: 0 },
        ...{ automountServiceAccountToken: false, enableServiceLinks: false },
        securityContext: {
          ...{ runAsNonRoot: true, runAsUser: 65_532 },
          seccompProfile: { type: 'RuntimeDefault' },
        },
        containers: [
          {
            ...{ name: 'main', image: `${image.repository}@${image.digest}` },
            command: ['node', '--eval', script, argument],
            securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
          },
        ],
      },
    });
  }

  /** Every place, `host:port` by a name that says what is there. */
  async function allPlaces(listener: string, portOfMachine: number): Promise<Record<string, string>> {
    const { controlPlane, nodes, switches } = cluster().platform;
    const { hostname, port } = new URL(controlPlane.server);
    const places: Record<string, string> = {
      'API server, its Service': '10.96.0.1:443',
      'API server, its address': `${hostname}:${port}`,
      "elsewhere: another port of the switches' machine": `${hostname}:${portOfMachine}`,
      'elsewhere: another Pod': `${listener}:8080`,
    };
    for (const { name, address, port: ssh } of switches.values())
      places[`SSH of ${name}`] = `${address}:${ssh}`;
    for (const { name, address } of nodes) places[`elsewhere: kubelet of ${name}`] = `${address}:10250`;
    for (const service of SERVICES) {
      for (const { metadata, spec, status } of await servicePods(cluster(), service)) {
        // Of the version before, on its way out.
        if (metadata.deletionTimestamp !== undefined) continue;
        places[`metrics of ${service} on ${spec.nodeName}`] = `${status.podIP}:8080`;
        if (service === 'webhooks') places[`webhooks on ${spec.nodeName}`] = `${status.podIP}:9443`;
        if (service === 'scheduler') places[`POST /configure on ${spec.nodeName}`] = `${status.podIP}:8443`;
      }
    }
    return places;
  }

  describe('under the network policies', () => {
    const pods = Object.values(EXPECTATIONS);
    let machine: Server;
    let places: Record<string, string>;
    /** What the machine, on which the API server is, reaches of the services. */
    let fromMachine: Promise<{ tried: string[]; reached: string[] }>;

    before(async () => {
      if (!canRunNodes) return;
      machine = createServer().listen(0, new URL(cluster().platform.controlPlane.server).hostname);
      await once(machine, 'listening');
      for (const name of [CALLERS, MONITORING]) {
        await kubectl('create', 'namespace', name);
        await until(`ServiceAccount of ${name}`, () =>
          kubectl('get', 'serviceaccount', 'default', '-n', name).catch(() => undefined),
        );
      }
      await start('listener', LISTENER, LISTEN);
      await wait('listener', CALLERS, 'condition=Ready');
      await until('the listener listens', async () =>
        (await kubectl('logs', 'listener', '-n', CALLERS)).includes('listens'),
      );
      const address = await kubectl(
        ...['get', 'pod', 'listener', '-n', CALLERS, '-o', 'jsonpath={.status.podIP}'],
      );
      places = await allPlaces(address, (machine.address() as AddressInfo).port);
      fromMachine = tryHere(
        Object.entries(places).filter(([place]) => /^(metrics|POST|webhooks)/.test(place)),
      );
      fromMachine.catch(() => undefined);
      for (const who of pods) await start(who.pod, who, TRY, JSON.stringify(places));
    });
    after(async () => {
      if (!canRunNodes) return;
      machine.close();
      for (const name of [CALLERS, MONITORING]) await kubectl('delete', 'namespace', name, '--timeout=110s');
      const ours = pods.filter((who) => who.namespace === namespace).map(({ pod }) => pod);
      await kubectl('delete', 'pod', '-n', namespace, '--ignore-not-found', ...ours);
    });

    for (const [name, who] of Object.entries(EXPECTATIONS))
      it(name, ON_NODES, async () => {
        await wait(who.pod, who.namespace, 'jsonpath={.status.phase}=Succeeded');
        const reached = JSON.parse(await kubectl('logs', who.pod, '-n', who.namespace)) as string[];
        const expected = Object.keys(places).filter((place) => who.reaches.some((each) => each.test(place)));
        assert.deepEqual(reached.toSorted(), expected.toSorted());
      });

    it(
      "from the API server's address webhooks are reached, and nothing else of the services",
      ON_NODES,
      async () => {
        const { tried, reached } = await fromMachine;
        assert.ok(tried.some((place) => !isWebhook(place)));
        assert.deepEqual(reached.toSorted(), tried.filter(isWebhook).toSorted());
      },
    );
  });
}

async function tryHere(places: [string, string][]): Promise<{ tried: string[]; reached: string[] }> {
  const words = ['--eval', TRY, JSON.stringify(Object.fromEntries(places))];
  const reached = JSON.parse(await runCommand(process.execPath, words)) as string[];
  return { tried: places.map(([place]) => place), reached };
}

const isWebhook = (place: string) => place.startsWith('webhooks');
