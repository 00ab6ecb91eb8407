/** The certificate comes from somebody else, as cert-manager makes it: the webhooks serve it and follow its renewals. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { test } from 'node:test';
import { makeAuthority, makeLeaf } from '../../lib/certificates/authority.ts';
import { PLATFORM_NAMESPACE } from '../../crds/names.ts';
import { platform, succeed } from './platform.ts';

const SECRETS = `/api/v1/namespaces/${PLATFORM_NAMESPACE}/secrets`;
const ADMISSION = '/apis/admissionregistration.k8s.io/v1';
const NAME = 'interfaces.network.as.a.service';
const KINDS = ['mutatingwebhookconfigurations', 'validatingwebhookconfigurations'];
const HOUR = 3_600_000;

const naas = await platform();
const validity = { from: Date.now() - HOUR, to: Date.now() + 24 * HOUR };
const authority = await makeAuthority(validity);
const encode = (text: string) => Buffer.from(text).toString('base64');

/** As cert-manager writes it; no key of an authority is in it. */
async function store(
  leaf: { cert: string; key: string },
  annotations: Readonly<Record<string, string>> = {},
): Promise<void> {
  const data = {
    'tls.crt': encode(leaf.cert),
    'tls.key': encode(leaf.key),
    'ca.crt': encode(authority.cert),
  };
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'webhook-tls', annotations },
    type: 'kubernetes.io/tls',
    data,
  };
  const { status } = await naas.admin('GET', `${SECRETS}/webhook-tls`);
  succeed(
    status === 404
      ? await naas.admin('POST', SECRETS, secret)
      : await naas.admin('PUT', `${SECRETS}/webhook-tls`, secret),
  );
}

/** As cert-manager's injector does. @param bundle what is there already and stays */
async function inject(bundle = ''): Promise<void> {
  const value = encode(bundle + authority.cert);
  const patch = [{ op: 'add', path: '/webhooks/0/clientConfig/caBundle', value }];
  for (const kind of KINDS)
    succeed(await naas.admin('PATCH', `${ADMISSION}/${kind}/${NAME}`, patch, 'application/json-patch+json'));
}

async function shown(port: number, ca = authority.cert): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<X509Certificate | undefined>();
  const socket = connect({ port, host: '127.0.0.1', ca, servername: '' }, () =>
    resolve(socket.getPeerX509Certificate()),
  );
  socket.once('error', reject);
  const certificate = await promise;
  socket.destroy();
  return certificate?.fingerprint256 ?? '';
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`never: ${what}`);
}

const VALIDATING = `${ADMISSION}/validatingwebhookconfigurations/${NAME}`;

/** Weakens the webhook and waits until it is as it has to be again. */
async function putBackWhenWeakened(): Promise<void> {
  const weaken = [{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' }];
  succeed(await naas.admin('PATCH', VALIDATING, weaken, 'application/json-patch+json'));
  await until('S-32 the failure policy is put back', async () => {
    const { body } = await naas.admin('GET', VALIDATING);
    return body.webhooks[0].failurePolicy === 'Fail';
  });
}

test('a given certificate is served and followed, its trust is left to who gives it, all else is put back', async () => {
  const first = await makeLeaf(authority, ['127.0.0.1'], validity);
  await store(first);
  await inject();
  const webhooks = await naas.start({ environment: { NAAS_CERTIFICATES: 'given' } });
  assert.equal(await shown(webhooks.port), new X509Certificate(first.cert).fingerprint256);

  const second = await makeLeaf(authority, ['127.0.0.1'], validity);
  await store(second);
  await until(
    'the renewed certificate is shown',
    async () => (await shown(webhooks.port)) === new X509Certificate(second.cert).fingerprint256,
  );

  // One that is not for this service, or not with its key, takes nothing away.
  const other = await makeLeaf(authority, ['elsewhere.example'], validity);
  await store(other);
  await store({ cert: first.cert, key: second.key });
  const third = await makeLeaf(authority, ['127.0.0.1'], validity);
  assert.equal(await shown(webhooks.port), new X509Certificate(second.cert).fingerprint256);
  await store(third);
  await until(
    'the next good certificate is shown',
    async () => (await shown(webhooks.port)) === new X509Certificate(third.cert).fingerprint256,
  );

  await putBackWhenWeakened();
  const { body } = await naas.admin('GET', VALIDATING);
  assert.equal(body.webhooks[0].clientConfig.caBundle, encode(authority.cert));
  const { body: secret } = await naas.admin('GET', `${SECRETS}/webhook-tls`);
  assert.equal(secret.data['tls.crt'], encode(third.cert));
  await webhooks.stop();
});

test('while cert-manager takes over, a replica that makes its own certificate writes against it neither in the Secret nor in caBundle', async () => {
  const webhooks = await naas.start({ certificateCheck: 50 });
  const { body: own } = await naas.admin('GET', `${SECRETS}/webhook-tls`);
  const ownAuthority = Buffer.from(own.data['ca.crt'], 'base64').toString();
  const before = await shown(webhooks.port, ownAuthority);

  const annotations = { 'cert-manager.io/inject-ca-from': `${PLATFORM_NAMESPACE}/webhook-tls` };
  for (const kind of KINDS) {
    const patch = { metadata: { annotations } };
    succeed(await naas.admin('PATCH', `${ADMISSION}/${kind}/${NAME}`, patch, 'application/merge-patch+json'));
  }
  const leaf = await makeLeaf(authority, ['127.0.0.1'], validity);
  await store(leaf, { 'cert-manager.io/certificate-name': 'webhook-tls' });
  await inject(ownAuthority);

  await putBackWhenWeakened();
  for (const kind of KINDS) {
    const { body } = await naas.admin('GET', `${ADMISSION}/${kind}/${NAME}`);
    assert.equal(body.webhooks[0].clientConfig.caBundle, encode(ownAuthority + authority.cert), kind);
  }
  const { body: secret } = await naas.admin('GET', `${SECRETS}/webhook-tls`);
  assert.equal(secret.data['tls.crt'], encode(leaf.cert));
  assert.equal(await shown(webhooks.port, ownAuthority), before);
  await webhooks.stop();
});
