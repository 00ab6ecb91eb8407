/** People log in at a real OIDC provider; the API server believes it, and nobody else. */
import assert from 'node:assert/strict';
import { createSign, generateKeyPairSync } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { Agent, request } from 'undici';
import { authenticationConfiguration } from '../../tools/identity/authentication-configuration.ts';
import { login } from '../../tools/identity/login.ts';
import { CLIENT_ID, startProvider, type RunningProvider } from '../../tools/identity/provider.ts';
import { createAuthority } from '../../tools/controlplane/certificates.ts';
import { startControlPlane, type ControlPlane } from '../../tools/controlplane/start.ts';

interface Review {
  readonly status?: { readonly userInfo?: { readonly username: string } };
}

describe('login by OIDC', () => {
  let provider: RunningProvider;
  let certificateAuthority: string;
  let controlPlane: ControlPlane;
  let agent: Agent;

  before(async () => {
    const authority = await createAuthority('test-identity', Date.now());
    certificateAuthority = authority.cert;
    const serving = await authority.issueServer('identity', ['127.0.0.1']);
    provider = await startProvider({
      certificate: serving.cert,
      key: serving.key,
      accounts: [
        { name: 'tenant-a', email: 'user@tenant-a.example' },
        { name: 'unverified', email: 'user@tenant-b.example', emailVerified: false },
        { name: 'posing', email: 'system:admin' },
      ],
    });
    controlPlane = await startControlPlane({
      controllerManager: false,
      authenticationConfiguration: authenticationConfiguration({
        url: provider.issuer,
        audience: CLIENT_ID,
        certificateAuthority,
      }),
    });
    agent = new Agent({ connect: { ca: controlPlane.caPem } });
  });
  after(async () => {
    await agent?.close();
    await controlPlane?.stop();
    await provider?.stop();
  });

  /** Who the API server takes the bearer of a token for. */
  async function whoIs(token: string): Promise<{ code: number; name: string | undefined }> {
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
    return { code: statusCode, name: review.status?.userInfo?.username };
  }

  const tokenOf = async (account: string) =>
    (await login({ issuer: provider.issuer, certificateAuthority, account })).idToken;

  it('the API server knows a person by e-mail, with a prefix', async () => {
    const token = await tokenOf('tenant-a');
    // The API server fetches the provider's keys in the background after its start.
    const signal = AbortSignal.timeout(30_000);
    let who = await whoIs(token);
    while (who.code === 401 && !signal.aborted) who = await whoIs(token);
    assert.deepEqual(who, { code: 201, name: 'oidc:user@tenant-a.example' });
  });

  it('S-76 an e-mail that is not verified is refused', async () => {
    assert.equal((await whoIs(await tokenOf('unverified'))).code, 401);
  });

  it('S-59 an e-mail that looks like a name of the cluster’s own gets no such name', async () => {
    assert.deepEqual(await whoIs(await tokenOf('posing')), { code: 201, name: 'oidc:system:admin' });
  });

  it('S-76 a token signed by another key, or not signed, is refused', async () => {
    const [header = '', payload = ''] = (await tokenOf('tenant-a')).split('.');
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const forged = createSign('RSA-SHA256').update(`${header}.${payload}`).sign(privateKey, 'base64url');
    assert.equal((await whoIs(`${header}.${payload}.${forged}`)).code, 401);
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    assert.equal((await whoIs(`${none}.${payload}.`)).code, 401);
  });
});
