import type { ObjectMeta } from '../../crds/object-meta.ts';
import { DEFAULTS_ANNOTATION } from '../../crds/names.ts';
import { parseDefaults } from '../../lib/ports/defaults.ts';
import type { PortDefaults } from '../../lib/ports/defaults.ts';

/** More than any set of defaults takes as JSON; a longer annotation is not read at all. */
const MAX_LENGTH = 1024;

/** What the annotation says: nothing, defaults, or something that cannot be read. */
export type StoredDefaults = { defaults: PortDefaults } | { problem: string } | undefined;

/** The defaults as the annotation stores them: JSON, always the same text for the same values. */
export function writeDefaults({ trunk, shutdown, stp }: PortDefaults): string {
  return JSON.stringify({ trunk, shutdown, stp });
}

/**
 * Reads the defaults with which a request was created. Tenants may write the annotation, so what it says is checked
 * like any input. It gives them nothing: each of its values may be written in `spec` as well.
 */
export function readDefaults(metadata: ObjectMeta | undefined): StoredDefaults {
  const text = metadata?.annotations?.[DEFAULTS_ANNOTATION];
  if (text === undefined) return undefined;
  if (typeof text !== 'string' || text.length > MAX_LENGTH) {
    return { problem: `must be text of at most ${MAX_LENGTH} characters` };
  }
  try {
    return { defaults: parseDefaults(text) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
