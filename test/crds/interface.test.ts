import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiServer } from '../support/api-server.ts';
import { kubectl } from '../support/kubectl.ts';
import { assertRefused, interfaceApi, request } from './interface-api.ts';
import { ACCEPTED, REFUSED } from './interface-cases.ts';
import { securityCases } from './interface-security.ts';
import { statusCases } from './interface-status.ts';

const controlPlane = await apiServer({ controllerManager: false });
const api = await interfaceApi(controlPlane);
const { dryRun } = api;

describe('the schema of Interface takes', () => {
  for (const { name, service } of ACCEPTED) {
    it(name, async () => {
      const { status, body } = await dryRun(request('accepted', service));
      assert.equal(status, 201, body.message);
      assert.deepEqual(body.spec, request('accepted', service).spec);
    });
  }

  it('64 entries', async () => {
    const { status, body } = await dryRun(request('accepted', ...Array.from({ length: 64 }, () => ({}))));
    assert.equal(status, 201, body.message);
  });

  it('a name of 63 characters', async () => {
    assert.equal((await dryRun(request('n'.repeat(63), {}))).status, 201);
  });

  it('unquoted 11-13 as text and 15 as a number, as kubectl reads them', async () => {
    const yaml = `
apiVersion: network.as.a.service/v1
kind: Interface
metadata: { name: unquoted }
spec:
  services:
    - devicename: deviceA
      ports: [11-13,15,16]
      vlan: 1010
      trunk: true
    - devicename: deviceB
      ports:
        - 1
        - 11
        - 49/1-4
      vlan: 33
`;
    const { code, stdout, stderr } = await kubectl(
      controlPlane.kubeconfig,
      ['apply', '--dry-run=server', '--output=json', '-f', '-'],
      yaml,
    );
    assert.equal(code, 0, stderr);
    const ports = JSON.parse(stdout).spec.services.map((service: { ports: unknown }) => service.ports);
    assert.deepEqual(ports, [
      ['11-13', 15, 16],
      [1, 11, '49/1-4'],
    ]);
  });
});

describe('the schema of Interface refuses', () => {
  for (const { name, service, field, message } of REFUSED) {
    it(name, async () => {
      assertRefused(await dryRun(request('refused', service)), `spec.services[0]${field}`, message);
    });
  }

  it('a body without spec', async () => {
    const { spec, ...rest } = request('refused', {});
    assertRefused(await dryRun(rest), 'spec', 'Required value');
    assert.equal(spec.services.length, 1);
  });

  it('an empty list of services', async () => {
    assertRefused(await dryRun(request('refused')), 'spec.services', 'at least 1 items');
  });

  it('65 entries', async () => {
    const body = request('refused', ...Array.from({ length: 65 }, () => ({})));
    assertRefused(await dryRun(body), 'spec.services', 'Too many');
  });

  it('a name of 64 characters', async () => {
    const { status, body } = await dryRun(request('n'.repeat(64), {}));
    assert.equal(status, 422);
    assert.match(body.message, /metadata\.name must have at most 63 characters/);
  });

  it('a bad entry among good ones, which the field names', async () => {
    assertRefused(await dryRun(request('refused', {}, {}, { vlan: 4095 })), 'spec.services[2].vlan', '4094');
  });

  it('what kubectl apply sends, in words that name the field', async () => {
    const { code, stderr } = await kubectl(
      controlPlane.kubeconfig,
      ['apply', '-f', '-'],
      JSON.stringify(request('refused', { ports: ['5to9'], vlan: 5000 })),
    );
    assert.equal(code, 1);
    assert.match(stderr, /The Interface "refused" is invalid/);
    assert.match(stderr, /spec\.services\[0\]\.ports\[0\]: Invalid value: "5to9"/);
    assert.match(stderr, /spec\.services\[0\]\.vlan: Invalid value: 5000: .* less than or equal to 4094/);
  });
});

// In files of their own, but on the same API server: starting one takes longer than all of these.
securityCases(api);
statusCases(api);
