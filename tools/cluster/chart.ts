/** The platform's Helm chart, installed as users do it. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { inventoryHosts, type Switch } from '../platform/switches.ts';
import { runCommand } from './run-command.ts';
import type { ServiceImage } from './service-image.ts';

export const CHART = new URL('../../charts/naas', import.meta.url).pathname;
export const RELEASE = 'naas';
/** Namespaces whose Pods may do what others may not; nobody makes them unless somebody needs them. */
export const CALLERS = 'callers';
export const MONITORING = 'monitoring';
const WAIT = ['--wait', '--timeout', '3m'];

/** Helm on one cluster. */
export type Helm = (...words: string[]) => Promise<string>;

/** @param options.kubeconfig an administrator's */
export function helmRunner(options: { binary: string; kubeconfig: string; home: string }): Helm {
  const environment = {
    KUBECONFIG: options.kubeconfig,
    HELM_CACHE_HOME: join(options.home, 'cache'),
    HELM_CONFIG_HOME: join(options.home, 'config'),
    HELM_DATA_HOME: join(options.home, 'data'),
  };
  return (...words) => runCommand(options.binary, words, environment);
}

/** All Pods of a namespace, as a peer of a NetworkPolicy. */
const podsOf = (namespace: string) => ({
  namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': namespace } },
});

/** Values of the chart for this cluster. */
export function chartValues(options: {
  image: ServiceImage;
  switches: readonly Switch[];
  /** Address and port of the API server. */
  apiServer: URL;
}): object {
  const { image, switches, apiServer } = options;
  const peers = [{ ipBlock: { cidr: `${apiServer.hostname}/32` } }];
  const addresses = new Set(switches.map(({ address }) => address));
  return {
    image: { repository: image.repository, digest: image.digest },
    inventory: { hosts: inventoryHosts(switches) },
    networkPolicies: {
      apiServer: {
        peers: [...peers, { ipBlock: { cidr: '10.96.0.1/32' } }],
        ports: [443, Number(apiServer.port)],
      },
      webhooks: { from: peers },
      api: { from: [podsOf(CALLERS)] },
      metrics: { from: [podsOf(MONITORING)] },
      switches: [...addresses].map((address) => ({
        cidr: `${address}/32`,
        ports: switches.filter((each) => each.address === address).map(({ port }) => port),
      })),
    },
  };
}

/** Writes the values to a file that only its owner reads: they hold the switches' keys. */
export async function writeValues(file: string, values: object): Promise<void> {
  await writeFile(file, stringify(values), { mode: 0o600 });
}

/** Installs or upgrades the release and waits until its Pods are ready. */
export async function installChart(
  helm: Helm,
  options: { chart: string; valuesFile: string; words?: readonly string[] | undefined },
): Promise<void> {
  await helm(
    ...['upgrade', RELEASE, options.chart, '--install', '--namespace', PLATFORM_NAMESPACE],
    ...['--values', options.valuesFile, ...(options.words ?? []), ...WAIT],
  );
}
