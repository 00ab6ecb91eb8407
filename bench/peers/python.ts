/** A virtual environment in the user's cache with pinned packages, made once. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const INSTALL_MS = 300_000;

/** @returns path of the environment's Python @throws Error when it cannot be had on this machine */
export async function pythonWith(requirements: URL): Promise<string> {
  const text = await readFile(requirements);
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 12);
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const directory = join(cache, 'naas', `bench-${digest}`);
  const python = join(directory, 'bin', 'python');
  const marker = join(directory, 'complete');
  try {
    await access(marker);
    return python;
  } catch {
    // What an interrupted installation left behind is no environment.
    await rm(directory, { recursive: true, force: true });
  }
  await mkdir(directory, { recursive: true });
  await run('python3', ['-m', 'venv', directory], { timeout: INSTALL_MS });
  const words = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--retries', '1'];
  await run(python, [...words, '-r', fileURLToPath(requirements)], { timeout: INSTALL_MS });
  await writeFile(marker, '');
  return python;
}
