/** Logs a person in who has a browser on another machine: device authorization (RFC 8628). */
import * as oidc from 'openid-client';
import { Failure } from '../failure.ts';
import type { Asking } from './asking.ts';
import { mayBeOpened } from './browser.ts';
import type { StoredLogin } from './login-store.ts';
import { printable } from './printable.ts';
import type { Profile } from './profile.ts';
import { providerFailure } from './provider.ts';
import type { Provider } from './provider.ts';
import type { LoginSettings } from './settings.ts';
import { loginOf } from './token-answer.ts';

/** @throws Failure if nobody answers in time, or the provider refuses or knows no device codes */
export async function loginByDevice(
  provider: Provider,
  settings: LoginSettings,
  profile: Profile,
  asking: Asking,
): Promise<StoredLogin> {
  const { configuration } = provider;
  if (configuration.serverMetadata().device_authorization_endpoint === undefined) {
    throw new Failure(`${settings.issuer} knows no device codes`, {
      next: 'log in without --device-code on a machine with a browser',
    });
  }
  try {
    const device = await oidc.initiateDeviceAuthorization(configuration, { scope: profile.scopes.join(' ') });
    if (!mayBeOpened(device.verification_uri))
      throw new Failure(
        `${settings.issuer} names a page that is no https: ${printable(device.verification_uri)}`,
        { next: 'log in without --device-code on a machine with a browser' },
      );
    asking.tell(
      `Open ${printable(device.verification_uri)} on any machine and enter ${printable(device.user_code)}`,
    );
    const limit = Math.min(asking.timeoutMs, device.expires_in * 1000);
    const tokens = await oidc.pollDeviceAuthorizationGrant(configuration, device, undefined, {
      signal: AbortSignal.timeout(limit),
    });
    return loginOf(tokens, settings, provider.clockAhead());
  } catch (error) {
    throw providerFailure(error, settings);
  }
}
