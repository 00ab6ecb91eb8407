/** What a provider's tokens are to us: who it is, until when. Pure. */
import type { TokenEndpointResponse, TokenEndpointResponseHelpers } from 'openid-client';
import { Failure } from '../failure.ts';
import type { StoredLogin } from './login-store.ts';
import { printable } from './printable.ts';
import type { LoginSettings } from './settings.ts';

/**
 * Checks what the library does not know of: that it is the account that was asked for.
 *
 * @param clockAhead how far the provider's clock is ahead of ours, milliseconds
 * @param previous the login that this one renews
 * @throws Failure if it is somebody else, or there is no ID token
 */
export function loginOf(
  tokens: TokenEndpointResponse & TokenEndpointResponseHelpers,
  settings: Pick<LoginSettings, 'issuer' | 'clientId' | 'account'>,
  clockAhead: number,
  previous?: StoredLogin,
  now = Date.now(),
): StoredLogin {
  const claims = tokens.claims();
  if (tokens.id_token === undefined || claims === undefined)
    throw new Failure(`${settings.issuer} gave no ID token`, { next: 'ask for scope openid; log in again' });
  const email = claims['email'];
  checkAccount(settings, email);
  if (previous !== undefined && previous.subject !== claims.sub)
    throw new Failure(`${settings.issuer} renewed the login of another person: it is not used`, {
      next: 'log in again; if it stays so, tell your administrator',
    });
  return {
    issuer: claims.iss,
    clientId: settings.clientId,
    subject: claims.sub,
    email: typeof email === 'string' ? email : undefined,
    idToken: tokens.id_token,
    obtained: now,
    // By our clock, so that nobody is locked out, or too long in, whose clock is wrong (S-84).
    expires: claims.exp * 1000 - clockAhead,
    // Providers that rotate give a new one; others let us keep ours.
    refreshToken: tokens.refresh_token ?? previous?.refreshToken,
  };
}

/** Letters count: what differs in case is another account to the API server (S-77). */
function checkAccount({ account }: Pick<LoginSettings, 'account'>, email: unknown): void {
  if (account === undefined || email === account) return;
  const who = typeof email === 'string' ? `as ${printable(email)}` : 'without an e-mail address';
  throw new Failure(`You logged in ${who}; this login is for ${account}`, {
    next: `choose ${account} in the browser, or leave out --account`,
  });
}
