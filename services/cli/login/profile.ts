/** What a provider wants to hear, beyond what the standard says. Pure. */
import type { LoginSettings } from './settings.ts';

export interface Profile {
  readonly scopes: readonly string[];
  /** Added to the authorization request. */
  readonly parameters: Readonly<Record<string, string>>;
}

const GOOGLE = 'https://accounts.google.com';
const ALWAYS = ['openid', 'email'];
/** Asks for a refresh token (OpenID Connect Core, section 11). */
const OFFLINE = 'offline_access';

/**
 * How to ask for an ID token with an e-mail address, and for a refresh token.
 *
 * @param supported `scopes_supported` of the provider; undefined when it does not say
 */
export function profileOf(
  settings: Pick<LoginSettings, 'issuer' | 'scopes'>,
  supported: readonly string[] | undefined,
): Profile {
  const scopes = [...new Set([...ALWAYS, ...settings.scopes])];
  // Google refuses `offline_access` as an invalid scope and has words of its own; it gives a refresh token again
  // only with a new consent (Google, "Using OAuth 2.0 for mobile and desktop apps").
  if (settings.issuer === GOOGLE)
    return {
      scopes: scopes.filter((scope) => scope !== OFFLINE),
      parameters: { access_type: 'offline', prompt: 'consent' },
    };
  if (supported?.includes(OFFLINE) === true && !scopes.includes(OFFLINE)) scopes.push(OFFLINE);
  // The standard lets providers ignore `offline_access` unless consent is asked for.
  return { scopes, parameters: scopes.includes(OFFLINE) ? { prompt: 'consent' } : {} };
}
