import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hashOf, MAX_PEOPLE, readRecord, withChanges, writeRecord } from './people-record.ts';

const ANN = hashOf('oidc:ann@tenant-a.example');
const SUB_1 = hashOf('1');
const SUB_2 = hashOf('2');

test('what is written is read again; lines that somebody broke are left out', () => {
  const record = new Map([
    [ANN, SUB_1],
    [SUB_2, SUB_1],
  ]);
  const text = writeRecord(record);
  assert.deepEqual([...readRecord(text)], [...record]);
  assert.deepEqual([...readRecord(`x\n${ANN}\n\n${ANN} short\n${text}`)], [...record]);
  assert.deepEqual([...readRecord('')], []);
});

test('neither names nor subjects are in it', () => {
  assert.doesNotMatch(writeRecord(new Map([[ANN, SUB_1]])), /ann|tenant|@/);
  assert.notEqual(hashOf('oidc:ann@tenant-a.example'), hashOf('oidc:Ann@tenant-a.example'));
});

test('a change takes the place of what was; of too many, those that changed longest ago go', () => {
  const full = new Map(Array.from({ length: MAX_PEOPLE }, (_, at) => [hashOf(`name ${at}`), SUB_1]));
  const changed = withChanges(full, new Map([[hashOf('name 0'), SUB_2]]));
  assert.equal(changed.size, MAX_PEOPLE);
  assert.equal(changed.get(hashOf('name 0')), SUB_2);
  const more = withChanges(changed, new Map([[ANN, SUB_1]]));
  assert.equal(more.size, MAX_PEOPLE);
  assert.deepEqual(
    [ANN, hashOf('name 0'), hashOf('name 1')].map((name) => more.get(name)),
    [SUB_1, SUB_2, undefined],
  );
  // A Secret holds 1 MiB, in base64.
  assert.ok((writeRecord(more).length * 4) / 3 < 400_000);
});
