import { INVENTORY_SECRET } from '../../crds/names.ts';
import { parseAddress } from '../../lib/kube/health.ts';
import { readJobSettings, type JobSettings } from './job-settings.ts';

export interface ApiSettings {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Where callers reach the API; undefined: where it listens. */
  readonly url?: string;
  /** Paths of a certificate and its key; undefined: the scheduler makes and renews its own. */
  readonly certificate?: { readonly cert: string; readonly key: string };
}

export interface SchedulerSettings {
  /** Image of the enforcer's Pods. */
  readonly image: string;
  /** Name of the Secret with the inventory. */
  readonly inventory: string;
  readonly jobs: JobSettings;
  readonly api: ApiSettings;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Listening on one of these says nothing of how to reach it. */
const ALL_ADDRESSES = ['0.0.0.0', '::'];

/**
 * Reads the settings from the environment:
 * `NAAS_IMAGE` image of the enforcer, by digest where it may be moved; `NAAS_JOB_SETTINGS` JSON, see
 * {@link readJobSettings}; `NAAS_INVENTORY_SECRET` name; `NAAS_API_ADDRESS` host:port to listen on; `NAAS_API_URL` where
 * callers reach it (without it: the address); `NAAS_API_CERT` and `NAAS_API_KEY` files.
 * @throws Error that names the variable and what it must be
 */
export function readSettings(env: Environment): SchedulerSettings {
  const given = (name: string): string | undefined => env[name] || undefined;
  const image = given('NAAS_IMAGE');
  if (image === undefined) throw new Error('NAAS_IMAGE must name the image of the enforcer');
  const { host, port } = parseAddress(given('NAAS_API_ADDRESS') ?? '127.0.0.1:0');
  const url = given('NAAS_API_URL');
  const [cert, key] = [given('NAAS_API_CERT'), given('NAAS_API_KEY')];
  if ((cert === undefined) !== (key === undefined))
    throw new Error('NAAS_API_CERT and NAAS_API_KEY name files and go together: set both or none');
  if (url === undefined && cert === undefined && ALL_ADDRESSES.includes(host)) {
    throw new Error(
      'NAAS_API_URL must say where callers reach the API, such as https://scheduler.naas-system.svc: ' +
        'NAAS_API_ADDRESS stands for all addresses',
    );
  }
  return {
    image,
    inventory: given('NAAS_INVENTORY_SECRET') ?? INVENTORY_SECRET,
    jobs: readJobSettings(env['NAAS_JOB_SETTINGS']),
    api: {
      ...{ host, port },
      ...(url !== undefined && { url: checkUrl(url) }),
      ...(cert !== undefined && key !== undefined && { certificate: { cert, key } }),
    },
  };
}

function checkUrl(text: string): string {
  const url = URL.parse(text);
  const plain = url?.pathname === '/' && url.search === '' && url.hash === '' && url.username === '';
  if (url?.protocol !== 'https:' || !plain)
    throw new Error(`NAAS_API_URL is "${text}", must be https://host:port without a path`);
  return url.origin;
}

/**
 * Names under which the API is called: those of the Service, the host it listens on and that of the URL.
 * @param namespace the platform's
 */
export function apiNames({ host, url }: ApiSettings, namespace: string): string[] {
  const service = ['scheduler', `scheduler.${namespace}`, `scheduler.${namespace}.svc`];
  const listening = ALL_ADDRESSES.includes(host) ? [] : [host];
  const called = url === undefined ? [] : [new URL(url).hostname.replace(/^\[|\]$/g, '')];
  const names = [
    ...listening,
    'localhost',
    ...service,
    `scheduler.${namespace}.svc.cluster.local`,
    ...called,
  ];
  return [...new Set(names)];
}
