import { flag } from '../lib/kube/flag.ts';
import { SERVICE } from './configurations/webhook-configurations.ts';
import type { PolicySettings } from './validate/facts.ts';

export interface WebhookSettings {
  host: string;
  /** 0: any free one. */
  port: number;
  /** Where the API server calls, if not through the Service. Port 0 stands for the port listened on. */
  url?: string;
  /** Who makes the certificate in the Secret: this service, or somebody else, such as cert-manager. */
  certificates: 'self-made' | 'given';
  /** DNS names and addresses of the serving certificate; the first is what the API server calls. */
  names: readonly string[];
  expandInPlace: boolean;
  policy: PolicySettings;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings from the environment:
 * `NAAS_WEBHOOK_ADDRESS` host:port to listen on, `NAAS_WEBHOOK_URL` where the API server calls (without it: the
 * Service), `NAAS_CERTIFICATES` self-made or given, `NAAS_EXPAND_IN_PLACE`, `NAAS_HIDE_OWNERS`, `NAAS_REQUIRE_TENANT` true or false.
 * @param namespace the platform's
 * @throws Error that names the variable and what it must be
 */
export function readSettings(env: Environment, namespace: string): WebhookSettings {
  const url = env['NAAS_WEBHOOK_URL'];
  const address = env['NAAS_WEBHOOK_ADDRESS'] ?? (url === undefined ? '0.0.0.0:9443' : '127.0.0.1:0');
  const { host, port } = readAddress(address);
  const names = [
    `${SERVICE}.${namespace}.svc`,
    `${SERVICE}.${namespace}`,
    `${SERVICE}.${namespace}.svc.cluster.local`,
  ];
  return {
    host,
    port,
    ...(url !== undefined && { url: checkUrl(url) }),
    names: url === undefined ? names : [new URL(url).hostname.replace(/^\[|\]$/g, ''), ...names],
    certificates: certificates(env['NAAS_CERTIFICATES'] || 'self-made'),
    expandInPlace: flag(env, 'NAAS_EXPAND_IN_PLACE', true),
    policy: {
      hideOwners: flag(env, 'NAAS_HIDE_OWNERS', false),
      requireTenant: flag(env, 'NAAS_REQUIRE_TENANT', false),
    },
  };
}

function readAddress(text: string): { host: string; port: number } {
  const parts = /^(?:\[([0-9a-fA-F:]+)\]|([^:[\]]+)):([0-9]{1,5})$/.exec(text);
  const port = Number(parts?.[3]);
  const host = parts?.[1] ?? parts?.[2];
  if (host === undefined || port > 65_535) {
    throw new Error(`NAAS_WEBHOOK_ADDRESS is "${text}", must be host:port, such as 0.0.0.0:9443`);
  }
  return { host, port };
}

function checkUrl(text: string): string {
  const url = URL.parse(text);
  const plain = url?.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (url?.protocol !== 'https:' || !plain) {
    throw new Error(`NAAS_WEBHOOK_URL is "${text}", must be https://host:port without a path`);
  }
  return url.origin;
}

function certificates(text: string): 'self-made' | 'given' {
  if (text !== 'self-made' && text !== 'given')
    throw new Error(`NAAS_CERTIFICATES is "${text}", must be self-made or given`);
  return text;
}
