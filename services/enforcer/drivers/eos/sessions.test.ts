import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readSessionsJson, readSessionsText } from './sessions.ts';

// Both shapes of devices.md 1.1: until 4.31, and from 4.32 on.
test('an armed timer is seen up to 4.31', () => {
  const text = JSON.stringify({
    maxSavedSessions: 1,
    maxOpenSessions: 5,
    sessions: {
      'naas-1-a': { state: 'pendingCommitTimer', commitBy: 100 },
      mine: { state: 'pending' },
      old: { state: 'completed' },
    },
  });
  assert.deepEqual(readSessionsJson(text), {
    timer: 'naas-1-a',
    sessions: [
      { name: 'naas-1-a', pending: true },
      { name: 'mine', pending: true },
      { name: 'old', pending: false },
    ],
  });
});

test('an armed timer is seen from 4.32 on, where the session says committed at once', () => {
  const text = JSON.stringify({
    commitTimerSessionName: 'naas-1-a',
    commitTimerExpireTime: 1,
    sessions: { 'naas-1-a': { state: 'committed' } },
  });
  assert.deepEqual(readSessionsJson(text), {
    timer: 'naas-1-a',
    sessions: [{ name: 'naas-1-a', pending: false }],
  });
});

test('no sessions at all', () => {
  assert.deepEqual(readSessionsJson('{"sessions":{}}'), { sessions: [] });
  assert.deepEqual(readSessionsJson('{}'), { sessions: [] });
});

test('what is no answer is refused', () => {
  for (const text of ['', 'no', '[]', 'null', '{"sessions":[]}'])
    assert.throws(() => readSessionsJson(text), text);
});

test('the table is read where there is no JSON', () => {
  const text = [
    'Maximum number of completed sessions: 1',
    'Maximum number of pending sessions: 5',
    '  Name            State         User     Terminal',
    '  --------------- ------------- -------- --------',
    '* naas-1-a        pending       admin    vty3',
    '  done            completed',
    '  armed           pendingCommitTimer  admin',
  ].join('\n');
  assert.deepEqual(readSessionsText(text), {
    timer: 'armed',
    sessions: [
      { name: 'naas-1-a', pending: true },
      { name: 'done', pending: false },
      { name: 'armed', pending: true },
    ],
  });
  assert.equal(readSessionsText('Session with pending commit timer: naas-2-b').timer, 'naas-2-b');
});
