/**
 * Plants the fault named in NAAS_FAULT into the sources as they are loaded; files on disk stay as they are.
 *
 * Usage: NAAS_FAULT="no CAS" node --import ./test/histories/faults/plant.ts <program>
 */
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { edited } from './edited.ts';
import { faultNamed } from './faults.ts';
import type { Edit } from './fault.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const name = process.env['NAAS_FAULT'];
const sources = name === undefined ? new Map<string, string>() : faultySources(name);
const loaded = new Set<string>();

registerHooks({
  load(url, context, nextLoad) {
    const result = nextLoad(url, context);
    const source = sources.get(url);
    if (source === undefined) return result;
    loaded.add(url);
    return { ...result, source };
  },
});

/** Files of the fault that the program never loaded: the fault was not at work there. */
export function unplanted(): string[] {
  return [...sources.keys()].filter((url) => !loaded.has(url)).map((url) => fileURLToPath(url));
}

function faultySources(fault: string): Map<string, string> {
  const byFile = Map.groupBy(faultNamed(fault).edits, ({ file }: Edit) => file);
  return new Map(
    [...byFile].map(([file, edits]) => {
      const path = join(ROOT, file);
      return [pathToFileURL(path).href, edited(fault, readFileSync(path, 'utf8'), edits)];
    }),
  );
}
