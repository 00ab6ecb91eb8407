import type { Ledger } from '../../crds/types.gen.ts';

/**
 * Remembers what was read from a ledger for as long as somebody holds that ledger: ten requests of one switch ask the
 * same of each of its versions. Right because nobody changes a ledger: whoever edits one makes a new one.
 */
export function oncePerLedger<T>(read: (ledger: Ledger) => T): (ledger: Ledger) => T {
  const known = new WeakMap<Ledger, { value: T }>();
  return (ledger) => {
    const before = known.get(ledger);
    if (before !== undefined) return before.value;
    const value = read(ledger);
    known.set(ledger, { value });
    return value;
  };
}
