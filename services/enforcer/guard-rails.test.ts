import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Confirmed } from '../../crds/types.gen.ts';
import { guardRails } from './guard-rails.ts';
import type { GuardedChange } from './guard-rails.ts';

const claim = {
  vlan: 1,
  trunk: false,
  shutdown: false,
  stp: 'normal',
  description: 'd',
  namespace: 'a',
  owner: 'r',
  generation: 1,
} as const;
const confirmed: Confirmed = { '1': { ...claim, uid: 'u1' }, '2': { ...claim, uid: 'u2' } };
const ledger = {
  '2': {
    ...claim,
    annotations: { namespace: 'a', owner: 'r', uid: 'u2', generation: 1, timestamp: 't', since: 0 },
  },
};
const ports = Array.from({ length: 20 }, (_, index) => String(index + 1));

function cleared(...numbers: string[]): GuardedChange['changes'] {
  return numbers.map((port) => ({
    header: `interface Ethernet${port}`,
    before: ['   description d'],
    after: ['   shutdown'],
  }));
}

function change(more: Partial<GuardedChange>): GuardedChange {
  return {
    changes: [],
    lostAccess: [],
    portOf: (header) => /^interface Ethernet(\d+)$/.exec(header)?.[1],
    ports,
    ownedByBase: ['20'],
    ledger,
    confirmed,
    adopted: false,
    drifted: false,
    ...more,
  };
}

const CASES: { name: string; change: Partial<GuardedChange>; refused: RegExp | undefined }[] = [
  { name: 'nothing', change: {}, refused: undefined },
  { name: 'lost access', change: { lostAccess: ['user x would go'] }, refused: /lock itself out: user x/ },
  {
    name: 'lost access at adoption',
    change: { lostAccess: ['it'], adopted: true },
    refused: /lock itself out/,
  },
  { name: 'a released port', change: { changes: cleared('1') }, refused: undefined },
  { name: 'two unexplained ports of 20', change: { changes: cleared('2', '3') }, refused: undefined },
  {
    name: 'three unexplained ports of 20',
    change: { changes: cleared('2', '3', '4') },
    refused: /3 ports .*2-4/,
  },
  { name: 'released ones do not count', change: { changes: cleared('1', '2', '3') }, refused: undefined },
  { name: 'all at adoption', change: { changes: cleared(...ports), adopted: true }, refused: undefined },
  { name: 'an uplink', change: { changes: cleared('20') }, refused: /Uplink .*20/ },
  { name: 'an uplink that drifted', change: { changes: cleared('20'), drifted: true }, refused: undefined },
  {
    name: 'a port that was only shut down before',
    change: {
      changes: ['5', '6', '7', '8'].map((port) => ({
        header: `interface Ethernet${port}`,
        before: ['   shutdown'],
        after: undefined,
      })),
    },
    refused: undefined,
  },
];

for (const { name, change: more, refused } of CASES) {
  test(`guard rails: ${name} is ${refused === undefined ? 'let through' : 'refused'}`, () => {
    const found = guardRails(change(more));
    if (refused === undefined) assert.equal(found, undefined);
    else assert.match(found ?? '', refused);
  });
}
