import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse } from 'yaml';
import type { Tenant } from '../../crds/types.gen.ts';
import { wantedLimits } from './limits.ts';

const tenant: Tenant = {
  apiVersion: 'network.as.a.service/v1',
  kind: 'Tenant',
  metadata: { name: 'tenant-c', uid: 'uid-1' },
  spec: {
    members: [{ kind: 'User', name: 'oidc:user@tenant-c.example', role: 'Editor' }],
    grants: [
      { vlans: ['100-199'], ports: ['1-5', 7], devices: ['deviceA'] },
      { groups: ['leafs'], ports: ['*'], vlans: [300], trunk: true, shared: true },
    ],
    maxPorts: 8,
  },
};
const text = (given: Tenant) =>
  wantedLimits(given, { ports: 3, devices: 1, requests: 2 }).data?.['limits.yaml'];

test('the limits of a tenant are text for people: limit, use and grants, not who else is a member', () => {
  assert.equal(
    text(tenant),
    `# Written by the platform; a change here changes nothing. What is not granted is denied.
# Without maxPorts there is no limit.
maxPorts: 8
usage:
  ports: 3
  devices: 1
  requests: 2
grants:
  - devices:
      - deviceA
    ports:
      - 1-5
      - 7
    vlans:
      - 100-199
  - groups:
      - leafs
    ports:
      - "*"
    vlans:
      - 300
    trunk: true
    shared: true
`,
  );
});

test('a tenant without limit and grants reads so', () => {
  assert.deepEqual(parse(text({ ...tenant, spec: {} }) ?? ''), {
    usage: { ports: 3, devices: 1, requests: 2 },
    grants: [],
  });
});
