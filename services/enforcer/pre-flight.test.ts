import assert from 'node:assert/strict';
import { test } from 'node:test';

import { preFlight } from './pre-flight.ts';
import { sessionName } from './session-name.ts';

const pending = (name: string): { name: string; pending: boolean } => ({ name, pending: true });

test('a foreign timer makes the switch busy, whatever else is there', () => {
  assert.ok('busy' in preFlight({ sessions: [pending('naas-1-a')], timer: 'sess-7' }));
});

test('everything of ours that is pending is aborted, the armed one first; nothing foreign is', () => {
  const sessions = [
    pending('naas-1-a'),
    pending('by-hand'),
    { name: 'naas-3-c', pending: false },
    { name: 'naas-2-b', pending: false },
  ];
  assert.deepEqual(preFlight({ sessions, timer: 'naas-2-b' }), { abort: ['naas-2-b', 'naas-1-a'] });
  assert.deepEqual(preFlight({ sessions: [] }), { abort: [] });
});

test('a session name is short, tells its epoch, and is never the same twice for one candidate', () => {
  const digest = Array.from({ length: 8 }, (_, index) => String(index).repeat(8)).join('');
  assert.equal(sessionName(12, digest, 0), 'naas-12-00000000');
  const names = new Set(Array.from({ length: 8 }, (_, attempt) => sessionName(999_999, digest, attempt)));
  assert.equal(names.size, 8);
  for (const name of names) assert.ok(name.length <= 20);
});
