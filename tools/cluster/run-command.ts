import { execFile, type ExecFileException } from 'node:child_process';
import { promisify } from 'node:util';

const LIMIT_MS = 120_000;

/**
 * Runs a program to its end and returns what it printed.
 *
 * @throws Error with the command, its words and what it said, unless it ends with 0.
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
    const { stdout = '', stderr = '', killed, message } = error as ExecFileException;
    const said = stderr.trim() || stdout.trim() || message;
    const late = killed === true ? ` (stopped after ${LIMIT_MS / 1000} s)` : '';
    throw new Error(`${command} ${words.join(' ')}${late}: ${said}`, { cause: error });
  }
}
