import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const LIMIT_MS = 120_000;

/**
 * Runs a program to its end and returns what it printed.
 *
 * @throws Error with the command and its words unless it ends with 0.
 */
export async function runCommand(
  command: string,
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, [...words], {
      timeout: LIMIT_MS,
      maxBuffer: 16 * 1024 * 1024,
      env: { ...process.env, ...environment },
    });
    return stdout;
  } catch (error) {
    const { stderr = '', message } = error as Error & { stderr?: string };
    throw new Error(`${command} ${words.join(' ')}: ${stderr.trim() || message}`, { cause: error });
  }
}
