import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GarbageError, watchEvents } from './watch-events.ts';

const added = (name: string, version = '5') =>
  JSON.stringify({ type: 'ADDED', object: { metadata: { name, resourceVersion: version } } });

async function* pieces(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
}

/** Names of the objects until the stream ends or fails. */
async function read(...chunks: (string | Uint8Array)[]): Promise<{ names: string[]; error?: unknown }> {
  const names: string[] = [];
  try {
    for await (const event of watchEvents(pieces(...chunks))) {
      names.push('metadata' in event.object ? event.object.metadata.name : String(event.object.code));
    }
  } catch (error) {
    return { names, error };
  }
  return { names };
}

test('events are read however the bytes are cut up, inside a character too', async () => {
  const text = Buffer.from(`${added('zürich')}\n${added('b')}\n`);
  for (let size = 1; size < text.length; size += 7) {
    const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
      text.subarray(index * size, (index + 1) * size),
    );
    assert.deepEqual(await read(...chunks), { names: ['zürich', 'b'] });
  }
});

test('what was cut off before its newline does not count, even if it looks whole', async () => {
  assert.deepEqual(await read(`${added('a')}\n${added('b')}`), { names: ['a'] });
});

for (const [what, line] of [
  ['text', 'upstream connect error'],
  ['half a line', added('b').slice(0, 20)],
  ['two lines run together', added('b') + added('c')],
  [
    'an unknown type',
    JSON.stringify({ type: 'NEWS', object: { metadata: { name: 'b', resourceVersion: '1' } } }),
  ],
  ['no object', JSON.stringify({ type: 'ADDED' })],
  ['no version', JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'b' } } })],
  ['no name', JSON.stringify({ type: 'ADDED', object: { metadata: { resourceVersion: '1' } } })],
  ['null', 'null'],
] as const) {
  test(`a garbage line (${what}) ends the stream after the events before it: a skipped line would be a missed change`, async () => {
    const { names, error } = await read(`${added('a')}\n${line}\n${added('z')}\n`);
    assert.deepEqual(names, ['a']);
    assert.ok(error instanceof GarbageError, String(error));
  });
}

test('an ERROR event is handed on with its status', async () => {
  assert.deepEqual(await read(`${JSON.stringify({ type: 'ERROR', object: { code: 410 } })}\n`), {
    names: ['410'],
  });
});

test('a bookmark has a version and no name', async () => {
  const bookmark = JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: '7' } } });
  const { error } = await read(`${bookmark}\n`);
  assert.equal(error, undefined);
});
