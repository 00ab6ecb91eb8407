import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Device } from '../../crds/types.gen.ts';
import type { ConfigMap } from '../../lib/kube/resources.ts';
import { assemble } from './snapshot.ts';

const device: Device = {
  apiVersion: 'network.as.a.service/v1',
  kind: 'Device',
  metadata: { name: 'leaf', uid: 'U', generation: 7 },
  spec: {},
};

function model(annotations: Record<string, string>, text = '"1": {annotations: {namespace: a}}'): ConfigMap {
  return {
    metadata: {
      name: 'interfaces-leaf',
      labels: { app: 'naas', type: 'model', device: 'leaf' },
      annotations,
    },
    data: { 'structured-config': text },
  };
}
const of = (uid: string, generation: string): Record<string, string> => ({
  'network.as.a.service/device-uid': uid,
  'network.as.a.service/device-generation': generation,
});
const template: ConfigMap = { metadata: { name: 'interface.j2', labels: { app: 'naas', type: 'template' } } };
const imitation: ConfigMap = {
  ...model(of('U', '9')),
  metadata: { ...model(of('U', '9')).metadata, labels: { app: 'naas', type: 'model', device: 'other' } },
};

const BUSY: { name: string; device?: Device; maps: ConfigMap[] }[] = [
  { name: 'no model yet', maps: [template] },
  { name: 'the model of an earlier Device', maps: [model(of('V', '7'))] },
  { name: 'a model without generation', maps: [model({ 'network.as.a.service/device-uid': 'U' })] },
  { name: 'a model with a broken generation', maps: [model(of('U', '7x'))] },
  { name: 'a model that is a list', maps: [model(of('U', '7'), '[1]')] },
  { name: 'a model labelled for another device', maps: [imitation] },
  {
    name: 'a ledger that is being rebuilt (R10)',
    device: {
      ...device,
      metadata: { ...device.metadata, annotations: { 'network.as.a.service/rebuilding': 'true' } },
    },
    maps: [model(of('U', '7'))],
  },
];
for (const { name, device: other, maps } of BUSY) {
  test(`busy: ${name}`, () => assert.ok('busy' in assemble(other ?? device, maps)));
}

test('a model that lags its Device is pushed as it is', () => {
  const found = assemble(device, [model(of('U', '5')), template]);
  assert.ok('model' in found);
  assert.equal(found.model.generation, 5);
  assert.deepEqual(Object.keys(found.model.tops), ['1']);
  assert.deepEqual(found.templates, [template]);
});

test('an empty model is a model', () => {
  const found = assemble(device, [model(of('U', '7'), '{}')]);
  assert.deepEqual('model' in found && found.model.tops, {});
});
