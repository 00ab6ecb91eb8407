import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { systemClock } from '../../lib/kube/clock.ts';
import { MAX_SILENCE } from '../../lib/kube/freshness.ts';
import { createMetrics } from '../../lib/kube/metrics.ts';
import { until } from '../support/until.ts';
import { held, platform, request, succeed } from './platform.ts';

const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1';
const NAME = 'interfaces.network.as.a.service';
const INTERFACES = '/apis/network.as.a.service/v1/namespaces/tenant-a/interfaces';
const free = [{ devicename: 'deviceA', ports: ['20'], vlan: 10, shutdown: false }];

const naas = await platform();
await naas.setLedger('devicea', held('tenant-b', 'request-001', [1]));

async function dryRun(): Promise<{ status: number; text: string }> {
  const { status, body } = await naas.admin('POST', `${INTERFACES}?dryRun=All`, request('probe', free));
  return { status, text: JSON.stringify(body) };
}

async function configuration(kind: string) {
  return succeed(await naas.admin('GET', `${CONFIGURATIONS}/${kind}/${NAME}`)).body;
}

test('S-31 before the webhooks ever ran, nothing is stored', async () => {
  const { status } = await dryRun();
  assert.equal(status, 500);
});

test('S-31 with the webhooks down nothing is stored, but labels change and requests are deleted', async () => {
  const webhooks = await naas.start();
  for (const name of ['kept', 'deleted']) {
    assert.equal((await naas.as('tenant-a', ['create', '-f', '-'], request(name, free))).code, 0);
  }
  await webhooks.stop();
  const created = await naas.as('tenant-a', ['create', '-f', '-'], request('new', free));
  assert.equal(created.code, 1);
  assert.match(created.stderr, /failed calling webhook/);
  const changed = await naas.as('tenant-a', [
    'patch',
    'intf',
    'kept',
    '--type=merge',
    '-p',
    '{"spec":{"services":[{"devicename":"deviceA","ports":["1"],"vlan":10}]}}',
  ]);
  assert.equal(changed.code, 1);
  const labelled = await naas.as('tenant-a', ['label', 'intf', 'kept', 'team=web']);
  assert.equal(labelled.code, 0, labelled.stderr);
  const edited = await naas.as('tenant-a', [
    'patch',
    'intf',
    'kept',
    '--type=merge',
    '-p',
    '{"metadata":{"finalizers":["example.com/hold"]}}',
  ]);
  assert.equal(edited.code, 0, edited.stderr);
  const freed = await naas.as('tenant-a', [
    'patch',
    'intf',
    'kept',
    '--type=merge',
    '-p',
    '{"metadata":{"finalizers":null}}',
  ]);
  assert.equal(freed.code, 0, freed.stderr);
  const deleted = await naas.as('tenant-a', ['delete', 'intf', 'deleted', '--wait=true', '--timeout=10s']);
  assert.equal(deleted.code, 0, deleted.stderr);
});

test('S-33 labels of the namespace open no way around', async () => {
  for (const label of ['naas.skip=true', 'control-plane=true', 'network.as.a.service/ignore=true']) {
    succeed(
      await naas.admin(
        'PATCH',
        '/api/v1/namespaces/tenant-a',
        { metadata: { labels: Object.fromEntries([label.split('=')]) } },
        'application/merge-patch+json',
      ),
    );
  }
  assert.equal((await dryRun()).status, 500);
});

describe('while the webhooks run', () => {
  test('S-32 what someone changes in a configuration is put back', async () => {
    const webhooks = await naas.start();
    const changes: [string, (webhook: Record<string, unknown>) => void][] = [
      ['failurePolicy', (webhook) => (webhook['failurePolicy'] = 'Ignore')],
      ['namespaceSelector', (webhook) => (webhook['namespaceSelector'] = { matchLabels: { opt: 'in' } })],
      ['rules', (webhook) => (webhook['rules'] = [])],
      [
        'matchConditions',
        (webhook) => (webhook['matchConditions'] = [{ name: 'never', expression: 'false' }]),
      ],
      ['caBundle', (webhook) => delete (webhook['clientConfig'] as Record<string, unknown>)['caBundle']],
    ];
    for (const kind of ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations']) {
      const before = await configuration(kind);
      for (const [what, change] of changes) {
        const broken = await configuration(kind);
        change(broken.webhooks[0]);
        succeed(await naas.admin('PUT', `${CONFIGURATIONS}/${kind}/${NAME}`, broken));
        await until(`${what} of ${kind} is put back`, async () => {
          return JSON.stringify((await configuration(kind)).webhooks) === JSON.stringify(before.webhooks);
        });
      }
    }
    assert.equal(webhooks.notReady(), undefined);
    await until('requests are stored', async () => (await dryRun()).status === 201);
    await webhooks.stop();
  });

  test('S-43 whoever takes over the address but not the certificate is not believed', async () => {
    const webhooks = await naas.start();
    const other = naas.controlPlane.kubeletTls;
    const { createServer } = await import('node:https');
    let asked = 0;
    const impostor = createServer({ cert: other.cert, key: other.key }, (_request, response) => {
      asked++;
      response.end(
        '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"","allowed":true}}',
      );
    });
    const { port } = webhooks;
    await webhooks.stop();
    await new Promise<void>((resolve) => impostor.listen(port, '127.0.0.1', resolve));
    try {
      const { status, text } = await dryRun();
      assert.equal(status, 500);
      assert.match(text, /certificate/);
      assert.equal(asked, 0);
    } finally {
      await new Promise((resolve) => impostor.close(resolve));
    }
  });

  test('several replicas share one certificate', async () => {
    const first = await naas.start();
    const second = await naas.start();
    assert.equal(first.notReady(), undefined);
    assert.equal(second.notReady(), undefined);
    await first.stop();
    await second.stop();
  });
});

describe('the inventory and the defaults', () => {
  test('S-05 without an inventory everything is denied, and the service is not ready', async () => {
    await naas.deleteConfigMap('catalog');
    const webhooks = await naas.start({ ready: false });
    assert.equal(webhooks.notReady(), 'the inventory is not published yet');
    const { status, text } = await dryRun();
    assert.equal(status, 422);
    assert.match(text, /The request cannot be checked now: the inventory is not published yet/);
    await naas.setConfigMap('catalog', { 'catalog.json': (await import('./platform.ts')).CATALOG });
    await until('ready', async () => webhooks.notReady() === undefined);
    assert.equal((await dryRun()).status, 201);
    await webhooks.stop();
  });

  test('S-27 when nothing was heard for too long, everything is denied', async () => {
    const clock = { ...systemClock, ahead: 0, monotonic: () => systemClock.monotonic() + clock.ahead };
    const webhooks = await naas.start({ clock });
    assert.equal((await dryRun()).status, 201);
    clock.ahead = MAX_SILENCE + 1000;
    assert.match(webhooks.notReady() ?? '', /out of date/);
    const { status, text } = await dryRun();
    assert.notEqual(status, 201);
    assert.match(text, /The request cannot be checked now: .* is out of date/);
    clock.ahead = 0;
    assert.equal((await dryRun()).status, 201);
    await webhooks.stop();
  });

  test('admins change the defaults; those stored with a request stay', async () => {
    const metrics = createMetrics();
    const webhooks = await naas.start({ metrics });
    const bare = [{ devicename: 'deviceA', ports: ['30'], vlan: 10 }];
    assert.equal((await naas.as('tenant-a', ['create', '-f', '-'], request('before', bare))).code, 0);
    await naas.setConfigMap('interface-defaults', { 'defaults.yaml': 'shutdown: false\nstp: network\n' });
    await until('new defaults are used', async () => {
      const { body } = await naas.admin('POST', `${INTERFACES}?dryRun=All`, request('probe', bare));
      return body.spec?.services[0].stp === 'network';
    });
    const more = [...bare, { devicename: 'deviceA', ports: ['31'], vlan: 10 }];
    assert.equal((await naas.as('tenant-a', ['apply', '-f', '-'], request('before', more))).code, 0);
    const { body } = succeed(await naas.admin('GET', `${INTERFACES}/before`));
    for (const service of body.spec.services) {
      assert.deepEqual([service.shutdown, service.stp], [true, 'portfast']);
    }
    await naas.setConfigMap('interface-defaults', { 'defaults.yaml': 'shutdown: maybe\n' });
    await until('the bad defaults are seen', async () =>
      /naas_webhook_unreadable_config_total\{[^}]*\} 1/.test(await metrics.text()),
    );
    const { body: probe } = succeed(
      await naas.admin('POST', `${INTERFACES}?dryRun=All`, request('probe', bare)),
    );
    assert.equal(probe.spec.services[0].stp, 'network', 'the last good defaults stay');
    await webhooks.stop();
    const fresh = await naas.start({ ready: false });
    assert.equal(fresh.notReady(), 'the defaults cannot be read');
    assert.notEqual((await dryRun()).status, 201);
    assert.match((await dryRun()).text, /cannot be checked now/);
    await naas.deleteConfigMap('interface-defaults');
    await until('built-in defaults', async () => fresh.notReady() === undefined);
    await fresh.stop();
  });

  test('S-45 S-46 ConfigMaps of a tenant that look like the platform’s are ignored', async () => {
    const webhooks = await naas.start();
    const labels = { app: 'naas', type: 'model' };
    const look = async (name: string, data: Record<string, string>) => {
      const manifest = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels }, data };
      assert.equal((await naas.as('tenant-b', ['apply', '-f', '-'], manifest)).code, 0);
    };
    await look('interface-defaults', { 'defaults.yaml': 'shutdown: false\nstp: normal\n' });
    await look('catalog', { 'catalog.json': '{"devices":{}}' });
    const bare = [{ devicename: 'deviceA', ports: ['40'], vlan: 10 }];
    const used = async () =>
      succeed(
        await naas.admin(
          'POST',
          `${INTERFACES.replace('tenant-a', 'tenant-b')}?dryRun=All`,
          request('probe', bare),
        ),
      ).body.spec.services[0];
    assert.equal((await used()).stp, 'portfast');
    // What was written later is seen: what was written before has had its time.
    await naas.setConfigMap('interface-defaults', { 'defaults.yaml': 'stp: network\n' });
    await until('the platform’s defaults are used', async () => (await used()).stp === 'network');
    assert.equal((await used()).shutdown, true);
    await naas.deleteConfigMap('interface-defaults');
    await webhooks.stop();
  });

  test('a forged or malformed annotation is denied and named', async () => {
    const webhooks = await naas.start();
    for (const text of ['{"stp":"portfast\\n!\\nusername evil"}', 'x', '{"vlan":1}']) {
      const forged = request('forged', free, { annotations: { 'network.as.a.service/defaults': text } });
      const { code, stderr } = await naas.as('tenant-a', ['create', '-f', '-'], forged);
      assert.equal(code, 1);
      assert.match(stderr, /metadata\.annotations\[network\.as\.a\.service\/defaults\]: Annotation/);
      assert.match(stderr, /InvalidDefaults/);
    }
    await webhooks.stop();
  });

  test('a request that is being deleted takes no change', async () => {
    const webhooks = await naas.start();
    const doomed = request('doomed', free, { finalizers: ['example.com/hold'] });
    assert.equal((await naas.as('tenant-a', ['create', '-f', '-'], doomed)).code, 0);
    assert.equal((await naas.as('tenant-a', ['delete', 'intf', 'doomed', '--wait=false'])).code, 0);
    const changed = await naas.as('tenant-a', [
      'patch',
      'intf',
      'doomed',
      '--type=merge',
      '-p',
      '{"spec":{"services":[{"devicename":"deviceA","ports":["2"],"vlan":10}]}}',
    ]);
    assert.equal(changed.code, 1);
    assert.match(changed.stderr, /BeingDeleted/);
    const freed = await naas.as('tenant-a', [
      'patch',
      'intf',
      'doomed',
      '--type=merge',
      '-p',
      '{"metadata":{"finalizers":null}}',
    ]);
    assert.equal(freed.code, 0, freed.stderr);
    await webhooks.stop();
  });

  test('owners can be hidden', async () => {
    const webhooks = await naas.start({ environment: { NAAS_HIDE_OWNERS: 'true' } });
    const { code, stderr } = await naas.as(
      'tenant-a',
      ['create', '-f', '-'],
      request('hidden', [{ devicename: 'deviceA', ports: ['1'], vlan: 10 }]),
    );
    assert.equal(code, 1);
    assert.match(stderr, /: Port 1@deviceA is owned by a different tenant\n/);
    assert.doesNotMatch(stderr, /tenant-b|request-001/);
    await webhooks.stop();
  });
});

test(
  'S-42 certificates and authorities are replaced every second without losing a request',
  { timeout: 300_000 },
  async () => {
    const second = 1000;
    const hour = 3_600_000;
    await naas.admin('DELETE', '/api/v1/namespaces/naas-system/secrets/webhook-tls');
    const webhooks = await naas.start({
      // Everything is valid for hours, but replaced when it is a few seconds old.
      lifetimes: {
        ...{ authority: 2 * hour, authorityAhead: 2 * hour - 3 * second },
        ...{ leaf: hour, leafAhead: hour - 2 * second },
        ...{ overlap: second, backdate: hour },
      },
      certificateCheck: 250,
    });
    const bundle = async () =>
      (await configuration('validatingwebhookconfigurations')).webhooks[0].clientConfig.caBundle as string;
    const bundles = new Set<string>();
    for (let sent = 1; bundles.size < 4 || sent <= 50; sent++) {
      const { status, text } = await dryRun();
      assert.equal(status, 201, text);
      if (sent % 10 === 0) bundles.add(await bundle());
    }
    await webhooks.stop();
  },
);
