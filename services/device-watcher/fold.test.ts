import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parse } from 'yaml';
import type { Device, Ledger, PortEntry } from '../../crds/types.gen.ts';
import { decide, type Decision, type StoredModel } from './decide.ts';
import { EMPTY_MODEL, fold, modelText } from './fold.ts';

function entry(description = 'request-001'): PortEntry {
  return {
    ...{ vlan: 10, trunk: true, shutdown: true, stp: 'portfast', vlans: '20-30', nativeVlan: 5, description },
    annotations: {
      ...{ namespace: 'tenant-a', owner: 'request-001', uid: 'u1', generation: 3 },
      ...{ timestamp: '2026-01-01T00:00:00.000Z', since: 4 },
    },
    others: [
      {
        ...{
          vlan: 99,
          trunk: false,
          shutdown: true,
          stp: 'normal',
          description: 'shadowed',
          owner: 'request-000',
        },
        ...{ uid: 'u0', generation: 1, timestamp: '2025-01-01T00:00:00.000Z' },
      },
    ],
  };
}

const reservedOnly: PortEntry = {
  annotations: { namespace: 'tenant-b' },
  others: [
    {
      ...{ vlan: 7, trunk: false, shutdown: true, stp: 'normal', description: 'x', owner: 'x' },
      uid: 'u2',
      generation: 1,
      attempt: 0,
    },
  ],
};

test('a model shows the claim on top of each port and nothing else', () => {
  assert.equal(
    modelText({ '20': reservedOnly, '49/1': entry(), '7': entry('011') }),
    `"7":
  vlan: 10
  trunk: true
  shutdown: true
  stp: portfast
  vlans: 20-30
  nativeVlan: 5
  description: "011"
  annotations:
    namespace: tenant-a
    owner: request-001
    uid: u1
    generation: 3
    timestamp: 2026-01-01T00:00:00.000Z
    since: 4
49/1:
  vlan: 10
  trunk: true
  shutdown: true
  stp: portfast
  vlans: 20-30
  nativeVlan: 5
  description: request-001
  annotations:
    namespace: tenant-a
    owner: request-001
    uid: u1
    generation: 3
    timestamp: 2026-01-01T00:00:00.000Z
    since: 4
`,
  );
});

test('S-02 whatever a description holds, a model reads back as the ledger had it', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (description) => {
      const text = modelText({ '1': entry(description) });
      const read = parse(text) as Record<string, { description: string }>;
      assert.equal(read['1']?.description, description);
      assert.deepEqual(Object.keys(read), ['1']);
    }),
    { numRuns: 300 },
  );
});

test('the same ledger gives the same text, in whatever order its ports came', () => {
  const ports = ['1', '2', '10', '49/1', '49/2', '7'];
  const ledger = (order: readonly string[]): Ledger =>
    Object.fromEntries(order.map((port) => [port, entry()]));
  const text = modelText(ledger(ports));
  fc.assert(
    fc.property(fc.shuffledSubarray(ports, { minLength: ports.length }), (order) => {
      assert.equal(modelText(ledger(order)), text);
    }),
    { numRuns: 30 },
  );
});

function device(changes: Partial<Device['metadata']> = {}, spec: Ledger = { '1': entry() }): Device {
  return {
    apiVersion: 'v1',
    kind: 'Device',
    metadata: { name: 'a', uid: 'd', generation: 5, ...changes },
    spec,
  };
}

function stored(of: Device, labels: Record<string, string> = {}): StoredModel {
  const model = fold(of);
  return {
    metadata: { labels: { ...model.labels, ...labels }, annotations: model.annotations },
    data: model.data,
  };
}

const foreign: StoredModel = { metadata: { labels: { app: 'naas', type: 'model' } }, data: {} };
const empty = stored(device({}, {}));
assert.equal(empty.data?.['structured-config'], EMPTY_MODEL);

const cases: {
  name: string;
  device?: Device;
  stored?: StoredModel;
  fresh: boolean;
  expected: Decision['do'];
}[] = [
  { name: 'a new Device, known from a read', device: device(), fresh: true, expected: 'create' },
  {
    name: 'a new Device, known from a cache that may lag',
    device: device(),
    fresh: false,
    expected: 'look-again',
  },
  {
    name: 'a model that is as it should be',
    device: device(),
    stored: stored(device()),
    fresh: false,
    expected: 'nothing',
  },
  {
    name: 'R11: the next generation, with the same ports',
    device: device({ generation: 6 }),
    stored: stored(device()),
    fresh: false,
    expected: 'replace',
  },
  {
    name: 'R11: an older generation in the cache',
    device: device({ generation: 4 }),
    stored: stored(device()),
    fresh: false,
    expected: 'look-again',
  },
  {
    name: 'a model newer than the Device itself',
    device: device({ generation: 4 }),
    stored: stored(device()),
    fresh: true,
    expected: 'replace',
  },
  {
    name: 'R11: another Device in the cache',
    device: device({ uid: 'e' }),
    stored: stored(device()),
    fresh: false,
    expected: 'look-again',
  },
  {
    name: 'another Device, read',
    device: device({ uid: 'e', generation: 1 }),
    stored: stored(device()),
    fresh: true,
    expected: 'replace',
  },
  {
    name: 'R10: a Device that is rebuilding',
    device: device({ uid: 'e', annotations: { 'network.as.a.service/rebuilding': 'true' } }),
    stored: stored(device()),
    fresh: true,
    expected: 'nothing',
  },
  {
    name: 'a model somebody edited',
    device: device(),
    stored: { ...stored(device()), data: { 'structured-config': '{}' } },
    fresh: false,
    expected: 'replace',
  },
  {
    name: 'a model somebody added to',
    device: device(),
    stored: { ...stored(device()), data: { ...stored(device()).data, more: '' } },
    fresh: false,
    expected: 'replace',
  },
  {
    name: 'a label somebody added',
    device: device(),
    stored: stored(device(), { mine: 'x' }),
    fresh: false,
    expected: 'nothing',
  },
  {
    name: 'a model without a generation',
    device: device(),
    stored: { metadata: { labels: { 'app.kubernetes.io/managed-by': 'device-watcher' } } },
    fresh: false,
    expected: 'look-again',
  },
  { name: 'an empty model of a Device that is gone', stored: empty, fresh: true, expected: 'delete' },
  {
    name: 'an empty model of a Device that the cache lacks',
    stored: empty,
    fresh: false,
    expected: 'look-again',
  },
  {
    name: 'a model with ports of a Device that is gone',
    stored: stored(device()),
    fresh: true,
    expected: 'nothing',
  },
  { name: 'nothing at all', fresh: true, expected: 'nothing' },
  {
    name: 'S-15 a ConfigMap of somebody else',
    device: device(),
    stored: foreign,
    fresh: false,
    expected: 'refuse',
  },
  {
    name: 'S-15 a ConfigMap of somebody else, while rebuilding',
    device: device({ annotations: { 'network.as.a.service/rebuilding': 'true' } }),
    stored: foreign,
    fresh: true,
    expected: 'refuse',
  },
  {
    name: 'S-15 a ConfigMap of somebody else, without a Device',
    stored: foreign,
    fresh: true,
    expected: 'refuse',
  },
];

for (const one of cases) {
  test(`what becomes of a model: ${one.name}`, () => {
    assert.equal(decide(one.device, one.stored, one.fresh).do, one.expected);
  });
}

test('a reservation changes nothing that a model shows, its activation does', () => {
  const reserved = device({ generation: 6 }, { '1': entry(), '2': reservedOnly });
  const active = device({ generation: 7 }, { '1': entry(), '2': entry('request-002') });
  const samePorts = (next: Device) => {
    const decision = decide(next, stored(device()), false);
    return decision.do === 'replace' && decision.samePorts;
  };
  assert.equal(samePorts(reserved), true);
  assert.equal(samePorts(active), false);
});
