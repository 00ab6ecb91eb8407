import assert from 'node:assert/strict';
import { it } from 'node:test';
import { profileOf } from './profile.ts';

const google = { issuer: 'https://accounts.google.com', scopes: [] };
const any = { issuer: 'https://issuer.example', scopes: [] };

it('Google is asked in its own words, never for offline_access', () => {
  for (const scopes of [[], ['offline_access']])
    assert.deepEqual(profileOf({ ...google, scopes }, ['openid', 'email', 'offline_access']), {
      scopes: ['openid', 'email'],
      parameters: { access_type: 'offline', prompt: 'consent' },
    });
});

it('others are asked for offline_access if they know it', () => {
  assert.deepEqual(profileOf(any, ['openid', 'offline_access']), {
    scopes: ['openid', 'email', 'offline_access'],
    parameters: { prompt: 'consent' },
  });
  for (const supported of [undefined, ['openid']])
    assert.deepEqual(profileOf(any, supported), { scopes: ['openid', 'email'], parameters: {} });
});

it('scopes of the person come along', () => {
  assert.deepEqual(profileOf({ ...any, scopes: ['groups', 'openid'] }, undefined).scopes, [
    'openid',
    'email',
    'groups',
  ]);
});

it('an issuer that only looks like Google is none', () => {
  for (const issuer of ['https://accounts.google.com/', 'https://accounts.google.com.example'])
    assert.deepEqual(profileOf({ issuer, scopes: [] }, []).parameters, {});
});
