/**
 * The OIDC provider of the local platform and the tests: `oidc-provider`, a certified implementation,
 * with a login page that lists the trial accounts. It stands in for nothing: the API server trusts it
 * exactly as it would trust Google.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Provider, type ClientMetadata, type Configuration } from 'oidc-provider';

/** The public client that `kubectl` users log in with: PKCE, no secret, any loopback port. */
export const CLIENT_ID = 'naas';

export interface Account {
  /** Shown on the login page and used as `sub`. */
  readonly name: string;
  readonly email: string;
  readonly emailVerified?: boolean;
  /** Claim `groups`. */
  readonly groups?: readonly string[];
  /** Claim `hd`, as of a Google Workspace. */
  readonly hostedDomain?: string;
}

export interface ProviderOptions {
  /** Serving certificate and key (PEM) for 127.0.0.1. */
  readonly certificate: string;
  readonly key: string;
  readonly accounts: readonly Account[];
  /** TCP port on 127.0.0.1; 0 takes a free one. */
  readonly port?: number;
  /** Private signing key as JWK; made at start if absent. */
  readonly signingKey?: SigningKey;
  /** Secret of the client; default: a public client. */
  readonly clientSecret?: string;
  /** How long ID tokens are good, seconds; default an hour, as Google's. */
  readonly idTokenSeconds?: number;
  /**
   * `google`: refuses scope `offline_access`, and gives a refresh token only for `access_type=offline` with
   * `prompt=consent`, as Google does.
   */
  readonly manner?: 'standard' | 'google';
  /** Changes what an endpoint answers in JSON, for tests of those who ask. */
  readonly tamper?: (path: string, answer: Record<string, unknown>) => void;
}

export type SigningKey = Record<string, unknown>;

export interface RunningProvider {
  readonly issuer: string;
  /** Paths that were asked for, in their order, for tests of how often somebody asks. */
  readonly requests: readonly string[];
  /** From now on the account cannot log in, nor renew a login. */
  removeAccount(name: string): void;
  stop(): Promise<void>;
}

/** Makes an RSA key for RS256, which every API server accepts. Returns a private JWK. */
export function createSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    ...privateKey.export({ format: 'jwk' }),
    use: 'sig',
    alg: 'RS256',
    kid: randomBytes(8).toString('hex'),
  };
}

const escapeHtml = (text: string) =>
  text.replaceAll(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`);

/** One form with a button per choice; the chosen value comes back in the field `account`. */
function page(title: string, uid: string, choices: readonly { value: string; label: string }[]): string {
  const buttons = choices
    .map(
      ({ value, label }) =>
        `<p><button name="account" value="${escapeHtml(value)}">${escapeHtml(label)}</button></p>`,
    )
    .join('');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title}</title>
<h1>${title}</h1><form method="post" action="/interaction/${escapeHtml(uid)}">${buttons}</form></html>`;
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  let body = '';
  for await (const chunk of request) {
    body += String(chunk);
    if (body.length > 4096) throw new Error('The login form is too large');
  }
  return new URLSearchParams(body);
}

/**
 * Starts the provider on 127.0.0.1.
 *
 * @throws if the port is taken.
 */
export async function startProvider(options: ProviderOptions): Promise<RunningProvider> {
  const server = createServer({ cert: options.certificate, key: options.key });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  const issuer = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const accounts = new Map(options.accounts.map((account) => [account.name, account]));

  const client: ClientMetadata = {
    client_id: CLIENT_ID,
    application_type: 'native',
    ...(options.clientSecret === undefined
      ? { token_endpoint_auth_method: 'none' as const }
      : { token_endpoint_auth_method: 'client_secret_post' as const, client_secret: options.clientSecret }),
    redirect_uris: ['http://127.0.0.1/callback'],
    response_types: ['code'],
    grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
  };
  const google = options.manner === 'google';
  /** Grants with offline access, Google's way. */
  const offline = new Set<string>();
  const requests: string[] = [];
  const configuration: Configuration = {
    clients: [client],
    jwks: { keys: [options.signingKey ?? createSigningKey()] },
    cookies: { keys: [randomBytes(16).toString('hex')] },
    claims: { openid: ['sub'], email: ['email', 'email_verified', 'hd'], groups: ['groups'] },
    ...(google && { scopes: ['openid'], extraParams: ['access_type'] }),
    issueRefreshToken: (_context, _client, code) =>
      google ? offline.has(code.grantId ?? '') : code.scopes.has('offline_access'),
    // A refresh token is good once, and its second use ends the login.
    rotateRefreshToken: true,
    // The API server reads the e-mail from the ID token, as Google puts it there.
    conformIdTokenClaims: false,
    features: {
      devInteractions: { enabled: false },
      deviceFlow: { enabled: true },
      revocation: { enabled: true },
    },
    pkce: { required: () => true },
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    ttl: {
      IdToken: options.idTokenSeconds ?? 3600,
      AccessToken: 3600,
      RefreshToken: 86_400,
      Interaction: 600,
      Session: 86_400,
      Grant: 86_400,
    },
    findAccount: (_context, id) => {
      const account = accounts.get(id);
      if (account === undefined) return undefined;
      return {
        accountId: id,
        claims: () => ({
          sub: id,
          email: account.email,
          email_verified: account.emailVerified ?? true,
          ...(account.groups !== undefined && { groups: account.groups }),
          ...(account.hostedDomain !== undefined && { hd: account.hostedDomain }),
        }),
      };
    },
  };
  const provider = new Provider(issuer, configuration);
  const { tamper } = options;
  provider.use(async (context, next) => {
    await next();
    if (typeof context.body === 'object' && context.body !== null)
      tamper?.(context.path, context.body as Record<string, unknown>);
  });
  const protocol = provider.callback();

  async function interact(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { uid, prompt, session, params } = await provider.interactionDetails(request, response);
    // A native client always asks for consent (RFC 8252, section 8.6): another program could pose as it.
    const consents = prompt.name === 'consent' && session?.accountId !== undefined;
    if (request.method !== 'POST') {
      const html = consents
        ? page('Allow kubectl to act as you?', uid, [{ value: session.accountId, label: 'Allow' }])
        : page(
            'Log in',
            uid,
            [...accounts.values()].map(({ name, email }) => ({ value: name, label: email })),
          );
      response.setHeader('content-type', 'text/html; charset=utf-8').end(html);
      return;
    }
    if (consents) {
      const grant = new provider.Grant({ accountId: session.accountId, clientId: CLIENT_ID });
      grant.addOIDCScope(typeof params['scope'] === 'string' ? params['scope'] : 'openid email');
      const grantId = await grant.save();
      if (params['access_type'] === 'offline' && params['prompt'] === 'consent') offline.add(grantId);
      await provider.interactionFinished(
        request,
        response,
        { consent: { grantId } },
        {
          mergeWithLastSubmission: true,
        },
      );
      return;
    }
    const accountId = (await readForm(request)).get('account') ?? '';
    if (!accounts.has(accountId)) {
      response.writeHead(400).end('There is no such account\n');
      return;
    }
    await provider.interactionFinished(request, response, { login: { accountId } });
  }

  server.on('request', (request, response) => {
    const url = new URL(request.url ?? '/', issuer);
    requests.push(url.pathname);
    // Google shows a page and sends nobody back.
    if (google && url.searchParams.get('scope')?.includes('offline_access') === true) {
      response.writeHead(400).end('Error 400: invalid_scope\n');
      return;
    }
    const answer = request.url?.startsWith('/interaction/') === true ? interact : protocol;
    answer(request, response).catch(() => {
      if (!response.headersSent) response.writeHead(400);
      response.end('This login is no longer valid: start again\n');
    });
  });

  return {
    issuer,
    requests,
    removeAccount: (name) => void accounts.delete(name),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
