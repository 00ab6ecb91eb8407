import assert from 'node:assert/strict';
import { test } from 'node:test';
import { held, platform, request, succeed } from './platform.ts';

const naas = await platform();
await naas.setLedger('devicea', held('tenant-a', 'request-001', [11, 12, 13, 15, 16]));
await naas.setLedger('deviceb', held('tenant-a', 'request-001', [1, 11]));
await naas.start();

test('a permitted request is stored expanded and complete', async () => {
  const services = [{ devicename: 'deviceA', ports: ['20-22', 7], vlan: 10, trunk: true }];
  const applied = await naas.as('tenant-b', ['apply', '-f', '-'], request('free', services));
  assert.equal(applied.stderr.includes('error'), false, applied.stderr);
  assert.equal(applied.code, 0, applied.stderr);
  const path = '/apis/network.as.a.service/v1/namespaces/tenant-b/interfaces/free';
  const { body } = succeed(await naas.admin('GET', path));
  assert.deepEqual(body.spec.services, [
    {
      devicename: 'deviceA',
      ports: ['7', '20', '21', '22'],
      vlan: 10,
      trunk: true,
      shutdown: true,
      stp: 'portfast',
    },
  ]);
  assert.equal(
    body.metadata.annotations['network.as.a.service/defaults'],
    '{"trunk":false,"shutdown":true,"stp":"portfast"}',
  );
});

test('a request for ports of another tenant is denied and kubectl names each port', async () => {
  const services = [
    { devicename: 'deviceA', ports: ['11-13', '15', '16'], vlan: 1010, trunk: true },
    { devicename: 'deviceB', ports: [1, 11, 12], vlan: 33 },
  ];
  const denied = await naas.as('tenant-b', ['apply', '-f', '-'], request('request-002', services));
  assert.equal(denied.code, 1);
  console.log(denied.stderr, denied.stdout);
  for (const port of [
    '11@deviceA',
    '12@deviceA',
    '13@deviceA',
    '15@deviceA',
    '16@deviceA',
    '1@deviceB',
    '11@deviceB',
  ]) {
    const text = `Port ${port} is owned by a different tenant: tenant-a (request request-001)`;
    assert.ok(denied.stderr.includes(text), `${text} is not in ${denied.stderr}`);
  }
  assert.ok(!denied.stderr.includes('12@deviceB'));
});
