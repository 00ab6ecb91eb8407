import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { clusterAddress, readExecInfo } from './exec-info.ts';
import { objection } from './known-clusters.ts';

const GOOGLE = { issuer: 'https://accounts.google.com', clientId: 'naas' };
const EVIL = { issuer: 'https://accounts.google.com.evil.example', clientId: 'naas' };
const fields = { server: 'https://api.example:6443', 'certificate-authority-data': 'Y2E=' };
const real = clusterAddress(fields);
const other = clusterAddress({ ...fields, server: 'https://evil.example' });
const knownReal = { ...real, ...GOOGLE };

describe('S-83 who gets the token of a login', () => {
  it('a cluster that was never seen, if the login was used nowhere else', () => {
    assert.equal(objection(real, GOOGLE, undefined, []), undefined);
    assert.equal(objection(other, EVIL, undefined, [knownReal]), undefined);
  });
  it('the cluster that it was used for', () => {
    assert.equal(objection(real, GOOGLE, knownReal, []), undefined);
  });
  it('no other server', () => {
    assert.match(
      objection(other, GOOGLE, undefined, [knownReal]) ?? '',
      /would send your login .* to https:\/\/evil/,
    );
  });
  it('not by another issuer or client', () => {
    assert.match(objection(real, EVIL, knownReal, []) ?? '', /wants a login at .*evil/);
    assert.match(objection(real, { ...GOOGLE, clientId: 'x' }, knownReal, []) ?? '', /wants a login/);
  });
  for (const change of [
    { 'certificate-authority-data': 'ZXZpbA==' },
    { 'tls-server-name': 'evil.example' },
    { 'insecure-skip-tls-verify': true },
    { 'proxy-url': 'http://evil.example' },
  ])
    it(`not by another way to the same server: ${Object.keys(change)[0]}`, () => {
      const way = clusterAddress({ ...fields, ...change });
      assert.match(objection(way, GOOGLE, knownReal, []) ?? '', /is known with another/);
    });
});

it('the same cluster is the same, however its authority and address are written', () => {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  const written = (server: string, ca: string) =>
    clusterAddress({ server, 'certificate-authority-data': base64(ca) });
  assert.deepEqual(written('https://a.example', 'pem\n'), written('https://a.example/', 'pem'));
});

describe('what kubectl tells the plugin', () => {
  const info = (spec: unknown) => JSON.stringify({ kind: 'ExecCredential', spec });
  it('names the cluster, and whether somebody is there', () => {
    assert.deepEqual(readExecInfo(info({ interactive: true, cluster: fields }), 'kubectl naas'), {
      cluster: real,
      interactive: true,
    });
  });
  for (const text of [
    undefined,
    '',
    'no JSON',
    '{}',
    info({}),
    info({ cluster: {} }),
    info({ cluster: { server: 1 } }),
  ])
    it(`S-83 without the cluster there is no token: ${text}`, () => {
      assert.throws(
        () => readExecInfo(text, 'kubectl naas'),
        /token is called by kubectl|provideClusterInfo/,
      );
    });
});
