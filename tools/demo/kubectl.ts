/** Runs the real kubectl as one of the platform's contexts. */
import { spawn } from 'node:child_process';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Kubectl {
  (context: string, ...words: string[]): Promise<Outcome>;
}

const LIMIT_MS = 300_000;

/** @param options paths of the binary, the kubeconfig and a folder for kubectl's discovery cache */
export function kubectlRunner(options: { binary: string; kubeconfig: string; cache: string }): Kubectl {
  return (context, ...words) =>
    new Promise((resolve, reject) => {
      const child = spawn(options.binary, ['--context', context, ...words], {
        env: { KUBECONFIG: options.kubeconfig, KUBECACHEDIR: options.cache, PATH: process.env['PATH'] ?? '' },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: LIMIT_MS,
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (chunk) => (stdout += String(chunk)));
      child.stderr.on('data', (chunk) => (stderr += String(chunk)));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code: code ?? 1, stdout, stderr }));
    });
}
