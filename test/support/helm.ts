import { spawn } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { ended } from './ended.ts';

export interface HelmResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let binary: Promise<string> | undefined;

/**
 * Runs the real Helm.
 * @param kubeconfig of the cluster; '' for what needs none
 * @param input text for `--values -`
 */
export async function helm(kubeconfig: string, args: readonly string[], input = ''): Promise<HelmResult> {
  binary ??= findBinary('helm');
  const home = join(tmpdir(), 'naas-helm');
  const child = spawn(await binary, [...args], {
    // No settings, plugins or repositories of whoever runs the tests.
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      HELM_CACHE_HOME: home,
      HELM_CONFIG_HOME: home,
      HELM_DATA_HOME: home,
      KUBECONFIG: kubeconfig,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: 120_000,
  });
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return ended(child);
}
