import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { authenticationText } from './authentication.ts';

const HEALTH = { enabled: true, conditions: [{ path: '/livez' }, { path: '/readyz' }, { path: '/healthz' }] };

describe('the authentication configuration', () => {
  it('lets strangers ask for health only', () => {
    const { kind, anonymous, jwt } = parse(authenticationText());
    assert.equal(kind, 'AuthenticationConfiguration');
    assert.deepEqual(anonymous, HEALTH);
    assert.equal(jwt, undefined);
  });

  it('keeps what is given and adds the rule for strangers', () => {
    const given = 'apiVersion: apiserver.config.k8s.io/v1beta1\njwt: [{issuer: {url: "https://id.example"}}]';
    assert.deepEqual(parse(authenticationText(given)), {
      apiVersion: 'apiserver.config.k8s.io/v1beta1',
      kind: 'AuthenticationConfiguration',
      anonymous: HEALTH,
      jwt: [{ issuer: { url: 'https://id.example' } }],
    });
  });

  it('keeps a rule for strangers that is given', () => {
    assert.deepEqual(parse(authenticationText('anonymous: {enabled: false}')).anonymous, { enabled: false });
  });

  it('refuses text that is no object', () => {
    assert.throws(() => authenticationText('[]'), /must be a YAML object/);
    assert.throws(() => authenticationText(''), /must be a YAML object/);
  });
});
