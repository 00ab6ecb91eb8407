/** Explanations as people and programs read them. Pure. */
import type { Explanation } from '../../explanations.ts';
import type { View } from '../../output/show.ts';
import { wrap } from '../../output/wrap.ts';

/** Text of explanations, an empty line between them. */
export function explanationText(words: readonly Explanation[]): string {
  return words
    .map(({ id, section, text }) => `${id} (${section})\n${wrap(text, { indent: '  ' })}`)
    .join('\n');
}

export function explanationView(words: readonly Explanation[]): View {
  return { kind: 'Explanation', data: { explanations: words }, text: () => explanationText(words) };
}
