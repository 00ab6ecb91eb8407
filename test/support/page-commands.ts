import assert from 'node:assert/strict';

/** The shell blocks of a page's part with this title (`## TITLE`), in their order; fails the test if there is no such part. */
export function pageCommands(page: string, title: string): string[] {
  const from = page.indexOf(`\n## ${title}\n`);
  assert.ok(from >= 0, `the page has no part "${title}"`);
  const to = page.indexOf('\n## ', from + 1);
  const part = page.slice(from, to < 0 ? undefined : to);
  return [...part.matchAll(/```shell\n([^]*?)```/g)].map(([, lines = '']) => lines);
}
