/** What a login needs to know, as options: typed for `login`, written into the kubeconfig for `token`. No secret is among them. */
import type { Options, Values } from '../command.ts';
import { Failure } from '../failure.ts';

export const LOGIN_OPTIONS = {
  issuer: { type: 'string', value: 'URL', help: 'OIDC provider, such as https://accounts.google.com' },
  'client-id': {
    type: 'string',
    value: 'ID',
    help: 'client at the provider; the token is for this audience',
  },
  account: { type: 'string', value: 'E-MAIL', help: 'log in as this account, and as no other' },
  scope: { type: 'string', multiple: true, value: 'SCOPE', help: 'asked for besides openid and email' },
  'issuer-ca': {
    type: 'string',
    value: 'FILE',
    help: 'certificate authority of the provider, PEM',
    complete: 'file',
  },
  'client-secret-file': {
    type: 'string',
    value: 'FILE',
    help: 'for clients that have a secret; or set NAAS_CLIENT_SECRET',
    complete: 'file',
  },
  'device-code': { type: 'boolean', help: 'log in on another machine, by a code: where there is no browser' },
  'redirect-port': {
    type: 'string',
    value: 'PORT',
    help: 'for providers that know one port only; else the system chooses',
  },
  timeout: { type: 'string', value: 'SECONDS', help: 'how long to wait for the person; 180 unless told' },
} as const satisfies Options;

export interface LoginSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly account: string | undefined;
  /** Besides `openid` and `email`; sorted. */
  readonly scopes: readonly string[];
  /** Path. */
  readonly issuerCa: string | undefined;
  /** Path. */
  readonly clientSecretFile: string | undefined;
  readonly deviceCode: boolean;
  /** 0: the system chooses. */
  readonly redirectPort: number;
  readonly timeoutMs: number;
}

const DEFAULT_TIMEOUT_S = 180;
const LONGEST_TIMEOUT_S = 3600;

/**
 * @param program as the person calls it
 * @throws Failure naming the option that is missing or wrong
 */
export function loginSettings(values: Values<typeof LOGIN_OPTIONS>, program: string): LoginSettings {
  const next = `${program} login --help`;
  const issuer = checkedIssuer(values.issuer, next);
  const clientId = values['client-id'];
  if (!clientId) throw clientIdMissing(next);
  return {
    issuer,
    clientId,
    account: values.account,
    scopes: [...new Set(values.scope ?? [])].sort(),
    issuerCa: values['issuer-ca'],
    clientSecretFile: values['client-secret-file'],
    deviceCode: values['device-code'] === true,
    redirectPort: whole('redirect-port', values['redirect-port'] ?? '0', 0, 65_535, next),
    timeoutMs:
      whole('timeout', values.timeout ?? String(DEFAULT_TIMEOUT_S), 1, LONGEST_TIMEOUT_S, next) * 1000,
  };
}

/** @throws Failure if this cannot be an issuer: compared letter by letter, it is https and has no query. */
export function checkedIssuer(issuer: string | undefined, next: string): string {
  if (issuer === undefined)
    throw new Failure('--issuer is missing: the address of the OIDC provider', { next });
  const url = URL.parse(issuer);
  if (url?.protocol !== 'https:' || url.search !== '' || url.hash !== '' || url.username !== '')
    throw new Failure(
      `--issuer "${issuer}" is no https URL without query, such as https://accounts.google.com`,
      { next },
    );
  return issuer;
}

export const clientIdMissing = (next: string): Failure =>
  new Failure('--client-id is missing: the name of the client at the provider', { next });

function whole(name: string, text: string, least: number, most: number, next: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw new Failure(`--${name} "${text}" is no number from ${least} to ${most}`, { next });
  return value;
}

/** The options that `token` is called with, so that it logs in the same way. */
export function tokenArguments(settings: LoginSettings): string[] {
  const words = ['--issuer', settings.issuer, '--client-id', settings.clientId];
  const add = (name: string, value: string | undefined) => {
    if (value !== undefined) words.push(`--${name}`, value);
  };
  add('account', settings.account);
  for (const scope of settings.scopes) add('scope', scope);
  add('issuer-ca', settings.issuerCa);
  add('client-secret-file', settings.clientSecretFile);
  if (settings.deviceCode) words.push('--device-code');
  if (settings.redirectPort !== 0) add('redirect-port', String(settings.redirectPort));
  if (settings.timeoutMs !== DEFAULT_TIMEOUT_S * 1000) add('timeout', String(settings.timeoutMs / 1000));
  return words;
}
