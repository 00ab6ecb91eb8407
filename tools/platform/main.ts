/** `make up`, `make down`, `make status`. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { stopLeftovers } from '../controlplane/run-file.ts';
import { background, runBackground } from './background.ts';

const directory = new URL('../../.naas', import.meta.url).pathname;
/** Not of a run: logs of the last one, and a cluster beside it. */
const KEPT = ['logs', 'cluster'];

/** Removes all state of a run but its logs, and whatever a crashed one left running. */
async function clear(): Promise<void> {
  await stopLeftovers(join(directory, 'controlplane'));
  for (const name of await readdir(directory).catch(() => []))
    if (!KEPT.includes(name)) await rm(join(directory, name), { recursive: true, force: true });
}

function sayWhatNext(): void {
  console.log(`
The platform is up. In a shell:

  export KUBECONFIG=${directory}/kubeconfig PATH=${directory}/bin:$PATH

  kubectl --context tenant-a apply -f crds/samples/1-tenant-a-request-001.yaml
  kubectl --context tenant-a get interfaces --watch
  ssh -F .naas/ssh_config devicea show running-config interfaces ethernet 1-3

Another tenant asks for the same ports, and is denied:

  kubectl --context tenant-b apply -f crds/samples/2-tenant-b-request-002.yaml

Who holds which port, and why a request is not ready: kubectl naas --help

kubectl: ${directory}/bin · logs: ${directory}/logs · stop: make down`);
}

await runBackground(
  background({ kind: 'platform', directory, called: 'The platform', command: 'make up', clear, sayWhatNext }),
  ['up', 'down', 'status'],
);
