import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, it } from 'node:test';
import { createAuthority, createSigningKey } from './certificates.ts';

const NOW = Date.UTC(2026, 0, 2);
const CLIENT = '1.3.6.1.5.5.7.3.2';
const SERVER = '1.3.6.1.5.5.7.3.1';

describe('an authority', async () => {
  const authority = await createAuthority('test-ca', NOW);
  const ca = new X509Certificate(authority.cert);

  it('is one, and good for a year from a little before now', () => {
    assert.equal(ca.ca, true);
    assert.equal(ca.subject, 'CN=test-ca');
    assert.equal(ca.validFromDate.getTime(), NOW - 5 * 60 * 1000);
    assert.equal(ca.validToDate.getTime(), NOW + 365 * 24 * 3600 * 1000);
  });

  it('gives clients their name and groups, whatever characters these hold', async () => {
    const name = 'system:serviceaccount:naas-system:a+b, O=system:masters';
    const { cert, key } = await authority.issueClient({ name, groups: ['one', 'two'] });
    const certificate = new X509Certificate(cert);
    assert.ok(certificate.verify(ca.publicKey) && certificate.checkIssued(ca));
    assert.ok(certificate.checkPrivateKey(createPrivateKey(key)));
    const { subject } = certificate.toLegacyObject();
    assert.deepEqual({ ...subject }, { CN: name, O: ['one', 'two'] });
    assert.deepEqual(certificate.keyUsage, [CLIENT]);
    assert.equal(certificate.ca, false);
  });

  it('gives servers their names and addresses', async () => {
    const { cert } = await authority.issueServer('web', ['127.0.0.1', '::1', 'localhost']);
    const certificate = new X509Certificate(cert);
    assert.equal(certificate.checkIP('127.0.0.1'), '127.0.0.1');
    assert.equal(certificate.checkIP('::1'), '::1');
    assert.equal(certificate.checkHost('localhost'), 'localhost');
    assert.equal(certificate.checkHost('example.com'), undefined);
    assert.deepEqual(certificate.keyUsage, [SERVER]);
  });

  it('lets a server be a client only where that is asked for', async () => {
    const { cert } = await authority.issueServer('peer', ['localhost'], { client: true });
    assert.deepEqual(new X509Certificate(cert).keyUsage, [SERVER, CLIENT]);
  });

  it('does not vouch for what another of the same name issued', async () => {
    const other = await createAuthority('test-ca', NOW);
    const { cert } = await other.issueClient({ name: 'mallory' });
    assert.equal(new X509Certificate(cert).verify(ca.publicKey), false);
  });
});

describe('a signing key', () => {
  it('is a new pair each time', async () => {
    const [a, b] = await Promise.all([createSigningKey(), createSigningKey()]);
    assert.notEqual(a.privateKey, b.privateKey);
    assert.equal(createPrivateKey(a.privateKey).asymmetricKeyDetails?.namedCurve, 'prime256v1');
    assert.match(a.publicKey, /^-----BEGIN PUBLIC KEY-----\n/);
  });
});
