import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { DueRequest } from '../../lib/ledger/due.ts';
import type { Owner } from '../../lib/render/candidate.ts';
import { blame } from './blame.ts';
import type { Refusal } from './blame.ts';

const included: DueRequest[] = ['u1', 'u2'].map((uid, index) => ({
  uid,
  owner: `r-${uid}`,
  namespace: 'a',
  generation: 1,
  ports: [String(index + 1)],
}));
const own = (uid: string): Owner => ({ kind: 'request', uid, port: '1' });
const base: Owner = { kind: 'base', model: 'generic' };
const lines = [
  { text: 'hostname x', owner: base },
  { text: 'interface Ethernet1', owner: own('u1') },
  { text: '   bad', owner: own('u1') },
  { text: 'interface Ethernet2', owner: own('u2') },
  { text: '   secret', owner: own('u2') },
  { text: 'interface Ethernet3', owner: own('confirmed') },
];
const at = (line: number): { line: number; message: string } => ({
  line,
  message: `% Invalid input at line ${line}`,
});

const CASES: { name: string; refusal: Refusal; culprits: string[] | 'unknown' }[] = [
  {
    name: 'sections that do not render blame each owner, once',
    refusal: {
      stage: 'render',
      failures: [own('u1'), own('u1'), own('u2')].map((owner) => ({ owner, message: 'm' })),
    },
    culprits: ['u1', 'u2'],
  },
  {
    name: 'a base section that does not render blames no request',
    refusal: { stage: 'render', failures: [{ owner: base, message: 'm' }] },
    culprits: 'unknown',
  },
  {
    name: 'bad lines blame the owner of the first one only',
    refusal: { stage: 'load', lines, problems: [at(5), at(3)] },
    culprits: ['u1'],
  },
  {
    name: 'a bad line of the base model blames no request',
    refusal: { stage: 'load', lines, problems: [at(1), at(3)] },
    culprits: 'unknown',
  },
  {
    name: 'a bad line of what was confirmed before blames no request let in',
    refusal: { stage: 'load', lines, problems: [at(6)] },
    culprits: 'unknown',
  },
  {
    name: 'a refusal without a line tells nothing',
    refusal: { stage: 'load', lines, problems: [{ message: '% Subnet overlaps' }] },
    culprits: 'unknown',
  },
  { name: 'a guard rail tells nothing', refusal: { stage: 'guard', message: 'm' }, culprits: 'unknown' },
];

for (const { name, refusal, culprits } of CASES) {
  test(name, () => {
    const verdict = blame(refusal, included);
    const found =
      verdict.blame === 'requests' ? verdict.culprits.map(({ request }) => request.uid) : 'unknown';
    assert.deepEqual(found, culprits);
  });
}

test("a tenant is told the switch's words for its own lines only", () => {
  const verdict = blame({ stage: 'load', lines, problems: [at(3), at(5)] }, included);
  assert.equal(verdict.blame, 'requests');
  assert.equal(
    verdict.blame === 'requests' && verdict.culprits[0]?.message,
    '"bad" % Invalid input at line 3',
  );
});
