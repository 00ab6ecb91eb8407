import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_JOB_SETTINGS } from './job-settings.ts';
import { apiNames, readSettings } from './settings.ts';

const IMAGE = { NAAS_IMAGE: 'naas' };

test('an image is all that must be said', () => {
  assert.deepEqual(readSettings(IMAGE), {
    image: 'naas',
    inventory: 'inventory',
    jobs: DEFAULT_JOB_SETTINGS,
    api: { host: '127.0.0.1', port: 0 },
  });
});

test('in a cluster the API listens everywhere and is called by the name of its Service', () => {
  const { api, inventory, jobs } = readSettings({
    ...IMAGE,
    NAAS_API_ADDRESS: '0.0.0.0:8443',
    NAAS_API_URL: 'https://configure.example.com:8443/',
    NAAS_INVENTORY_SECRET: 'switches',
    NAAS_JOB_SETTINGS: '{"priorityClassName": "p"}',
  });
  assert.deepEqual(api, { host: '0.0.0.0', port: 8443, url: 'https://configure.example.com:8443' });
  assert.equal(inventory, 'switches');
  assert.equal(jobs.priorityClassName, 'p');
  assert.deepEqual(apiNames(api, 'net'), [
    ...['localhost', 'scheduler', 'scheduler.net', 'scheduler.net.svc', 'scheduler.net.svc.cluster.local'],
    'configure.example.com',
  ]);
});

test('an address in the URL is a name of the certificate too', () => {
  const { api } = readSettings({ ...IMAGE, NAAS_API_URL: 'https://[2001:db8::1]:8443' });
  assert.ok(apiNames(api, 'n').includes('2001:db8::1'));
});

describe('what is malformed is named', () => {
  const cases: [env: Record<string, string>, says: RegExp][] = [
    [{ NAAS_IMAGE: '' }, /NAAS_IMAGE must name the image/],
    [{ NAAS_API_ADDRESS: '8443' }, /"8443" must be host:port/],
    [{ NAAS_API_ADDRESS: '0.0.0.0:8443' }, /NAAS_API_URL must say where callers reach the API/],
    [{ NAAS_API_ADDRESS: ':8443' }, /NAAS_API_URL must say where callers reach the API/],
    [{ NAAS_API_URL: 'http://a' }, /NAAS_API_URL is "http:\/\/a", must be https/],
    [{ NAAS_API_URL: 'https://a/configure' }, /NAAS_API_URL is .* without a path/],
    [{ NAAS_API_CERT: '/tls.crt' }, /NAAS_API_CERT and NAAS_API_KEY .* set both or none/],
    [{ NAAS_API_KEY: '/tls.key' }, /NAAS_API_CERT and NAAS_API_KEY .* set both or none/],
    [{ NAAS_JOB_SETTINGS: '{"a": 1}' }, /NAAS_JOB_SETTINGS: a is not known/],
  ];
  for (const [env, says] of cases) {
    test(JSON.stringify(env), () => assert.throws(() => readSettings({ ...IMAGE, ...env }), says));
  }
});
