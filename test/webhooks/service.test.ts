import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { after, describe, test } from 'node:test';
import { until } from '../support/until.ts';
import { platform, request } from './platform.ts';

const ACCOUNT = 'system:serviceaccount:naas-system:webhooks';
const INTERFACES = '/apis/network.as.a.service/v1/namespaces/tenant-a/interfaces';
const naas = await platform();

describe('the webhooks as a process', () => {
  const lines: Record<string, unknown>[] = [];
  let end = async (): Promise<number> => 0;
  after(() => end());

  /** The first log line with this message. */
  const line = (message: string) =>
    until(`the line "${message}"`, () => lines.find(({ msg }) => msg === message));

  test('start, become ready, decide, log, tell metrics and stop', async () => {
    const kubeconfig = await naas.controlPlane.kubeconfigFor({
      name: ACCOUNT,
      groups: ['system:serviceaccounts', 'system:serviceaccounts:naas-system'],
    });
    const child = spawn(process.execPath, [new URL('../../webhooks/main.ts', import.meta.url).pathname], {
      env: {
        KUBECONFIG: kubeconfig,
        NAAS_WEBHOOK_URL: 'https://127.0.0.1:0',
        NAAS_HTTP_ADDRESS: '127.0.0.1:0',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    end = async () => {
      if (child.exitCode === null) {
        child.kill('SIGTERM');
        await once(child, 'exit');
      }
      return child.exitCode ?? -1;
    };
    createInterface(child.stdout).on('line', (text) =>
      lines.push(JSON.parse(text) as Record<string, unknown>),
    );
    const { address } = await line('Started health endpoints');
    const get = async (path: string) => {
      const answer = await fetch(`http://${String(address)}${path}`);
      return { status: answer.status, text: await answer.text() };
    };
    await until('ready', async () => (await get('/readyz')).status === 200);
    const probe = request('probe', [{ devicename: 'deviceA', ports: ['49'], vlan: 10 }]);
    // The API server learns of the address by watch.
    await until('a denial', async () => (await naas.admin('POST', INTERFACES, probe)).status === 422);
    const decision = await line('decision: denied');
    assert.equal(decision['user'], 'admin');
    assert.deepEqual(decision['reasons'], ['PortNotDelegable']);
    const { text } = await get('/metrics');
    assert.match(text, /controller_runtime_webhook_requests_total\{webhook="\/validate",code="200"\} [1-9]/);
    assert.match(text, /naas_webhook_certificate_end_seconds [1-9]/);
    for (const never of [
      'naas_webhook_unreadable_config_total{name="catalog"} 0',
      'naas_webhook_unreadable_config_total{name="interface-defaults"} 0',
      'controller_runtime_webhook_panics_total{webhook="/mutate"} 0',
      'controller_runtime_webhook_panics_total{webhook="/validate"} 0',
    ])
      assert.ok(text.includes(never), never);
    assert.match(
      text,
      /naas_webhook_configuration_writes_total\{kind="MutatingWebhookConfiguration"\} [0-9]/,
    );
    assert.doesNotMatch(JSON.stringify(lines), /PRIVATE KEY/);
    assert.equal(await end(), 0);
  });
});

test('S-56 the ServiceAccount may do what it needs and nothing else', async () => {
  const may = async (verb: string, group: string, resource: string, name = '', namespace = 'naas-system') => {
    const { body } = await naas.admin('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { user: ACCOUNT, resourceAttributes: { verb, group, resource, name, namespace } },
    });
    return body.status.allowed === true;
  };
  const naasGroup = 'network.as.a.service';
  const admission = 'admissionregistration.k8s.io';
  const allowed: [string, string, string, string?][] = [
    ['watch', naasGroup, 'devices'],
    ['watch', '', 'configmaps', 'catalog'],
    ['update', '', 'secrets', 'webhook-tls'],
    ['update', admission, 'validatingwebhookconfigurations', 'interfaces.network.as.a.service'],
  ];
  for (const [verb, group, resource, name] of allowed) {
    assert.ok(await may(verb, group, resource, name), `${verb} ${resource} ${name}`);
  }
  const refused: [string, string, string, string?, string?][] = [
    ['update', naasGroup, 'devices', 'devicea'],
    ['get', naasGroup, 'interfaces', 'x', 'tenant-a'],
    ['list', '', 'configmaps'],
    ['get', '', 'configmaps', 'catalog', 'tenant-a'],
    ['update', '', 'configmaps', 'catalog'],
    ['get', '', 'secrets', 'inventory'],
    ['list', '', 'secrets'],
    ['create', '', 'secrets', '', 'tenant-a'],
    ['delete', admission, 'validatingwebhookconfigurations', 'interfaces.network.as.a.service'],
    ['update', admission, 'validatingwebhookconfigurations', 'other'],
    ['create', admission, 'validatingwebhookconfigurations'],
    ['impersonate', '', 'users'],
  ];
  for (const [verb, group, resource, name, namespace] of refused) {
    assert.ok(!(await may(verb, group, resource, name, namespace)), `${verb} ${resource} ${name}`);
  }
});

test('S-32 tenants can touch neither the configurations nor the certificates', async () => {
  for (const args of [
    ['delete', 'validatingwebhookconfiguration', 'interfaces.network.as.a.service'],
    ['get', 'secret', 'webhook-tls', '-n', 'naas-system'],
    ['get', 'configmap', 'catalog', '-n', 'naas-system'],
    ['patch', 'crd', 'interfaces.network.as.a.service', '--type=merge', '-p', '{}'],
  ]) {
    const { code, stderr } = await naas.as('tenant-a', args);
    assert.equal(code, 1);
    assert.match(stderr, /Forbidden/);
  }
});
