/** Which proxy leads to an API server, chosen as kubectl does. Pure. */
import { BlockList, isIP } from 'node:net';
import type { Target } from '../../lib/kube/kubeconfig.ts';
import { Failure } from './failure.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The cluster's own `proxy-url`, which holds for every address; else that of the environment.
 *
 * @returns undefined: straight to the server
 * @throws Failure that names the field or the variable, for a proxy that cannot be used
 */
export function proxyTo(
  { name, server, proxyUrl }: Pick<Target['cluster'], 'name' | 'server' | 'proxyUrl'>,
  environment: Environment,
): URL | undefined {
  if (proxyUrl)
    return usable(
      proxyUrl,
      `proxy-url of cluster "${name}"`,
      `kubectl config set-cluster ${name} --proxy-url http://HOST:PORT`,
    );
  const address = new URL(server);
  const [upper, lower] =
    address.protocol === 'http:' ? ['HTTP_PROXY', 'http_proxy'] : ['HTTPS_PROXY', 'https_proxy'];
  const variable = environment[upper] ? upper : lower;
  const written = environment[variable];
  if (!written || isDirect(address, environment['NO_PROXY'] || environment['no_proxy'] || ''))
    return undefined;
  const withScheme = /^[a-z][-+.a-z0-9]*:\/\//i.test(written) ? written : `http://${written}`;
  return usable(withScheme, variable, `${variable}=http://HOST:PORT, or NO_PROXY=${address.hostname}`);
}

/** Its text is not shown: it may hold a password. */
function usable(text: string, what: string, next: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  const why = url === null ? 'is no address' : `is ${url.protocol.replace(':', '')}`;
  throw new Failure(`${what} ${why}: only http and https proxies can be used`, { next });
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

const familyOf = (host: string) => (isIP(host) === 6 ? 'ipv6' : 'ipv4');

/** Whether the variables' proxy is not for this address: our own machine, and what `NO_PROXY` lists. */
function isDirect(address: URL, noProxy: string): boolean {
  const host = address.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = address.port || (address.protocol === 'http:' ? '80' : '443');
  if (host === 'localhost' || (isIP(host) !== 0 && LOOPBACK.check(host, familyOf(host)))) return true;
  return noProxy.split(',').some((entry) => fits(entry.trim().toLowerCase(), host, port));
}

/** An entry is `*`, an address, a network, or a domain with all below it (`.domain`: only what is below); with a port or without. */
function fits(entry: string, host: string, port: string): boolean {
  if (entry === '*') return true;
  const [, network = '', bits] = /^([0-9a-f.:]+)\/(\d{1,3})$/.exec(entry) ?? [];
  if (bits !== undefined)
    return isIP(network) !== 0 && isIP(host) !== 0 && isWithin(host, network, Number(bits));
  const [, bracketed, plain = '', ofPort] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d+))?$/.exec(entry) ?? [];
  // What has colons and no brackets is an address of version 6.
  const name = bracketed ?? (isIP(entry) === 6 ? entry : plain.replace(/^\*\./, '.'));
  if (name === '' || (ofPort !== undefined && ofPort !== port)) return false;
  if (isIP(name) !== 0) return isIP(host) !== 0 && isWithin(host, name, isIP(name) === 6 ? 128 : 32);
  return host === name || host.endsWith(name.startsWith('.') ? name : `.${name}`);
}

function isWithin(host: string, network: string, bits: number): boolean {
  if (bits > (isIP(network) === 6 ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(network, bits, familyOf(network));
  return list.check(host, familyOf(host));
}
