import type { Pod } from '../../lib/kube/resources.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';

const KEYED = /^metadata\.(labels|annotations)\['(.+)'\]$/;

/**
 * The value of a `fieldRef` (downward API).
 * @param address of the node: Pods share it
 * @throws Error for a path that Kubernetes does not know here
 */
export function fieldValue(pod: DeepReadonly<Pod>, path: string, address: string): string {
  const keyed = KEYED.exec(path);
  if (keyed !== null) {
    const [, map, key] = keyed;
    return (map === 'labels' ? pod.metadata.labels : pod.metadata.annotations)?.[key ?? ''] ?? '';
  }
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name;
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return lines(pod.metadata.labels);
    case 'metadata.annotations':
      return lines(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? '';
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
    case 'status.podIP':
    case 'status.podIPs':
      return address;
    default:
      throw new Error(`fieldRef ${JSON.stringify(path)} is not known`);
  }
}

/**
 * The value of a `resourceFieldRef`: the container's own, else the node's.
 * @param divisor such as "1m", "1Mi"; default 1
 */
export function resourceValue(
  resources: {
    readonly limits?: Readonly<Record<string, string>>;
    readonly requests?: Readonly<Record<string, string>>;
  },
  resource: string,
  divisor: string | undefined,
  node: Readonly<Record<string, string>>,
): string {
  const [kind, name] = resource.split(/\.(.*)/s);
  if (name === undefined || (kind !== 'limits' && kind !== 'requests')) {
    throw new Error(`resourceFieldRef ${JSON.stringify(resource)} is not known`);
  }
  const text = resources[kind]?.[name] ?? (kind === 'limits' ? node[name] : undefined) ?? '0';
  const unit = quantity(divisor === undefined || divisor === '0' ? '1' : divisor);
  return String(Math.ceil(quantity(text) / unit));
}

const UNITS: Readonly<Record<string, number>> = {
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
};

function quantity(text: string): number {
  const match = /^([0-9.]+(?:[eE][0-9]+)?)([A-Za-z]*)$/.exec(text);
  const unit = UNITS[match?.[2] ?? ''];
  if (match === null || unit === undefined)
    throw new Error(`quantity ${JSON.stringify(text)} is not understood`);
  return Number(match[1]) * unit;
}

function lines(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}
