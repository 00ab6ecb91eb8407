import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { parseInventory } from '../../../lib/inventory/parse.ts';
import { deviceOfBootToken } from './boot-token.ts';
import { readConfigureBody } from './configure-body.ts';
import { rateLimit } from './rate-limit.ts';

const good: { body: unknown; devices: readonly string[] | 'all'; step: number | 'MAX' }[] = [
  { body: { devices: ['a'] }, devices: ['a'], step: 'MAX' },
  { body: { devices: ['deviceA', 'devicea', 'b'], step: 3 }, devices: ['devicea', 'b'], step: 3 },
  { body: { devices: ['all'], step: 'max' }, devices: 'all', step: 'MAX' },
  { body: { devices: ['a'], step: 1000 }, devices: ['a'], step: 1000 },
  { body: { devices: ['a'], step: 1 }, devices: ['a'], step: 1 },
];
for (const { body, devices, step } of good) {
  test(`S-47 taken: ${JSON.stringify(body)}`, () =>
    assert.deepEqual(readConfigureBody(body), { devices, step }));
}

const bad: { name: string; body: unknown; says: RegExp }[] = [
  ...[0, -1, 1.5, 1e9, 1001, 'abc', '5', '', null, true, [], {}, NaN].map((step) => ({
    name: `step ${JSON.stringify(step)}`,
    body: { devices: ['a'], step },
    says: /step must be a whole number from 1 to 1000, or "MAX"/,
  })),
  ...['all', 'devicea', 5, null, {}, undefined].map((devices) => ({
    name: `devices ${JSON.stringify(devices)}`,
    body: { devices },
    says: /devices must be a list of names/,
  })),
  { name: 'no devices', body: { devices: [] }, says: /it is empty/ },
  {
    name: 'a million devices',
    body: { devices: Array.from({ length: 1e6 }, () => 'a') },
    says: /1000000 names, at most 10000/,
  },
  { name: 'a number for a name', body: { devices: ['a', 7] }, says: /devices\[1\] must be text/ },
  { name: 'an empty name', body: { devices: [''] }, says: /devices\[0\]: "" cannot name a device/ },
  { name: 'a path for a name', body: { devices: ['../../secrets'] }, says: /cannot name a device/ },
  { name: 'a name with a line end', body: { devices: ['a\nb'] }, says: /"a\\nb" cannot name a device/ },
  { name: 'an endless name', body: { devices: ['a'.repeat(64)] }, says: /cannot name a device/ },
  { name: 'all beside names', body: { devices: ['all', 'a'] }, says: /"all" stands alone/ },
  { name: 'a list', body: ['a'], says: /must be a JSON object/ },
  { name: 'text', body: 'devices', says: /must be a JSON object/ },
  { name: 'nothing', body: null, says: /must be a JSON object/ },
  { name: 'another key', body: { devices: ['a'], force: true }, says: /"force" is not known/ },
];
for (const { name, body, says } of bad) {
  test(`S-47 refused: ${name}`, () => {
    const read = readConfigureBody(body);
    assert.ok('problem' in read);
    assert.match(read.problem, says);
  });
}

test('a boot token names its device, and only the whole token does', () => {
  const token = 'A'.repeat(43);
  const digest = createHash('sha256').update(token).digest('hex');
  const other = createHash('sha256').update('B'.repeat(43)).digest('hex');
  const host = (name: string, hash: string): string =>
    `${name}:\n  platform: eos\n  data: {naas: {ports: ["1"], bootToken: "${hash}"}}\n`;
  const inventory = parseInventory({ hosts: `${host('a', other)}${host('b', digest)}c: {platform: eos}\n` });
  assert.equal(deviceOfBootToken(token, inventory), 'b');
  for (const wrong of [
    '',
    'A'.repeat(42),
    `${'A'.repeat(43)}x`,
    digest,
    ' '.repeat(43),
    'A'.repeat(100_000),
  ]) {
    assert.equal(deviceOfBootToken(wrong, inventory), undefined, wrong.slice(0, 80));
  }
});

test('each caller has its own measure, which fills again with time', () => {
  let now = 0;
  const limit = rateLimit({ burst: 2, periodMs: 1000 }, () => now);
  assert.deepEqual([limit.take('a'), limit.take('a'), limit.take('a'), limit.take('b')], [0, 0, 1000, 0]);
  now = 600;
  assert.deepEqual([limit.look('a'), limit.take('a'), limit.look('c')], [400, 400, 0]);
  now = 1000;
  assert.deepEqual([limit.take('a'), limit.take('a')], [0, 1000]);
});
