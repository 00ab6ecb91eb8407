import type { World } from '../../services/cli/command.ts';
import type { ExitCode } from '../../services/cli/exit-code.ts';
import { run } from '../../services/cli/run.ts';

export interface CliResult {
  readonly code: ExitCode;
  readonly stdout: string;
  readonly stderr: string;
}

/** What tests say differently from a script's surroundings. */
export type Surroundings = Partial<
  Pick<World, 'program' | 'environment' | 'now'> & { readonly terminal: boolean }
>;

/** Runs the command line in this process, as a script would: nobody looks at what it writes. */
export async function runCli(words: readonly string[], surroundings: Surroundings = {}): Promise<CliResult> {
  const { program = 'kubectl naas', environment = {}, now = Date.now, terminal = false } = surroundings;
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => void (written[name] += text),
    isTerminal: terminal,
  });
  const world: World = {
    ...{ program, now },
    // No kubeconfig of whoever runs the tests.
    environment: { HOME: '/dev/null', ...environment },
    stdout: sink('stdout'),
    stderr: sink('stderr'),
  };
  const code = await run(words, world);
  return { code, ...written };
}
