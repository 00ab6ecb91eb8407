import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import {
  execCredential,
  loginFolder,
  loginPath,
  readLogin,
  settleAccount,
  worth,
  writeLogin,
} from './login-store.ts';
import type { StoredLogin } from './login-store.ts';
import { writePrivate } from './private-file.ts';
import { loginSettings } from './settings.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const root = mkdtempSync(join(tmpdir(), 'naas-store-'));
after(() => rmSync(root, { recursive: true }));
let count = 0;
const newFolder = () => join(root, String((count += 1)));

const settings = loginSettings({ issuer: 'https://issuer.example', 'client-id': 'naas' }, 'naas');
const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;
const login: StoredLogin = {
  issuer: settings.issuer,
  clientId: settings.clientId,
  subject: '17',
  email: 'anna@example.com',
  idToken: jwt({ iss: settings.issuer, aud: settings.clientId }),
  obtained: 0,
  expires: HOUR,
};

describe('what a token is worth', () => {
  for (const [minutes, lifetime, expected] of [
    [0, HOUR, 'fresh'],
    [54, HOUR, 'fresh'],
    [55, HOUR, 'last minutes'],
    [59, HOUR, 'last minutes'],
    [60, HOUR, 'expired'],
    // One that lives four minutes would be renewed at each call.
    [1, 4 * MINUTE, 'fresh'],
    [2, 4 * MINUTE, 'last minutes'],
    // The clock was set back by hours.
    [-120, HOUR, 'expired'],
  ] as const) {
    it(`of ${lifetime / MINUTE} minutes, after ${minutes}: ${expected}`, () => {
      assert.equal(worth({ ...login, expires: lifetime }, minutes * MINUTE), expected);
    });
  }
});

describe('a stored login', () => {
  it('comes back as it was, and no other account gets it', () => {
    const folder = newFolder();
    writeLogin(folder, settings, login);
    assert.deepEqual(readLogin(folder, settings), login);
    for (const change of [
      { issuer: 'https://other.example' },
      { clientId: 'other' },
      { account: 'ben@example.com' },
      { scopes: ['groups'] },
    ])
      assert.equal(readLogin(folder, { ...settings, ...change }), undefined);
  });

  it('S-83 counts only for the issuer and the audience that its token names', () => {
    for (const claims of [
      { iss: 'https://evil.example', aud: 'naas' },
      { iss: settings.issuer, aud: 'other' },
      { iss: settings.issuer },
    ]) {
      const folder = newFolder();
      writeLogin(folder, settings, { ...login, idToken: jwt(claims) });
      assert.equal(readLogin(folder, settings), undefined);
    }
  });

  it('is kept under the address it turned out to be', () => {
    const folder = newFolder();
    writeLogin(folder, settings, login);
    const settled = settleAccount(folder, settings, login);
    assert.equal(settled.account, 'anna@example.com');
    assert.equal(readLogin(folder, settings), undefined);
    assert.deepEqual(readLogin(folder, settled), login);
  });

  it('S-77 an address that passed to another person is refused', () => {
    const folder = newFolder();
    settleAccount(folder, settings, login);
    assert.throws(() => settleAccount(folder, settings, { ...login, subject: '18' }), /another person/);
    assert.equal(readLogin(folder, { ...settings, account: 'anna@example.com' })?.subject, '17');
  });

  it('S-81 has a name that says nothing of it', () => {
    const path = loginPath('/x', { ...settings, account: 'anna@example.com' });
    assert.match(path, /^\/x\/[0-9a-f]{32}$/);
  });

  it('S-80 half of one is none', () => {
    const folder = newFolder();
    writeLogin(folder, settings, login);
    const whole = readFileSync(`${loginPath(folder, settings)}.json`, 'utf8');
    for (const half of ['', whole.slice(0, 10), whole.slice(0, -1), 'null', '[]', '{"idToken":1}']) {
      writePrivate(`${loginPath(folder, settings)}.json`, half);
      assert.equal(readLogin(folder, settings), undefined);
    }
  });
});

it('kubectl gets token and time, and nothing else', () => {
  assert.deepEqual(JSON.parse(execCredential(login)), {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { token: login.idToken, expirationTimestamp: '1970-01-01T01:00:00.000Z' },
  });
});

it('logins are kept where the person keeps caches', () => {
  assert.equal(loginFolder({ HOME: '/home/anna' }), '/home/anna/.cache/naas/login');
  assert.equal(loginFolder({ HOME: '/home/anna', XDG_CACHE_HOME: '/c' }), '/c/naas/login');
  assert.equal(loginFolder({ XDG_CACHE_HOME: '/c', NAAS_LOGIN_FOLDER: '/own' }), '/own');
});
