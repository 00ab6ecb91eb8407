import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';

const TEMPLATES = new URL('../../templates/', import.meta.url).pathname;

/** The templates and base models that come with the platform: text by path below `templates/`. */
export async function templateFiles(): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for await (const path of glob('*/*.{j2,yaml}', { cwd: TEMPLATES }))
    files[path] = await readFile(join(TEMPLATES, path), 'utf8');
  return files;
}
