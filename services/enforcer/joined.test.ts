import assert from 'node:assert/strict';
import { test } from 'node:test';

import { joined } from './joined.ts';

/** Reads that end when they are told to; each answers with its number. */
function reads() {
  const open: (() => void)[] = [];
  const begun: string[] = [];
  const read = (key: string): Promise<string> => {
    begun.push(key);
    const answer = `${key}${begun.length}`;
    return new Promise((resolve) => open.push(() => resolve(answer)));
  };
  return { read, begun, end: (index: number) => open[index]?.() };
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('who asks while a read is on its way gets the answer of the next one, all of them the same', async () => {
  const { read, begun, end } = reads();
  const ask = joined(read, (key: string) => key);
  const first = ask('a');
  const late = [ask('a'), ask('a')];
  assert.deepEqual(begun, ['a']);
  end(0);
  assert.equal(await first, 'a1');
  await turn();
  assert.deepEqual(begun, ['a', 'a']);
  const later = ask('a');
  end(1);
  assert.deepEqual(await Promise.all(late), ['a2', 'a2']);
  await turn();
  end(2);
  assert.equal(await later, 'a3');
});

test('different reads do not wait for each other', async () => {
  const { read, end } = reads();
  const ask = joined(read, (key: string) => key);
  const [a, b] = [ask('a'), ask('b')];
  end(1);
  assert.equal(await b, 'b2');
  end(0);
  assert.equal(await a, 'a1');
});

test('a read that fails fails for those who asked before it began, and no others', async () => {
  let tries = 0;
  const ask = joined(
    async () => {
      tries += 1;
      if (tries === 1) throw new Error('away');
      return tries;
    },
    () => '',
  );
  const [first, second] = [ask(0), ask(0)];
  await assert.rejects(first, /away/);
  assert.equal(await second, 2);
});
