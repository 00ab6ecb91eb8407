import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { turns } from './turns.ts';

/** Turns whose wakes are noted. */
function line() {
  const woken: string[] = [];
  const { enter, waits, leave } = turns();
  return {
    woken,
    waits,
    leave,
    enter: (key: string, ...devices: string[]) => enter(key, devices, () => woken.push(key)),
  };
}

test('work on other devices goes on while a device is busy', () => {
  const { enter, waits } = line();
  assert.equal(enter('first', 'a', 'b'), true);
  assert.equal(enter('second', 'b'), false);
  assert.equal(enter('third', 'c'), true);
  assert.equal(waits('second'), true);
  assert.equal(waits('third'), false);
});

test('who waits is woken in the order of asking, one at a time', () => {
  const { enter, leave, woken } = line();
  for (const key of ['first', 'second', 'third']) enter(key, 'a');
  leave('first');
  assert.deepEqual(woken, ['second']);
  assert.equal(enter('second', 'a'), true);
  leave('second');
  assert.deepEqual(woken, ['second', 'third']);
});

test('who needs two devices waits for both, and nobody overtakes it on one of them', () => {
  const { enter, leave, woken } = line();
  enter('on-a', 'a');
  enter('on-b', 'b');
  assert.equal(enter('both', 'a', 'b'), false);
  assert.equal(enter('late', 'b'), false);
  leave('on-b');
  assert.deepEqual(woken, []);
  leave('on-a');
  assert.deepEqual(woken, ['both']);
  leave('both');
  assert.deepEqual(woken, ['both', 'late']);
});

test('who asks for fewer devices keeps its place, who asks for others loses it', () => {
  const { enter, leave, woken } = line();
  enter('first', 'a');
  enter('second', 'a', 'b');
  enter('third', 'a');
  assert.equal(enter('second', 'a'), false);
  assert.equal(enter('second', 'a', 'c'), false);
  leave('first');
  assert.deepEqual(woken, ['third']);
});

test('who gives up in line holds up nobody', () => {
  const { enter, leave, woken } = line();
  for (const key of ['first', 'second', 'third']) enter(key, 'a');
  leave('second');
  leave('first');
  assert.deepEqual(woken, ['third']);
});

test('whatever is asked for, everybody gets a turn, and never two on one device', () => {
  const wish = fc.tuple(
    fc.integer({ min: 0, max: 9 }).map(String),
    fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }),
  );
  fc.assert(
    fc.property(fc.array(wish, { maxLength: 40 }), fc.infiniteStream(fc.nat()), (wishes, choice) => {
      const held = new Map<string, string>();
      const wants = new Map<string, string[]>();
      const { enter, waits, leave } = turns();
      const take = (key: string) => {
        const devices = wants.get(key) ?? [];
        if (!enter(key, devices, () => take(key))) return;
        for (const device of devices) {
          assert.equal(held.has(device), false);
          held.set(device, key);
        }
      };
      const holders = () => [...new Set(held.values())].sort();
      const end = (key: string) => {
        for (const device of wants.get(key) ?? []) held.delete(device);
        wants.delete(key);
        leave(key);
      };
      for (const [key, devices] of wishes) {
        if (wants.has(key)) continue;
        wants.set(key, devices);
        take(key);
        if (choice.next().value % 3 === 0) holders().slice(0, 1).forEach(end);
      }
      while (wants.size > 0) {
        const [key] = holders();
        assert.ok(key, `nobody has a turn, and these wait: ${[...wants.keys()].filter(waits).join()}`);
        end(key);
      }
    }),
  );
});
