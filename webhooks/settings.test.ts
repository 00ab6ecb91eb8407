import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readSettings } from './settings.ts';

test('in a cluster the Service is called', () => {
  assert.deepEqual(readSettings({}, 'naas-system'), {
    ...{ host: '0.0.0.0', port: 9443, expandInPlace: true, certificates: 'self-made' },
    names: ['webhooks.naas-system.svc', 'webhooks.naas-system', 'webhooks.naas-system.svc.cluster.local'],
    policy: { hideOwners: false, requireTenant: false },
  });
});

test('with a URL any free port of the loopback will do', () => {
  const { host, port, url, names } = readSettings({ NAAS_WEBHOOK_URL: 'https://127.0.0.1:0' }, 'n');
  assert.deepEqual({ host, port, url }, { host: '127.0.0.1', port: 0, url: 'https://127.0.0.1:0' });
  assert.ok(names.includes('127.0.0.1'));
  assert.ok(readSettings({ NAAS_WEBHOOK_URL: 'https://[::1]:1' }, 'n').names.includes('::1'));
});

test('each setting is read', () => {
  const settings = readSettings(
    {
      ...{ NAAS_WEBHOOK_ADDRESS: '[::]:8443', NAAS_EXPAND_IN_PLACE: 'false', NAAS_CERTIFICATES: 'given' },
      ...{ NAAS_HIDE_OWNERS: 'true', NAAS_REQUIRE_TENANT: 'true' },
    },
    'network',
  );
  assert.equal(settings.certificates, 'given');
  assert.equal(settings.names[0], 'webhooks.network.svc');
  assert.equal(settings.host, '::');
  assert.equal(settings.port, 8443);
  assert.equal(settings.expandInPlace, false);
  assert.deepEqual(settings.policy, { hideOwners: true, requireTenant: true });
});

describe('what is malformed is named', () => {
  const cases: [name: string, text: string][] = [
    ['NAAS_WEBHOOK_ADDRESS', '9443'],
    ['NAAS_WEBHOOK_ADDRESS', 'localhost'],
    ['NAAS_WEBHOOK_ADDRESS', 'localhost:70000'],
    ['NAAS_WEBHOOK_ADDRESS', ':9443'],
    ['NAAS_WEBHOOK_URL', 'http://127.0.0.1:1'],
    ['NAAS_WEBHOOK_URL', '127.0.0.1:1'],
    ['NAAS_WEBHOOK_URL', 'https://127.0.0.1:1/path'],
    ['NAAS_WEBHOOK_URL', 'https://user@127.0.0.1:1'],
    ['NAAS_HIDE_OWNERS', 'yes'],
    ['NAAS_REQUIRE_TENANT', 'True'],
    ['NAAS_EXPAND_IN_PLACE', '0'],
    ['NAAS_CERTIFICATES', 'cert-manager'],
  ];
  for (const [name, text] of cases) {
    test(`${name}=${text}`, () => {
      assert.throws(() => readSettings({ [name]: text }, 'n'), new RegExp(`^Error: ${name} is "`));
    });
  }
});
