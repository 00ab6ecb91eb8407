import { createHash } from 'node:crypto';

/** Who was behind each name when it was last used: hash of the name → hash of the person; the latest change last. */
export type PeopleRecord = ReadonlyMap<string, string>;

/** Secrets hold 1 MiB; this many take a quarter of it. */
export const MAX_PEOPLE = 5_000;
/** Of a SHA-256, in base64url: 128 bits. */
const HASH_LENGTH = 22;
const HASH = new RegExp(`^[\\w-]{${HASH_LENGTH}}$`);

/** What is kept of a name or a subject: equal or not is all that anybody needs to know. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, HASH_LENGTH);
}

/** Reads what {@link writeRecord} wrote; a record that somebody broke begins anew with what can still be read. */
export function readRecord(text: string): PeopleRecord {
  const pairs = text.split('\n').map((line) => line.split(' '));
  return new Map(
    pairs.flatMap(([name = '', person = '']) =>
      HASH.test(name) && HASH.test(person) ? [[name, person]] : [],
    ),
  );
}

/** A line per name. */
export function writeRecord(record: PeopleRecord): string {
  return [...record].map(([name, person]) => `${name} ${person}\n`).join('');
}

/** The record with these changes; of too many names those go whose person has not changed for longest. */
export function withChanges(record: PeopleRecord, changes: PeopleRecord): PeopleRecord {
  const merged = new Map(record);
  for (const [name, person] of changes) {
    merged.delete(name);
    merged.set(name, person);
  }
  return new Map([...merged].slice(-MAX_PEOPLE));
}
