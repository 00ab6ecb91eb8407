/**
 * Gets a token that is good: the stored one, a renewed one, or by asking the person. One process at a time for each
 * account: refresh tokens may be used once, and a person is asked once (S-80, S-82).
 */
import * as oidc from 'openid-client';
import { withLock } from '../../../lib/process/file-lock.ts';
import { self } from '../../../lib/process/process-identity.ts';
import { messageOf } from '../../../lib/kube/errors.ts';
import { Failure } from '../failure.ts';
import type { Asking } from './asking.ts';
import { loginByCode } from './code-flow.ts';
import { loginByDevice } from './device-flow.ts';
import { checkSamePerson, loginPath, readLogin, worth, writeLogin } from './login-store.ts';
import type { StoredLogin } from './login-store.ts';
import { makePrivateFolder } from './private-file.ts';
import { profileOf } from './profile.ts';
import { readPrompts, whyNotAsk, writePrompts } from './prompts.ts';
import { isRefusedGrant, openProvider, providerFailure } from './provider.ts';
import type { Provider } from './provider.ts';
import type { LoginSettings } from './settings.ts';
import { loginOf } from './token-answer.ts';

export interface Obtaining {
  readonly settings: LoginSettings;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly asking: Asking;
  /** `always`: the person called for it, whatever is stored. `if needed`: as seldom as can be. `never`: nobody is there. */
  readonly ask: 'always' | 'if needed' | 'never';
  /** As the person calls the program. */
  readonly program: string;
}

/** @throws Failure that says what to do */
export async function obtainLogin(given: Obtaining): Promise<StoredLogin> {
  const { settings, folder, asking } = given;
  const since = Date.now();
  const stored = given.ask === 'always' ? undefined : readLogin(folder, settings);
  const onWait = (holder: number) => asking.tell(`Waiting for the login that process ${holder} has begun`);
  try {
    makePrivateFolder(folder);
    const lock = `${loginPath(folder, settings)}.lock`;
    return await withLock(lock, await self(), onWait, () => obtainAlone(given, since));
  } catch (error) {
    const failure = providerFailure(error, settings);
    // The provider may be down, or the disk full: that is no reason to turn away who is still logged in.
    if (stored === undefined || worth(stored, Date.now()) === 'expired') throw failure;
    asking.tell(
      `${failure.message}. The login is still good until ${new Date(stored.expires).toISOString()}.`,
    );
    return stored;
  }
}

async function obtainAlone(given: Obtaining, since: number): Promise<StoredLogin> {
  const { settings, folder, environment, program } = given;
  const stored = readLogin(folder, settings);
  if (stored !== undefined && given.ask !== 'always' && worth(stored, Date.now()) === 'fresh') return stored;
  let provider: Provider | undefined;
  try {
    if (given.ask !== 'always' && stored !== undefined) {
      const kept = await renew(stored);
      if (kept !== undefined) return kept;
    }
    return await ask();
  } finally {
    await provider?.close();
  }

  async function opened(): Promise<Provider> {
    provider ??= await openProvider(settings, environment, program);
    return provider;
  }

  /** The login, renewed or still good; undefined if the person must be asked. */
  async function renew(old: StoredLogin): Promise<StoredLogin | undefined> {
    const stillGood = worth(old, Date.now()) === 'last minutes' ? old : undefined;
    if (old.refreshToken === undefined) return stillGood;
    try {
      // A refresh token may be good once: it is not used when what comes for it could not be kept.
      writeLogin(folder, settings, old);
      const { configuration, clockAhead } = await opened();
      const tokens = await oidc.refreshTokenGrant(configuration, old.refreshToken);
      if (tokens.id_token === undefined) return stillGood;
      return keep(loginOf(tokens, settings, clockAhead(), old));
    } catch (error) {
      if (!isRefusedGrant(error)) throw error;
      // Taken back, or used before: asking again with it would change nothing.
      keep({ ...old, refreshToken: undefined });
      return stillGood;
    }
  }

  async function ask(): Promise<StoredLogin> {
    const record = `${loginPath(folder, settings)}.prompts`;
    const before = readPrompts(record);
    const next = `${given.program} login${settings.deviceCode ? ' --device-code' : ''}`;
    if (given.ask === 'never')
      throw new Failure('You are not logged in, and there is nobody or no browser to ask', {
        next: `${given.program} login, or login --device-code`,
      });
    const refused = given.ask === 'always' ? undefined : whyNotAsk(before, since, Date.now());
    if (refused !== undefined) throw new Failure(`You are not logged in: ${refused}`, { next });
    const source = await opened();
    const profile = profileOf(settings, source.configuration.serverMetadata().scopes_supported);
    // Counted before: whoever is killed while waiting has asked, too. Not writable: then nobody is asked.
    const count = { unanswered: (before?.unanswered ?? 0) + 1, at: Date.now() };
    writePrompts(record, count);
    try {
      const login = await (settings.deviceCode ? loginByDevice : loginByCode)(
        source,
        settings,
        profile,
        given.asking,
      );
      writePrompts(record, { unanswered: 0, at: Date.now() });
      checkSamePerson(stored, login);
      return keep(login);
    } catch (error) {
      writePrompts(record, { ...count, at: Date.now() });
      throw error;
    }
  }

  /** A login that cannot be kept is good all the same, for this once. */
  function keep(login: StoredLogin): StoredLogin {
    try {
      writeLogin(folder, settings, login);
    } catch (error) {
      given.asking.tell(`The login could not be kept: ${messageOf(error)}`);
    }
    return login;
  }
}
