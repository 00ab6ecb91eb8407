import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { seeded } from '../enforcer-kills/random.ts';
import { judge, trend, type Rule, type Sample } from './judgement.ts';

const HOUR = 3600;
const STEP = 15;
const rule: Rule = { settles: 300, allowance: 10 };

/** Samples of an hour, or of a part of it. */
function series(value: (at: number) => number, { from = 0, to = HOUR, life = '1' } = {}): Sample[] {
  const samples: Sample[] = [];
  for (let at = from; at < to; at += STEP) samples.push({ at, value: value(at), life });
  return samples;
}

function noise(seed: number, size: number): () => number {
  const random = seeded(seed);
  return () => (random.below(2001) / 1000 - 1) * size;
}

const SEEDS = Array.from({ length: 50 }, (_, index) => index + 1);
const verdicts = (make: (seed: number) => Sample[]) =>
  Map.groupBy(SEEDS, (seed) => judge(make(seed), rule).verdict);
const all = (verdict: string, make: (seed: number) => Sample[]) => {
  const seen = verdicts(make);
  assert.deepEqual([...seen.keys()], [verdict], JSON.stringify([...seen]));
};

describe('the slope of a series', () => {
  it('is the median between pairs: one wild sample changes nothing', () => {
    const samples = series((at) => at / 10).map((sample, index) =>
      index === 100 ? { ...sample, value: 1e9 } : sample,
    );
    assert.ok(Math.abs(trend(samples).slope - 0.1) < 1e-9);
  });

  it('is zero for a constant', () => {
    assert.deepEqual(trend(series(() => 7)), { slope: 0, least: 0, most: 0 });
  });
});

describe('steady', () => {
  it('a constant', () =>
    assert.equal(
      judge(
        series(() => 7),
        rule,
      ).verdict,
      'steady',
    ));

  it('noise, up and down by the allowance', () =>
    all('steady', (seed) => {
      const wobble = noise(seed, 10);
      return series(() => 100 + wobble());
    }));

  it('noise of three times the allowance is seldom mistaken for growth', () => {
    const mistaken = verdicts((seed) => {
      const wobble = noise(seed, 30);
      return series(() => 100 + wobble());
    }).get('grows');
    assert.ok((mistaken?.length ?? 0) <= 1, `seeds ${mistaken?.join()}`);
  });

  it('a warm-up that ends within the first half', () =>
    assert.equal(
      judge(
        series((at) => 100 - 100 * Math.exp(-at / 300)),
        rule,
      ).verdict,
      'steady',
    ));

  it('teeth of a garbage collector or a compaction, be they wider than the allowance', () => {
    for (const period of [60, 150, 300, 420]) {
      assert.equal(
        judge(
          series((at) => 100 + ((at % period) / period) * 40),
          rule,
        ).verdict,
        'steady',
        `${period} s`,
      );
    }
  });

  it('a step: a pool that opened two connections more', () => {
    for (const when of [2000, 2400, 2700, 3000, 3300]) {
      assert.equal(
        judge(
          series((at) => (at < when ? 5 : 25)),
          rule,
        ).verdict,
        'steady',
        `at ${when} s`,
      );
    }
  });

  it('something that shrinks', () =>
    assert.equal(
      judge(
        series((at) => 1000 - at / 10),
        rule,
      ).verdict,
      'steady',
    ));

  it('a restart: the next life begins anew and warms up', () => {
    const warm = (born: number) => (at: number) => 50 + 30 * (1 - Math.exp(-(at - born) / 120));
    const samples = [...series(warm(0), { to: 1200 }), ...series(warm(1200), { from: 1200, life: '2' })];
    const { verdict, windows } = judge(samples, rule);
    assert.equal(verdict, 'steady');
    assert.equal(windows.length, 2);
  });
});

describe('grows', () => {
  it('a line', () =>
    assert.equal(
      judge(
        series((at) => at / 100),
        rule,
      ).verdict,
      'grows',
    ));

  it('a slow line under noise', () =>
    all('grows', (seed) => {
      const wobble = noise(seed, 15);
      return series((at) => 100 + at / 60 + wobble());
    }));

  it('teeth that stand on a line', () => {
    for (const period of [60, 150, 300, 420]) {
      const teeth = series((at) => at / 60 + ((at % period) / period) * 40);
      assert.equal(judge(teeth, rule).verdict, 'grows', `${period} s`);
    }
  });

  it('many small steps: one handle kept at a time', () =>
    assert.equal(
      judge(
        series((at) => Math.floor(at / 100)),
        rule,
      ).verdict,
      'grows',
    ));

  it('a leak in one life only, whatever the other does', () => {
    const leaking = series((at) => at / 20, { to: 1500 });
    const calm = series(() => 10, { from: 1500, life: '2' });
    assert.equal(judge([...leaking, ...calm], rule).verdict, 'grows');
  });
});

describe('what cannot be judged', () => {
  it('says so: the life is shorter than it takes to settle', () =>
    assert.equal(
      judge(
        series((at) => at, { to: 300 }),
        rule,
      ).verdict,
      'too short',
    ));

  it('says so: too few samples', () =>
    assert.equal(
      judge(
        series((at) => at, { to: 400 }),
        rule,
      ).verdict,
      'too short',
    ));

  it('says so: the window holds one tooth only', () => {
    const tooth = (at: number) => (at % 300) / 5;
    const samples = series(tooth, { to: 1190 });
    assert.equal(judge(samples, { settles: 900, allowance: 4 }).verdict, 'grows');
    assert.equal(judge(samples, { settles: 900, allowance: 4, lasts: 1500 }).verdict, 'too short');
  });

  it('says so: none at all', () => assert.equal(judge([], rule).verdict, 'too short'));
});
