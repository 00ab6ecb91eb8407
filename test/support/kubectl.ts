import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { ended } from './ended.ts';

export interface KubectlResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let binary: Promise<string> | undefined;

/**
 * Runs the real kubectl as the user of a kubeconfig.
 * @param input text for `-f -`
 */
export async function kubectl(
  kubeconfig: string,
  args: readonly string[],
  input = '',
): Promise<KubectlResult> {
  binary ??= findBinary('kubectl');
  const child = spawn(await binary, [`--kubeconfig=${kubeconfig}`, ...args], {
    // No colours, pagers or settings of whoever runs the tests.
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      KUBERC: 'off',
      KUBECACHEDIR: join(tmpdir(), 'naas-kubectl-cache'),
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 60_000,
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return ended(child);
}
