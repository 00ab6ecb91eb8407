/**
 * People log in at a real OIDC provider; the API server, told what `kubectl naas setup api-server` prints, believes it,
 * and nobody else.
 */
import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, createSign, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Agent, request } from 'undici';
import {
  CLIENT_ID,
  createSigningKey,
  startProvider,
  type RunningProvider,
} from '../../tools/identity/provider.ts';
import { createAuthority } from '../../tools/controlplane/certificates.ts';
import { startControlPlane, type ControlPlane } from '../../tools/controlplane/start.ts';
import { runCli } from '../cli/run-cli.ts';
import { logIn } from '../support/id-token.ts';
import { until } from '../support/until.ts';

interface Review {
  readonly status?: {
    readonly userInfo?: { readonly username: string; readonly uid?: string; readonly groups?: string[] };
  };
}

const DOMAIN = 'tenant-a.example';
const ANNA = `anna@${DOMAIN}`;
const KNOWN = `oidc:${ANNA}`;

describe('login by OIDC', () => {
  const signingKey = createSigningKey();
  let folder: string;
  let provider: RunningProvider;
  let certificateAuthority: string;
  let controlPlane: ControlPlane;
  let agent: Agent;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'naas-oidc-'));
    const authority = await createAuthority('test-identity', Date.now());
    certificateAuthority = authority.cert;
    await writeFile(join(folder, 'ca.pem'), certificateAuthority);
    const serving = await authority.issueServer('identity', ['127.0.0.1']);
    provider = await startProvider({
      ...{ certificate: serving.cert, key: serving.key, signingKey },
      accounts: [
        { name: 'anna', email: ANNA, hostedDomain: DOMAIN, groups: ['net', 'system:masters'] },
        { name: 'unverified', email: `ben@${DOMAIN}`, hostedDomain: DOMAIN, emailVerified: false },
        { name: 'posing', email: 'system:admin', hostedDomain: DOMAIN },
        { name: 'private', email: 'anna@mail.example' },
      ],
    });
    controlPlane = await startControlPlane({
      controllerManager: false,
      authenticationConfiguration: await printed([
        ...['--issuer', provider.issuer, '--client-id', CLIENT_ID, '--client-id', 'naas-devices'],
        ...['--issuer-ca', join(folder, 'ca.pem'), '--hosted-domain', DOMAIN, '--groups-claim', 'groups'],
      ]),
    });
    agent = new Agent({ connect: { ca: controlPlane.caPem } });
    // The API server fetches the provider's keys in the background after its start.
    await until('the API server knows the provider', async () => (await whoIs(signed({}))).code === 201);
  });
  after(async () => {
    await agent?.close();
    await controlPlane?.stop();
    await provider?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** What `setup api-server` prints. */
  async function printed(words: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await runCli(['setup', 'api-server', ...words]);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  /** Who the API server takes the bearer of a token for. */
  async function whoIs(token: string) {
    const { statusCode, body } = await request(
      `${controlPlane.server}/apis/authentication.k8s.io/v1/selfsubjectreviews`,
      {
        dispatcher: agent,
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }),
      },
    );
    const review = (await body.json()) as Review;
    return { code: statusCode, name: review.status?.userInfo?.username, info: review.status?.userInfo };
  }

  const tokenOf = async (account: string) => {
    const issuerCa = join(folder, 'ca.pem');
    return (await logIn({ issuer: provider.issuer, issuerCa, certificateAuthority, account })).idToken;
  };

  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

  /** A token as the provider signs it, but for what is changed; undefined takes a claim away. */
  function signed(changes: Record<string, unknown>, key?: KeyObject, header = {}): string {
    const now = Math.floor(Date.now() / 1000);
    const claims = {
      ...{ iss: provider.issuer, aud: CLIENT_ID, sub: 'anna', email: ANNA, email_verified: true, hd: DOMAIN },
      ...{ iat: now, exp: now + 600, ...changes },
    };
    const head = { alg: 'RS256', kid: signingKey['kid'], ...header };
    const text = `${part(head)}.${part(claims)}`;
    const privateKey = key ?? createPrivateKey({ key: signingKey, format: 'jwk' });
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
  }

  it('the API server knows a person by e-mail, with a prefix, and by sub; groups have the prefix, too', async () => {
    const { code, info } = await whoIs(await tokenOf(ANNA));
    assert.equal(code, 201);
    assert.deepEqual([info?.username, info?.uid], [KNOWN, 'anna']);
  });

  it('S-59 S-76 groups of the provider are never groups of the cluster’s own', async () => {
    const { info } = await whoIs(signed({ groups: ['net', 'system:masters'] }));
    assert.deepEqual(info?.groups?.sort(), ['oidc:net', 'oidc:system:masters', 'system:authenticated']);
  });

  it('S-59 an e-mail that looks like a name of the cluster’s own gets no such name', async () => {
    assert.equal((await whoIs(await tokenOf('system:admin'))).name, 'oidc:system:admin');
  });

  it('S-76 an e-mail that is not verified is refused', async () => {
    assert.equal((await whoIs(await tokenOf(`ben@${DOMAIN}`))).code, 401);
  });

  it('S-76 an account outside of the hosted domain is refused', async () => {
    assert.equal((await whoIs(await tokenOf('anna@mail.example'))).code, 401);
  });

  it('a second client, as for device codes, is taken', async () => {
    assert.equal((await whoIs(signed({ aud: 'naas-devices', azp: 'naas-devices' }))).name, KNOWN);
  });

  const now = () => Math.floor(Date.now() / 1000);
  const refused: Record<string, () => Record<string, unknown>> = {
    'email_verified is missing': () => ({ email_verified: undefined }),
    'email_verified is false': () => ({ email_verified: false }),
    'email_verified is text': () => ({ email_verified: 'true' }),
    'the e-mail is missing': () => ({ email: undefined }),
    'hd is another domain': () => ({ hd: 'evil.example' }),
    'hd only ends like the domain': () => ({ hd: `x.${DOMAIN}` }),
    'hd is missing': () => ({ hd: undefined }),
    'the audience is another': () => ({ aud: 'other' }),
    'the audience is missing': () => ({ aud: undefined }),
    'azp is another client': () => ({ azp: 'other' }),
    'it has expired': () => ({ exp: now() - 60 }),
    'it never expires': () => ({ exp: undefined }),
    'it is for later': () => ({ nbf: now() + 600 }),
    'the issuer has a slash more': () => ({ iss: `${provider.issuer}/` }),
    'the issuer is in capitals': () => ({ iss: provider.issuer.replace('https', 'HTTPS') }),
    'the issuer lacks its scheme': () => ({ iss: new URL(provider.issuer).host }),
  };
  for (const [name, changes] of Object.entries(refused))
    it(`S-76 a token is refused when ${name}`, async () => {
      assert.equal((await whoIs(signed(changes()))).code, 401);
    });

  it('S-76 a token signed by another key, or not signed, is refused', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    assert.equal((await whoIs(signed({}, privateKey))).code, 401);
    assert.equal((await whoIs(signed({}, privateKey, { kid: 'other' }))).code, 401);
    const jwk = publicKey.export({ format: 'jwk' });
    assert.equal((await whoIs(signed({}, privateKey, { jwk }))).code, 401);
    const [, payload = ''] = signed({}).split('.');
    assert.equal((await whoIs(`${part({ alg: 'none' })}.${payload}.`)).code, 401);
    // The provider's public key used as if it were a secret (HS256).
    const modulus = String(signingKey['n']);
    const head = `${part({ alg: 'HS256', kid: signingKey['kid'] })}.${payload}`;
    const forged = createHmac('sha256', modulus).update(head).digest('base64url');
    assert.equal((await whoIs(`${head}.${forged}`)).code, 401);
  });

  describe('S-77 an e-mail counts letter by letter', () => {
    for (const other of [
      `Anna@${DOMAIN}`,
      'anna@TENANT-A.example',
      `an.na@${DOMAIN}`,
      `anna+x@${DOMAIN}`,
      ` anna@${DOMAIN}`,
      // A Cyrillic letter, and a letter with its accent apart.
      `аnna@${DOMAIN}`,
      `anna\u0301@${DOMAIN}`,
    ])
      it(`${JSON.stringify(other)} is not ${ANNA}`, async () => {
        const { name } = await whoIs(signed({ email: other }));
        assert.equal(name, `oidc:${other}`);
        assert.notEqual(name, KNOWN);
      });

    it('an address that passed to another person shows by its uid', async () => {
      const { info } = await whoIs(signed({ sub: 'another-anna' }));
      assert.deepEqual([info?.username, info?.uid], [KNOWN, 'another-anna']);
    });
  });
});
