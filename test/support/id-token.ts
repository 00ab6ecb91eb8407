import { visit } from '../../tools/identity/visit.ts';
import { CLIENT_ID } from '../../tools/identity/provider.ts';
import { loginByCode } from '../../services/cli/login/code-flow.ts';
import type { StoredLogin } from '../../services/cli/login/login-store.ts';
import { profileOf } from '../../services/cli/login/profile.ts';
import type { Profile } from '../../services/cli/login/profile.ts';
import { openProvider } from '../../services/cli/login/provider.ts';
import { loginSettings } from '../../services/cli/login/settings.ts';

export interface Person {
  readonly issuer: string;
  /** File, and text, of the provider's certificate authority. */
  readonly issuerCa: string;
  readonly certificateAuthority: string;
  /** E-mail address. */
  readonly account: string;
  /** Default: as the issuer is known. */
  readonly profile?: Profile;
}

/** Logs a person in by the browser flow of `kubectl naas login`, in this process. */
export async function logIn({
  issuer,
  issuerCa,
  certificateAuthority,
  account,
  profile,
}: Person): Promise<StoredLogin> {
  const settings = loginSettings(
    { issuer, 'client-id': CLIENT_ID, account, 'issuer-ca': issuerCa },
    'kubectl naas',
  );
  const provider = await openProvider(settings, {}, 'kubectl naas');
  try {
    const known = provider.configuration.serverMetadata().scopes_supported;
    const failed = Promise.withResolvers<never>();
    const person = async (address: string) => {
      const { status, text } = await visit(new URL(address), { certificateAuthority, account });
      if (status >= 400) throw new Error(`${status}: ${text}`);
    };
    const login = loginByCode(provider, settings, profile ?? profileOf(settings, known), {
      tell: () => undefined,
      open: (address) => void person(address).catch(failed.reject),
      timeoutMs: 60_000,
    });
    return await Promise.race([login, failed.promise]);
  } finally {
    await provider.close();
  }
}
