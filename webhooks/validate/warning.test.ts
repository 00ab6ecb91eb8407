import assert from 'node:assert/strict';
import { test } from 'node:test';
import { warningTexts } from './warning.ts';
import type { Warning } from './warning.ts';

test('each kind of warning says what happens and what to do', () => {
  const warnings: Warning[] = [
    { reason: 'PortTakeOver', device: 'deviceA', ports: ['1', '2', '4'], request: 'request-001' },
    { reason: 'DefaultShutdown', device: 'deviceB', ports: ['1'] },
    { reason: 'DeviceUnreachable', device: 'deviceB', ports: ['1'] },
  ];
  assert.deepEqual(warningTexts(warnings), [
    'PortTakeOver: ports 1-2,4@deviceA pass from your request request-001 to this one',
    'DefaultShutdown: ports 1@deviceB will be down: set shutdown: false to use',
    'DeviceUnreachable: deviceB does not answer now, the change waits for it',
  ]);
});

test('at most 10 of at most 120 characters, whatever they are about', () => {
  const long = 'x'.repeat(63);
  const ports = Array.from({ length: 2000 }, (_, i) => String(i * 2));
  const warnings: Warning[] = Array.from({ length: 200 }, (_, i) => ({
    reason: (['PortTakeOver', 'DefaultShutdown', 'DeviceUnreachable'] as const)[i % 3] ?? 'PortTakeOver',
    device: `${i}${long}`.slice(0, 63),
    ports,
    request: long,
  }));
  const texts = warningTexts(warnings);
  assert.equal(texts.length, 10);
  for (const text of texts) assert.ok(text.length <= 120, text);
  assert.equal(texts.at(-1), 'and 191 more warnings');
});

test('the same is said once', () => {
  const warning: Warning = { reason: 'DeviceUnreachable', device: 'd', ports: [] };
  assert.equal(warningTexts([warning, warning]).length, 1);
  assert.deepEqual(warningTexts([]), []);
});
