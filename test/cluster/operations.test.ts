/**
 * The platform as users install it, on nodes with a real kubelet: the walk-through, then what operators and bad luck do
 * to it while tenants make changes. The tests share one cluster and stand in an order: the last but one
 * uninstalls, the last installs anew, word by word.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it, type TestContext } from 'node:test';
import { namesOf, readSet, writeSet } from '../../lib/certificates/certificate-set.ts';
import { takeStep } from '../../lib/certificates/rotation.ts';
import { client } from '../../lib/kube/client.ts';
import { connect } from '../../lib/kube/connection.ts';
import { SECRETS } from '../../lib/kube/resources.ts';
import { CHART, installChart, RELEASE } from '../../tools/cluster/chart.ts';
import { STEPS } from '../../tools/demo/walk-through.ts';
import { request } from '../platform/running-platform.ts';
import { until } from '../support/until.ts';
import { followInstallPage, isOurs } from './install-page.ts';
import { canRunNodes, ON_NODES } from './machine.ts';
import { holdToNetworkPolicies } from './network-policies.ts';
import {
  clusterBeforeUpgrade,
  namespace,
  PREVIOUS,
  rolledOut,
  servicePods,
  SERVICES,
  type RunningCluster,
} from './running-cluster.ts';
import { startTraffic, type Outcome } from './traffic.ts';

const DAY = 24 * 3600 * 1000;
const LONG_MS = 120_000;

describe('on real nodes', () => {
  let naas: RunningCluster;
  before(async () => {
    if (canRunNodes) naas = await clusterBeforeUpgrade();
  });
  after(() => naas?.stop());

  const inspect = (outcome: Outcome) =>
    `${outcome.accepted} changes, ${outcome.deniedByName} denials by name, ${outcome.refusals.length} and ` +
    `${outcome.deniedOtherwise.length} refusals of another kind`;
  /** Does something while both tenants are busy, and some time after; nothing may be lost or wrongly allowed. */
  async function inTheMiddleOfChanges(context: TestContext, what: () => Promise<unknown>): Promise<Outcome> {
    const traffic = startTraffic(naas);
    try {
      await traffic.rounds(2);
      await what();
      await traffic.rounds(2);
    } catch (error) {
      await traffic.settle().catch(() => undefined);
      throw error;
    }
    const outcome = await traffic.settle();
    context.diagnostic(inspect(outcome));
    assert.ok(outcome.deniedByName > 0, 'the rival was never told whose the port is');
    return outcome;
  }
  /** Tenants are to notice nothing. */
  const unnoticed = (outcome: Outcome) =>
    assert.deepEqual(
      [...outcome.refusals, ...outcome.deniedOtherwise],
      [],
      'requests were refused meanwhile',
    );

  for (const [name, step] of Object.entries(STEPS)) it(name, ON_NODES, async () => step(naas.scene));

  it('replicas of a service are on different nodes', ON_NODES, async () => {
    for (const service of SERVICES) {
      const pods = await servicePods(naas, service);
      assert.deepEqual(pods.map(({ spec }) => spec.nodeName).sort(), ['node-1', 'node-2'], service);
    }
  });

  it('kubectl logs shows what a service and a Job wrote', ON_NODES, async () => {
    assert.match(
      await naas.run('admin', 'logs', 'deployment/scheduler', '--tail=-1'),
      /"service":"scheduler"/,
    );
    // A check of a switch may begin at any moment; its Pod has no log then.
    const enforcers = ['logs', '--selector', 'app=naas,type=enforcer', '--tail=-1', '--ignore-errors'];
    assert.match(await naas.run('admin', ...enforcers), /applied/);
  });

  it('helm test passes', ON_NODES, async () => {
    assert.match(await naas.platform.helm('test', RELEASE, '--namespace', namespace), /Phase:\s+Succeeded/);
  });

  it('an upgrade from the previous chart version misses no change', ON_NODES, async (context) => {
    const { helm, valuesFile, image } = naas.platform;
    assert.match(await helm('list', '--namespace', namespace), new RegExp(`naas-${PREVIOUS}\\b`));
    const outcome = await inTheMiddleOfChanges(context, () =>
      installChart(helm, { chart: CHART, valuesFile }),
    );
    unnoticed(outcome);
    const [pod] = await servicePods(naas, 'webhooks');
    assert.ok(
      pod?.status.containerStatuses[0]?.imageID.endsWith(image.digest),
      'the Pods do not run the digest',
    );
  });

  holdToNetworkPolicies(() => naas);

  it(
    'every Deployment rolled in the middle of changes: none is lost, none is wrongly allowed',
    ON_NODES,
    async (context) => {
      const outcome = await inTheMiddleOfChanges(context, async () => {
        await naas.run('admin', 'rollout', 'restart', 'deployment');
        await rolledOut(naas);
      });
      unnoticed(outcome);
    },
  );

  it(
    'every container killed in the middle of changes: none is lost, none is wrongly allowed',
    ON_NODES,
    async (context) => {
      await inTheMiddleOfChanges(context, async () => {
        for (const service of SERVICES) {
          for (const { metadata, spec, status } of await servicePods(naas, service)) {
            const node = naas.platform.nodes.find(({ name }) => name === spec.nodeName);
            const id = status.containerStatuses[0]?.containerID.replace('containerd://', '') ?? '';
            assert.ok(node, `${spec.nodeName} is not a node of the cluster`);
            await node.killContainer(id);
            await until(
              `${metadata.name} was started again`,
              async () => {
                const pods = await servicePods(naas, service);
                const [container] =
                  pods.find((pod) => pod.metadata.uid === metadata.uid)?.status.containerStatuses ?? [];
                return (container?.restartCount ?? 0) > 0 && container?.ready === true ? true : undefined;
              },
              LONG_MS,
            );
          }
        }
      });
    },
  );

  it(
    'a node drained in the middle of changes: none is lost, none is wrongly allowed',
    ON_NODES,
    async (context) => {
      const outcome = await inTheMiddleOfChanges(context, async () => {
        await naas.run(
          'admin',
          'drain',
          'node-1',
          '--ignore-daemonsets',
          '--delete-emptydir-data',
          '--timeout=110s',
        );
        await rolledOut(naas);
      });
      unnoticed(outcome);
      for (const service of SERVICES)
        for (const { spec } of await servicePods(naas, service))
          assert.equal(spec.nodeName, 'node-2', service);
      await naas.run('admin', 'uncordon', 'node-1');
    },
  );

  it(
    'certificates of the webhooks and their authority rotate in the middle of changes',
    ON_NODES,
    async (context) => {
      const api = await connect({ kubeconfig: naas.platform.controlPlane.kubeconfig });
      try {
        const secrets = client(api, SECRETS);
        const stored = () => secrets.get({ namespace, name: 'webhook-tls' });
        const secret = await stored();
        const old = readSet(secret.data);
        assert.ok(old, 'the Secret webhook-tls cannot be read');
        const outcome = await inTheMiddleOfChanges(context, async () => {
          // As if the next authority had been made two days ago: it is trusted first and signs then.
          const aged = await takeStep('prepare-authority', old, namesOf(old.leaf.cert), Date.now() - 2 * DAY);
          await secrets.replace({ ...secret, data: writeSet(aged) });
          await until(
            'the next authority signs',
            async () =>
              readSet((await stored()).data)?.authority.cert === aged.next?.cert ? true : undefined,
            LONG_MS,
          );
        });
        unnoticed(outcome);
        const now = readSet((await stored()).data);
        assert.notEqual(now?.leaf.cert, old.leaf.cert);
        const bundle = await naas.run(
          ...(['admin', 'get', 'validatingwebhookconfiguration', 'interfaces.network.as.a.service'] as const),
          ...['-o', 'jsonpath={.webhooks[0].clientConfig.caBundle}'],
        );
        assert.ok(
          Buffer.from(bundle, 'base64')
            .toString()
            .includes(now?.authority.cert ?? 'no authority'),
        );
      } finally {
        await api.close();
      }
    },
  );

  it(
    'without webhooks, requests are denied with a clear message, and taken again when they are back',
    ON_NODES,
    async () => {
      await naas.run('admin', 'scale', 'deployment/webhooks', '--replicas=0');
      await naas.run(
        'admin',
        'wait',
        '--for=delete',
        'pod',
        '--selector=app=naas,component=webhooks',
        '--timeout=110s',
      );
      const wanted = request('tenant-a', 'meanwhile', [45], { vlan: 45 });
      await assert.rejects(
        naas.apply('tenant-a', wanted),
        /failed calling webhook "mutate\.interfaces\.network\.as\.a\.service".*no endpoints available for service "webhooks"/s,
      );
      assert.equal(await naas.run('tenant-a', 'get', 'interface', 'meanwhile', '--ignore-not-found'), '');
      await naas.run('admin', 'scale', 'deployment/webhooks', '--replicas=2');
      await rolledOut(naas);
      await until('requests are taken', () => naas.apply('tenant-a', wanted).catch(() => undefined), LONG_MS);
      await naas.run('tenant-a', 'wait', '--for=condition=Ready', '--timeout=110s', 'interface/meanwhile');
      await naas.run('tenant-a', 'delete', 'interface', 'meanwhile', '--timeout=110s');
    },
  );

  it(
    'the API server restarted in the middle of changes: none is lost, none is wrongly allowed',
    ON_NODES,
    async (context) => {
      await inTheMiddleOfChanges(context, () => naas.platform.controlPlane.restartApiServer());
    },
  );

  it('uninstalled, switches stay as they are, and nothing is stuck', ON_NODES, async () => {
    const shown = () =>
      Promise.all(['devicea', 'deviceb'].map((device) => naas.scene.interfaces(device, '1-54')));
    const before = await shown();
    assert.match(before.join(), /description request-001/, 'nothing to lose');
    await naas.platform.helm('uninstall', RELEASE, '--namespace', namespace, '--wait');
    // The Pod of `helm test` stays until the next test, wherever no drain took it along.
    const selector = '--selector=component,component!=helm-test';
    await naas.run('admin', 'wait', '--for=delete', 'pod', selector, '--timeout=110s');
    assert.match(await naas.run('admin', 'get', 'interfaces', '-n', 'tenant-a', '-o', 'name'), /request-001/);
    assert.deepEqual(await shown(), before);
    // docs/install.md: requests and ledgers wait for services that are no more.
    for (const [kind, owner] of [
      ['interfaces', 'tenant-a'],
      ['devices', namespace],
    ] as const) {
      const names = await naas.run('admin', 'get', kind, '-n', owner, '-o', 'name');
      for (const name of names.trim().split('\n')) {
        const patch = '{"metadata":{"finalizers":null}}';
        await naas.run('admin', 'patch', name, '-n', owner, '--type=merge', '--patch', patch);
      }
    }
    await naas.run('admin', 'delete', 'namespace', 'tenant-a', 'tenant-b', namespace, '--timeout=110s');
    const crds = (await naas.run('admin', 'get', 'crd', '-o', 'name')).split('\n').filter(isOurs);
    assert.ok(crds.length > 0);
    await naas.run('admin', 'delete', ...crds, '--timeout=60s');
    assert.deepEqual(await shown(), before);
  });

  followInstallPage(() => naas);
});
