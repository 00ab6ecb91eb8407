import assert from 'node:assert/strict';
import { test } from 'node:test';
import { settled } from '../../test/kube/virtual-clock.ts';
import { versionGate } from './version-gate.ts';

async function isOpen(promise: Promise<void>): Promise<boolean> {
  let open = false;
  promise.then(
    () => (open = true),
    () => {},
  );
  await settled();
  return open;
}

test('versions are compared as integers, beyond what a double can hold', async () => {
  const gate = versionGate();
  gate.advance('9007199254740992');
  assert.equal(await isOpen(gate.reached('9007199254740992')), true);
  assert.equal(await isOpen(gate.reached('9007199254740993')), false);
  assert.equal(await isOpen(gate.reached('999')), true, 'not compared as text');
});

test('who waits goes on at the first version that is as new', async () => {
  const gate = versionGate();
  const wait = gate.reached('100');
  gate.advance('99');
  assert.equal(await isOpen(wait), false);
  gate.advance('101');
  assert.equal(await isOpen(wait), true);
});

test('an older version does not close the gate again, a list does', async () => {
  const gate = versionGate();
  gate.advance('100');
  gate.advance('50');
  assert.equal(await isOpen(gate.reached('100')), true);
  gate.reset('60');
  assert.equal(await isOpen(gate.reached('100')), false);
});

test('waiting ends with the signal, and with the informer', async () => {
  const gate = versionGate();
  const abort = new AbortController();
  const aborted = gate.reached('1', abort.signal);
  const failed = gate.reached('1');
  abort.abort(new Error('took too long'));
  gate.fail(new Error('stopped'));
  await assert.rejects(aborted, /took too long/);
  await assert.rejects(failed, /stopped/);
});

test('what is no version is refused, not waited for', async () => {
  await assert.rejects(versionGate().reached(''), /must be an integer/);
});
