/** Logs a person in by the browser: authorization code with PKCE (RFC 6749, 7636, 8252; OpenID Connect Core). */
import * as oidc from 'openid-client';
import { EXIT } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import type { Asking } from './asking.ts';
import { listenForCallback } from './callback.ts';
import type { Profile } from './profile.ts';
import { providerFailure } from './provider.ts';
import type { Provider } from './provider.ts';
import type { LoginSettings } from './settings.ts';
import { loginOf } from './token-answer.ts';
import type { StoredLogin } from './login-store.ts';

/** @throws Failure if nobody answers in time, the provider refuses, or its answer is not what was asked for */
export async function loginByCode(
  provider: Provider,
  settings: LoginSettings,
  profile: Profile,
  asking: Asking,
): Promise<StoredLogin> {
  const { configuration } = provider;
  const pkceCodeVerifier = oidc.randomPKCECodeVerifier();
  const challenge = await oidc.calculatePKCECodeChallenge(pkceCodeVerifier);
  const [expectedState, expectedNonce] = [oidc.randomState(), oidc.randomNonce()];
  const callback = await listenForCallback({
    port: settings.redirectPort,
    state: expectedState,
    authorizationUrl: (redirectUri) =>
      oidc.buildAuthorizationUrl(configuration, {
        ...profile.parameters,
        redirect_uri: redirectUri,
        scope: profile.scopes.join(' '),
        code_challenge: challenge,
        code_challenge_method: 'S256',
        state: expectedState,
        nonce: expectedNonce,
        ...(settings.account === undefined ? {} : { login_hint: settings.account }),
      }),
  });
  try {
    asking.tell(
      asking.open === undefined
        ? `Open in a browser on this machine: ${callback.startUrl}`
        : `Log in at ${settings.issuer} in your browser. If none opens: ${callback.startUrl}`,
    );
    asking.open?.(callback.startUrl);
    const answer = await inTime(callback.answer, asking.timeoutMs);
    try {
      // State, issuer (RFC 9207), nonce, audience, times and signature are checked in here.
      const tokens = await oidc.authorizationCodeGrant(configuration, answer, {
        pkceCodeVerifier,
        expectedState,
        expectedNonce,
        idTokenExpected: true,
      });
      const login = loginOf(tokens, settings, provider.clockAhead());
      await callback.finish(
        'You are logged in',
        `As ${login.email ?? login.subject}. This page can be closed.`,
      );
      return login;
    } catch (error) {
      const failure = providerFailure(error, settings);
      await callback.finish('Not logged in', failure.message);
      throw failure;
    }
  } finally {
    callback.close();
  }
}

async function inTime<T>(answer: Promise<T>, timeoutMs: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `Nobody answered the login within ${timeoutMs / 1000} s`;
    late.reject(new Failure(message, { exitCode: EXIT.timeout, next: 'log in again, or --device-code' }));
  }, timeoutMs);
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
