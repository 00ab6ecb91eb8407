/**
 * Logs a trial account in to the local provider without a browser: the same authorization-code flow with
 * PKCE that a person goes through, with the form of the login page sent by this program.
 */
import { Agent, fetch, type RequestInit } from 'undici';
import * as oidc from 'openid-client';
import { CLIENT_ID } from './provider.ts';

export interface LoginOptions {
  readonly issuer: string;
  /** PEM of the certificate authority that signed the provider's certificate. */
  readonly certificateAuthority: string;
  /** Name of the account on the login page. */
  readonly account: string;
}

export interface Tokens {
  readonly idToken: string;
  /** When the ID token expires, RFC 3339. */
  readonly expires: string;
}

const MAX_REDIRECTS = 10;

/** Follows the login's redirects with a cookie jar of its own until the provider calls back. */
async function authorize(start: URL, account: string, dispatcher: Agent): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  let form: URLSearchParams | undefined;
  for (let step = 0; step < MAX_REDIRECTS; step += 1) {
    const init: RequestInit = {
      dispatcher,
      redirect: 'manual',
      headers: { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form === undefined ? {} : { method: 'POST', body: form }),
    };
    const response = await fetch(url, init);
    await response.body?.cancel();
    for (const cookie of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (name !== undefined && value !== undefined) cookies.set(name, value);
    }
    form = undefined;
    const location = response.headers.get('location');
    if (location === null) {
      if (!response.ok) throw new Error(`The provider answered ${response.status} at ${url.pathname}`);
      if (!url.pathname.startsWith('/interaction/'))
        throw new Error(`Unexpected page ${url.pathname} while logging in`);
      form = new URLSearchParams({ account });
      continue;
    }
    url = new URL(location, url);
    if (url.protocol === 'http:' && url.pathname === '/callback') return url;
  }
  throw new Error(`The provider redirected more than ${MAX_REDIRECTS} times while logging in ${account}`);
}

/**
 * Gets an ID token for a trial account.
 *
 * @throws if the provider cannot be reached or refuses the account.
 */
export async function login(options: LoginOptions): Promise<Tokens> {
  const dispatcher = new Agent({ connect: { ca: options.certificateAuthority } });
  try {
    const customFetch: oidc.CustomFetch = (url, init) =>
      fetch(url, { ...(init as RequestInit), dispatcher }) as Promise<unknown> as Promise<Response>;
    const configuration = await oidc.discovery(new URL(options.issuer), CLIENT_ID, undefined, oidc.None(), {
      [oidc.customFetch]: customFetch,
    });
    const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
    const expectedState = oidc.randomState();
    const expectedNonce = oidc.randomNonce();
    const start = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: 'http://127.0.0.1/callback',
      scope: 'openid email',
      code_challenge: await oidc.calculatePKCECodeChallenge(pkceCodeVerifier),
      code_challenge_method: 'S256',
      state: expectedState,
      nonce: expectedNonce,
    });
    const callback = await authorize(start, options.account, dispatcher);
    const tokens = await oidc.authorizationCodeGrant(configuration, callback, {
      pkceCodeVerifier,
      expectedState,
      expectedNonce,
      idTokenExpected: true,
    });
    const claims = tokens.claims();
    if (tokens.id_token === undefined || claims === undefined)
      throw new Error('The provider gave no ID token');
    return { idToken: tokens.id_token, expires: new Date(claims.exp * 1000).toISOString() };
  } finally {
    await dispatcher.close();
  }
}
