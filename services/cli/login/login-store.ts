/** Logins kept between calls of kubectl: the ID token, how long it is good for, and the refresh token. */
import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../failure.ts';
import { readPrivate, writePrivate } from './private-file.ts';
import type { LoginSettings } from './settings.ts';

export interface StoredLogin {
  readonly issuer: string;
  readonly clientId: string;
  /** `sub`: who it is at the issuer, for ever. */
  readonly subject: string;
  readonly email?: string | undefined;
  readonly idToken: string;
  /** Milliseconds since 1970 by this machine's clock, right or wrong as it is. */
  readonly obtained: number;
  readonly expires: number;
  readonly refreshToken?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where logins are kept. */
export function loginFolder(environment: Environment): string {
  return (
    environment['NAAS_LOGIN_FOLDER'] ??
    join(environment['XDG_CACHE_HOME'] ?? join(environment['HOME'] ?? homedir(), '.cache'), 'naas', 'login')
  );
}

/** Path of what is kept about a login, without its ending: each account at each client has its own. */
export function loginPath(folder: string, settings: LoginSettings): string {
  const { issuer, clientId, account = '', scopes } = settings;
  const key = createHash('sha256').update(JSON.stringify([issuer, clientId, account, scopes]));
  return join(folder, key.digest('hex').slice(0, 32));
}

/** The stored login, if there is one for this issuer and audience; half of one counts as none. */
export function readLogin(folder: string, settings: LoginSettings): StoredLogin | undefined {
  const text = readPrivate(`${loginPath(folder, settings)}.json`);
  const login = text === undefined ? undefined : parseLogin(text);
  if (login?.issuer !== settings.issuer || login.clientId !== settings.clientId) return undefined;
  if (!isFor(login.idToken, settings)) return undefined;
  return login;
}

/** @throws when it cannot be written */
export function writeLogin(folder: string, settings: LoginSettings, login: StoredLogin): void {
  writePrivate(`${loginPath(folder, settings)}.json`, JSON.stringify(login));
}

/** Forgets a login, and how often the person was asked for it. */
export function removeLogin(folder: string, settings: LoginSettings): void {
  for (const ending of ['json', 'prompts'])
    rmSync(`${loginPath(folder, settings)}.${ending}`, { force: true });
}

/**
 * Keeps a login as that of the account it turned out to be, so that people who share a kubeconfig, or have two
 * accounts, do not get each other's.
 *
 * @returns the settings that lead to it from now on
 * @throws Failure if the address belonged to somebody else when it logged in last (S-77)
 */
export function settleAccount(folder: string, settings: LoginSettings, login: StoredLogin): LoginSettings {
  if (login.email === undefined || settings.account !== undefined) return settings;
  const settled = { ...settings, account: login.email };
  checkSamePerson(readLogin(folder, settled), login);
  removeLogin(folder, settings);
  writeLogin(folder, settled, login);
  return settled;
}

/** @throws Failure if an e-mail address passed from one person to another: RBAC would give the new one what the old one had. */
export function checkSamePerson(earlier: StoredLogin | undefined, login: StoredLogin): void {
  if (earlier === undefined || earlier.email !== login.email || earlier.subject === login.subject) return;
  throw new Failure(
    `${login.email} is another person at ${login.issuer} than at the last login (sub ${earlier.subject}, now ${login.subject})`,
    { next: 'tell your administrator; if it is right, log out and log in again' },
  );
}

function parseLogin(text: string): StoredLogin | undefined {
  try {
    const login = JSON.parse(text) as Partial<StoredLogin> | null;
    if (typeof login?.idToken !== 'string' || typeof login.issuer !== 'string') return undefined;
    if (typeof login.clientId !== 'string' || typeof login.subject !== 'string') return undefined;
    if (!Number.isFinite(login.expires) || !Number.isFinite(login.obtained)) return undefined;
    return login as StoredLogin;
  } catch {
    return undefined;
  }
}

/** Whether the token itself says what the file says of it. Its signature was checked when it came. */
function isFor(idToken: string, { issuer, clientId }: LoginSettings): boolean {
  try {
    const payload = Buffer.from(idToken.split('.')[1] ?? '', 'base64url').toString();
    const { iss, aud } = JSON.parse(payload) as { iss?: unknown; aud?: unknown };
    return iss === issuer && (aud === clientId || (Array.isArray(aud) && aud.includes(clientId)));
  } catch {
    return false;
  }
}

/** A token is renewed this long before it expires; one that lives shorter, in the second half of its life. */
const EARLY_MS = 5 * 60_000;

/** What a token is worth now: given at once, given only if no new one can be had, or nothing. */
export function worth(login: StoredLogin, now: number): 'fresh' | 'last minutes' | 'expired' {
  const left = login.expires - now;
  if (left <= 0) return 'expired';
  // A clock that was set back must not make a token live longer than it was meant to.
  if (now < login.obtained - EARLY_MS) return 'expired';
  return left > Math.min(EARLY_MS, (login.expires - login.obtained) / 2) ? 'fresh' : 'last minutes';
}

/** What kubectl reads from a credential plugin. */
export function execCredential(login: StoredLogin): string {
  return JSON.stringify({
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: login.idToken, expirationTimestamp: new Date(login.expires).toISOString() },
  });
}
