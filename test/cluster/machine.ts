/** Whether this machine can run nodes: tests that need them are skipped by name where it cannot. */
import { it as test } from 'node:test';
import { missing, words } from '../../tools/cluster/requirements.ts';

const lacking = await missing();
export const canRunNodes = lacking.length === 0;
const skip = canRunNodes ? false : words(lacking);

/** As node:test's, but skipped with what the machine lacks. */
export function it(name: string, run: (context: { diagnostic(text: string): void }) => Promise<void>): void {
  void test(name, { skip }, run);
}
