import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { readDecision } from './decision.ts';

const DENIAL = {
  reason: 'PortUnknown',
  field: 'spec',
  message: 'Port 9@d does not exist',
  device: 'd',
  port: '9',
};
const WARNING = { reason: 'PortTakeOver', device: 'd', port: '1', request: 'r' };
const result = (document: unknown) => [{ result: document }];

test('a permission with its warnings, joined by device and request', () => {
  const warnings = [WARNING, { ...WARNING, port: '2' }, { ...WARNING, request: 'other' }];
  assert.deepEqual(readDecision(result({ allow: true, denials: [], warnings })), {
    allow: true,
    warnings: [
      { reason: 'PortTakeOver', device: 'd', ports: ['1', '2'], request: 'r' },
      { reason: 'PortTakeOver', device: 'd', ports: ['1'], request: 'other' },
    ],
  });
});

test('a denial', () => {
  assert.deepEqual(readDecision(result({ allow: false, denials: [DENIAL], warnings: [] })), {
    allow: false,
    denials: [DENIAL],
  });
});

describe('S-05 anything but a well-formed decision is an error', () => {
  const good = { allow: true, denials: [], warnings: [] };
  const cases: [what: string, value: unknown][] = [
    ['undefined', undefined],
    ['no result set', []],
    ['two result sets', [...result(good), ...result(good)]],
    ['no result', [{}]],
    ['null', result(null)],
    ['true', result(true)],
    ['a list', result([good])],
    ['no allow', result({ denials: [], warnings: [] })],
    ['allow as text', result({ ...good, allow: 'true' })],
    ['allow as number', result({ ...good, allow: 1 })],
    ['no denials', result({ allow: true, warnings: [] })],
    ['denials as object', result({ ...good, denials: {} })],
    ['no warnings', result({ allow: true, denials: [] })],
    ['allowed and denied', result({ ...good, denials: [DENIAL] })],
    ['denied without a reason', result({ ...good, allow: false })],
    ['a denial that is text', result({ ...good, allow: false, denials: ['no'] })],
    ['an unknown reason', result({ ...good, allow: false, denials: [{ ...DENIAL, reason: 'Because' }] })],
    ['a denial without message', result({ ...good, allow: false, denials: [{ ...DENIAL, message: '' }] })],
    ['a denial without field', result({ ...good, allow: false, denials: [{ ...DENIAL, field: 7 }] })],
    ['a warning of another kind', result({ ...good, warnings: [{ ...WARNING, reason: 'X' }] })],
    ['a warning without port', result({ ...good, warnings: [{ ...WARNING, port: 1 }] })],
    [
      'more than can be',
      result({ ...good, allow: false, denials: Array.from({ length: 10_000 }, () => DENIAL) }),
    ],
  ];
  for (const [what, value] of cases) {
    test(what, () => {
      assert.throws(() => readDecision(value), Error);
    });
  }
});
