import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lines } from './lines.ts';

test('who comes while another is at work is called in the order of coming, once', () => {
  const called: string[] = [];
  const subject = lines((key) => called.push(key));
  assert.equal(subject.enter('tenant-a', 'one'), true);
  assert.equal(subject.enter('tenant-a', 'two'), false);
  assert.equal(subject.enter('tenant-a', 'three'), false);
  assert.equal(subject.enter('tenant-a', 'two'), false);
  assert.equal(subject.enter('tenant-b', 'other'), true, 'lines have nothing to do with each other');
  assert.deepEqual(called, []);
  subject.leave('tenant-a', 'one');
  assert.deepEqual(called, ['two']);
  assert.equal(subject.enter('tenant-a', 'one'), false, 'the turn is kept for who was called');
  assert.equal(subject.enter('tenant-a', 'two'), true);
  subject.leave('tenant-a', 'two');
  subject.leave('tenant-a', 'three');
  subject.leave('tenant-a', 'one');
  assert.deepEqual(called, ['two', 'three', 'one']);
  assert.equal(subject.enter('tenant-a', 'four'), true);
});

test('who is called and has nothing to do any more passes the turn on', () => {
  const called: string[] = [];
  const subject = lines((key) => called.push(key));
  subject.enter('tenant-a', 'one');
  subject.enter('tenant-a', 'two');
  subject.enter('tenant-a', 'three');
  subject.leave('tenant-a', 'one');
  subject.leave('tenant-a', 'two');
  assert.deepEqual(called, ['two', 'three']);
});

test('who leaves without having the turn ends nobody else’s', () => {
  const called: string[] = [];
  const subject = lines((key) => called.push(key));
  subject.enter('tenant-a', 'one');
  subject.enter('tenant-a', 'two');
  subject.leave('tenant-a', 'two');
  subject.leave('tenant-a', 'stranger');
  assert.deepEqual(called, []);
  assert.equal(subject.enter('tenant-a', 'one'), true);
});
