/** The verdict on every series. */
import { judge, type Rule, type Sample, type Verdict } from './judgement.ts';
import { WHATS, type Reading, type What } from './probe/reading.ts';
import { ruleFor } from './rules.ts';

export interface Judged {
  readonly subject: string;
  readonly what: What;
  readonly samples: readonly Sample[];
  /** undefined: told only. */
  readonly rule: Rule | undefined;
  readonly verdict: Verdict['verdict'] | 'told';
  readonly windows: Verdict['windows'];
}

export function judgeAll(
  series: ReadonlyMap<
    string,
    { readonly reading: Pick<Reading, 'subject' | 'what'>; readonly samples: readonly Sample[] }
  >,
): Judged[] {
  return [...series.values()]
    .map(({ reading: { subject, what }, samples }): Judged => {
      const rule = ruleFor({ subject, what });
      if (rule === undefined) return { subject, what, samples, rule, verdict: 'told', windows: [] };
      return { subject, what, samples, rule, ...judge(samples, rule) };
    })
    .toSorted((a, b) => WHATS.indexOf(a.what) - WHATS.indexOf(b.what) || (a.subject < b.subject ? -1 : 1));
}

/** Series with too few samples, of those that settle within so many seconds. */
export function unjudged(judged: readonly Judged[], settled: number): Judged[] {
  return judged.filter(
    ({ verdict, rule }) => verdict === 'too short' && rule !== undefined && rule.settles <= settled,
  );
}
