import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whyNotAsk } from './prompts.ts';

const NOW = 10_000_000;

describe('S-80 a person is asked', () => {
  for (const [what, prompts, since, expected] of [
    ['the first time', undefined, NOW, undefined],
    ['after a login that was answered', { unanswered: 0, at: NOW - 1 }, NOW - 60_000, undefined],
    [
      'not by a call that waited for another’s prompt',
      { unanswered: 1, at: NOW - 1 },
      NOW - 60_000,
      /nobody answered/,
    ],
    ['not at once after one unanswered prompt', { unanswered: 1, at: NOW - 1000 }, NOW, /again in 29 s/],
    ['half a minute after one', { unanswered: 1, at: NOW - 30_000 }, NOW, undefined],
    ['not a minute after two', { unanswered: 2, at: NOW - 60_000 }, NOW, /again in 60 s/],
    ['ten minutes after three', { unanswered: 3, at: NOW - 600_000 }, NOW, undefined],
    ['never again after four', { unanswered: 4, at: 0 }, NOW, /4 logins in a row/],
    ['never again after hundreds', { unanswered: 400, at: 0 }, NOW, /400 logins in a row/],
  ] as const)
    it(what, () => {
      const why = whyNotAsk(prompts, since, NOW);
      if (expected === undefined) assert.equal(why, undefined);
      else assert.match(why ?? '', expected);
    });
});
