import { createHash } from 'node:crypto';

import { canonicalLines } from './config-sections.ts';

/**
 * `h1:` and the SHA-256 of a running configuration as the switch printed it, without what carries no meaning.
 * Always device against device, so secrets that the switch hashes anew do not matter.
 */
export function configHash(runningConfig: string): string {
  return `h1:${createHash('sha256').update(canonicalLines(runningConfig).join('\n')).digest('hex')}`;
}

/** Whether two prints of one switch say the same. */
export function sameConfig(a: string, b: string): boolean {
  const [left, right] = [canonicalLines(a), canonicalLines(b)];
  return left.length === right.length && left.every((line, index) => line === right[index]);
}
