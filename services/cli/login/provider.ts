/**
 * The OIDC provider, found by its issuer. Only loaded when a token must be got: `token` with a stored login does not
 * come here.
 */
import { EnvHttpProxyAgent, fetch } from 'undici';
import type { RequestInit } from 'undici';
import * as oidc from 'openid-client';
import { messageOf } from '../../../lib/kube/errors.ts';
import { EXIT } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { readNamedFile, unreadable } from '../named-file.ts';
import { printable } from './printable.ts';
import { readNamed } from './private-file.ts';
import type { LoginSettings } from './settings.ts';

export interface Provider {
  readonly configuration: oidc.Configuration;
  /** How far its clock is ahead of ours, milliseconds, as of its last answer. */
  clockAhead(): number;
  close(): Promise<void>;
}

/** Clocks of people's machines may be this wrong, in seconds (S-84); the API server checks tokens by its own. */
const CLOCK_TOLERANCE_S = 5 * 60 + 30;
const TIMEOUT_S = 15;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads what the provider publishes about itself.
 *
 * @param program as the person calls it
 * @throws Failure if it cannot be reached, or is not the issuer that it should be
 */
export async function openProvider(
  settings: LoginSettings,
  environment: Environment,
  program: string,
): Promise<Provider> {
  const secret = clientSecret(settings, environment, program);
  const { issuerCa: file } = settings;
  const next = `${program} login --issuer-ca FILE`;
  const ca = file === undefined ? undefined : await readNamedFile({ what: '--issuer-ca', file, next });
  const tls = ca === undefined ? {} : { ca };
  // Takes HTTPS_PROXY and NO_PROXY into account, as browsers of the same machine do.
  const dispatcher = new EnvHttpProxyAgent({ connect: tls, requestTls: tls });
  let ahead = 0;
  const customFetch: oidc.CustomFetch = async (url, init) => {
    const response = await fetch(url, { ...(init as RequestInit), dispatcher });
    const date = Date.parse(response.headers.get('date') ?? '');
    if (Number.isFinite(date)) ahead = date - Date.now();
    return response;
  };
  try {
    const configuration = await oidc.discovery(
      new URL(settings.issuer),
      settings.clientId,
      { [oidc.clockTolerance]: CLOCK_TOLERANCE_S },
      secret === undefined ? oidc.None() : oidc.ClientSecretPost(secret),
      { [oidc.customFetch]: customFetch, timeout: TIMEOUT_S },
    );
    const { issuer } = configuration.serverMetadata();
    // A slash at the end is another issuer to whoever compares letters, as the API server does.
    if (issuer !== settings.issuer)
      throw new Failure(`The provider calls itself ${printable(issuer)}`, {
        next: `--issuer ${printable(issuer)}`,
      });
    // Signatures are checked, not only the connection that a token came by.
    oidc.enableNonRepudiationChecks(configuration);
    return { configuration, clockAhead: () => ahead, close: () => dispatcher.close() };
  } catch (error) {
    await dispatcher.close();
    throw providerFailure(error, settings);
  }
}

function clientSecret(
  { clientSecretFile: file }: LoginSettings,
  environment: Environment,
  program: string,
): string | undefined {
  if (file === undefined) return environment['NAAS_CLIENT_SECRET'] || undefined;
  const what = '--client-secret-file';
  const next = `${program} login ${what} FILE`;
  let secret: string | undefined;
  try {
    secret = readNamed(what, file)?.trim();
  } catch (error) {
    throw error instanceof Failure ? error : unreadable({ what, file, next }, error);
  }
  if (!secret) throw new Failure(`${what} ${file} is missing or empty`, { next });
  return secret;
}

/** The provider gave no answer: it may be down, and what is stored is still good. */
export class UnreachableError extends Failure {}

/** The provider has answered, and says that this login is no longer good. */
export function isRefusedGrant(error: unknown): boolean {
  return error instanceof oidc.ResponseBodyError && error.error === 'invalid_grant';
}

const AGAIN = 'log in again; if it stays so, ask your administrator';

/** What went wrong at the provider, in words for a person. Its own words are cleaned; no token is ever among them. */
export function providerFailure(error: unknown, { issuer }: Pick<LoginSettings, 'issuer'>): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof oidc.ResponseBodyError || error instanceof oidc.AuthorizationResponseError) {
    const words = printable(`${error.error}${error.error_description ? `: ${error.error_description}` : ''}`);
    return new Failure(`${issuer} refused the login: ${words}`, { next: AGAIN, cause: error });
  }
  const [outer, inner] = [error, error instanceof Error ? error.cause : undefined];
  const code = outer instanceof oidc.ClientError ? outer.code : undefined;
  // `fetch` has one message for all that can go wrong with a connection; the reason is inside.
  if ((outer instanceof TypeError && outer.message === 'fetch failed') || code === 'OAUTH_TIMEOUT') {
    return new UnreachableError(`${issuer} cannot be reached: ${printable(messageOf(inner ?? outer))}`, {
      next: 'try again; behind a proxy set HTTPS_PROXY; for an authority of your own --issuer-ca FILE',
      cause: error,
    });
  }
  if (outer instanceof Error && outer.name === 'TimeoutError') {
    return new Failure('Nobody answered the login in time', {
      next: 'log in again, or give it more --timeout SECONDS',
      exitCode: EXIT.timeout,
      cause: error,
    });
  }
  if (outer instanceof Error && 'syscall' in outer)
    return new Failure(outer.message, { next: 'mend what the system says, and log in again', cause: error });
  const detail = inner instanceof Error && inner.message !== messageOf(outer) ? ` (${inner.message})` : '';
  return new Failure(
    `${issuer} gave an answer that is not accepted: ${printable(messageOf(outer) + detail)}`,
    { next: AGAIN, cause: error },
  );
}
