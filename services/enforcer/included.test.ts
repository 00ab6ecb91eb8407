import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Held } from '../../crds/types.gen.ts';
import type { DueRequest } from '../../lib/ledger/due.ts';
import { HOLD_MS, included } from './included.ts';
import type { Surroundings } from './included.ts';

const since = Date.UTC(2026, 0, 1);
const request: DueRequest = { uid: 'u1', owner: 'r1', namespace: 'a', generation: 2, ports: ['1', '2'] };
const other: DueRequest = { uid: 'u2', owner: 'r2', namespace: 'b', generation: 1, ports: ['3'] };
const held: Held = {
  uid: 'u1',
  generation: 2,
  ports: '1-2',
  reason: 'Rejected',
  message: 'no',
  tries: 1,
  platform: 'P',
  serial: 'S',
  version: 'V',
  since: new Date(since).toISOString(),
};
const now: Surroundings = { platform: 'P', serial: 'S', version: 'V', now: since + 1000 };

const CASES: {
  name: string;
  hold?: Partial<Held>;
  now?: Partial<Surroundings>;
  asked?: boolean;
  in: boolean;
}[] = [
  { name: 'nothing changed', in: false },
  { name: 'asked by name', asked: true, in: true },
  { name: 'another generation of the request', hold: { generation: 1 }, in: true },
  { name: 'other ports on top', hold: { ports: '1' }, in: true },
  { name: 'another platform set', now: { platform: 'P2' }, in: true },
  { name: 'another switch', now: { serial: 'S2' }, in: true },
  { name: 'another release', now: { version: 'V2' }, in: true },
  { name: 'serial not known now', now: { serial: undefined }, in: false },
  { name: 'just before the hour', now: { now: since + HOLD_MS - 1 }, in: false },
  { name: 'after an hour', now: { now: since + HOLD_MS }, in: true },
  { name: 'before its own time', hold: { retryAt: new Date(since + 5000).toISOString() }, in: false },
  { name: 'after its own time', hold: { retryAt: new Date(since + 500).toISOString() }, in: true },
  { name: 'the hold of somebody else', hold: { uid: 'u9' }, in: true },
];

for (const one of CASES) {
  test(`a held request is ${one.in ? 'let in' : 'kept out'}: ${one.name}`, () => {
    const found = included(
      [request, other],
      [{ ...held, ...one.hold }],
      { ...now, ...one.now },
      one.asked ?? false,
    );
    assert.deepEqual(found, one.in ? [request, other] : [other]);
  });
}
