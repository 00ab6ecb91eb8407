import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const INSTALL_MS = 300_000;
const SCRIPT_MS = 120_000;

function here(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}

/** Runs one of the Python scripts beside this file and returns the JSON object it prints. */
export type RunScript = (script: string, ...args: readonly string[]) => Promise<Record<string, unknown>>;

/**
 * Sets up the pinned clients in a virtual environment outside the repository, once.
 * @returns a runner, or why the clients cannot be had on this machine
 */
export async function pythonClients(): Promise<{ run: RunScript } | { unavailable: string }> {
  const requirements = here('requirements.txt');
  const digest = createHash('sha256')
    .update(await readFile(requirements))
    .digest('hex')
    .slice(0, 12);
  const cache = process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  const directory = join(cache, 'naas', `oracle-${digest}`);
  const python = join(directory, 'bin', 'python');
  const marker = join(directory, 'complete');
  try {
    await access(marker);
  } catch {
    const reason = await install(directory, python, requirements);
    if (reason !== undefined) return { unavailable: reason };
    await writeFile(marker, '');
  }
  return {
    async run(script, ...args) {
      const { stdout } = await run(python, ['-W', 'ignore', here(script), ...args], {
        timeout: SCRIPT_MS,
        maxBuffer: 16 * 1024 * 1024,
      });
      return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    },
  };
}

async function install(directory: string, python: string, requirements: string): Promise<string | undefined> {
  try {
    await run('python3', ['--version']);
  } catch {
    return 'python3 is not on PATH';
  }
  try {
    // What an interrupted installation left behind is no environment.
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    await run('python3', ['-m', 'venv', directory], { timeout: INSTALL_MS });
    await run(
      python,
      [
        '-m',
        'pip',
        'install',
        '--quiet',
        '--disable-pip-version-check',
        '--retries',
        '1',
        '-r',
        requirements,
      ],
      {
        timeout: INSTALL_MS,
      },
    );
    return undefined;
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    const text = error instanceof Error ? error.message : String(error);
    return `the Python clients cannot be installed: ${text.trim().split('\n').at(-1)}`;
  }
}
