/** `make cluster`, `make cluster-down`, `make cluster-status`. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { background, runBackground } from '../platform/background.ts';
import { clearLeftovers } from './cluster.ts';
import { missing, words } from './requirements.ts';

const directory = new URL('../../.naas/cluster', import.meta.url).pathname;

/** Removes all state of a run but its logs, and whatever a crashed one left running. */
async function clear(): Promise<void> {
  await clearLeftovers(directory);
  for (const name of await readdir(directory).catch(() => []))
    if (name !== 'logs') await rm(join(directory, name), { recursive: true, force: true });
}

function sayWhatNext(): void {
  console.log(`
The cluster is up: two nodes, NaaS installed by Helm, two switches beside it. In a shell:

  export KUBECONFIG=${directory}/kubeconfig PATH=${directory}/bin:$PATH

  kubectl --context admin get nodes,pods --output wide
  kubectl --context tenant-a apply -f crds/samples/1-tenant-a-request-001.yaml
  kubectl --context tenant-a get interfaces --watch
  ssh -F ${directory}/ssh_config devicea show running-config interfaces ethernet 1-3
  helm --kube-context admin test naas

Take a node away, and give it back:

  kubectl --context admin drain node-1 --ignore-daemonsets --delete-emptydir-data
  kubectl --context admin uncordon node-1

logs: ${directory}/logs · stop: make cluster-down · all its tests: make e2e`);
}

const lacking = process.argv[2] === 'up' ? await missing() : [];
if (lacking.length > 0) {
  console.error(words(lacking));
  process.exit(69);
}
await runBackground(
  background({
    kind: 'cluster',
    directory,
    called: 'The cluster',
    command: 'make cluster',
    clear,
    sayWhatNext,
  }),
  ['up', 'down', 'status'],
);
