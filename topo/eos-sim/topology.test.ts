import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { cleanConfig, loadText } from './running-config.ts';
import { readTopology } from './topology.ts';

const directory = mkdtempSync(join(tmpdir(), 'topology-'));
after(() => rmSync(directory, { recursive: true }));

test('the topology of the two switches has devicea and deviceb, 54 ports each, whose startup configurations load', () => {
  const nodes = readTopology(fileURLToPath(new URL('../two-switches.clab.yaml', import.meta.url)));
  assert.deepEqual(
    nodes.map(({ name, ports, version }) => ({ name, ports, version })),
    [
      { name: 'devicea', ports: 54, version: '4.35.0F' },
      { name: 'deviceb', ports: 54, version: '4.35.0F' },
    ],
  );
  for (const { ports, startupConfig } of nodes) {
    assert.deepEqual(loadText(cleanConfig({ ports }), { ports }, startupConfig ?? 'missing'), []);
  }
});

test('what is wrong in a topology is named', () => {
  const cases: [string, RegExp][] = [
    ['topology: {nodes: {}}', /topology\.nodes is empty/],
    ['topology: {nodes: {a: {kind: linux}}}', /topology\.nodes\.a\.kind: "linux" is not one of/],
    [
      'topology: {nodes: {a: {kind: ceos, labels: {eos-sim/ports: "0"}}}}',
      /eos-sim\/ports: must be a number/,
    ],
    ['topology: {nodes: {"../x": {kind: ceos}}}', /is no host name/],
    ['topology: []', /topology: must be a map/],
    ['topology: {nodes: {a: {kind: 1}}}', /topology\.nodes\.a\.kind: must be text/],
  ];
  for (const [text, expected] of cases) {
    const file = join(directory, 'bad.yaml');
    writeFileSync(file, text);
    assert.throws(() => readTopology(file), expected, text);
  }
});
