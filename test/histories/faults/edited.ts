import type { Edit } from './fault.ts';

/**
 * The source with the edits made in it.
 * @param edits of this file
 * @throws Error when an edit does not match exactly once: whoever changed the file must write the edit anew, else
 * the fault would be tried no longer without anybody noticing
 */
export function edited(fault: string, source: string, edits: readonly Edit[]): string {
  for (const { file, find } of edits) {
    const count = source.split(find).length - 1;
    if (count === 1) continue;
    const found = count === 0 ? 'is not found' : `stands ${count} times`;
    throw new Error(
      `fault "${fault}": its text ${found} in ${file}, and must stand there exactly once; ` +
        `write the edit anew so that it breaks the same rule:\n${find}`,
    );
  }
  // Replaced by a function: `$` in the text means nothing.
  return edits.reduce((text, { find, replace }) => text.replace(find, () => replace), source);
}
