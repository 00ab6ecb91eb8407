/** Takes a login back at the provider (RFC 7009). */
import * as oidc from 'openid-client';
import { Failure } from '../failure.ts';
import type { StoredLogin } from './login-store.ts';
import { openProvider, providerFailure } from './provider.ts';
import type { LoginSettings } from './settings.ts';

/** @throws Failure if there is something to take back and the provider did not */
export async function revoke(
  login: StoredLogin,
  settings: LoginSettings,
  environment: Readonly<Record<string, string | undefined>>,
  program: string,
): Promise<void> {
  if (login.refreshToken === undefined) return;
  const provider = await openProvider(settings, environment, program);
  try {
    if (provider.configuration.serverMetadata().revocation_endpoint === undefined)
      throw new Failure(`${settings.issuer} takes no refresh token back`, {
        next: 'end the session there yourself',
      });
    await oidc.tokenRevocation(provider.configuration, login.refreshToken, {
      token_type_hint: 'refresh_token',
    });
  } catch (error) {
    throw providerFailure(error, settings);
  } finally {
    await provider.close();
  }
}
