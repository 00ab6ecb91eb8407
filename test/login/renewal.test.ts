/** What happens to a login as time goes by: renewed, taken back, the provider gone, its keys changed, clocks wrong. */
import assert from 'node:assert/strict';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { createSigningKey } from '../../tools/identity/provider.ts';
import { ANNA, credential, loginStage, ROOT } from './stage.ts';
import type { LoginStage, Result } from './stage.ts';

const MINUTE = 60_000;
const NO_BROWSER = { environment: { BROWSER: 'none' } };

const stage: LoginStage = await loginStage();
after(() => stage.close());

/** Starts each test with a login of its own. */
beforeEach(async () => {
  await rm(stage.logins, { recursive: true, force: true });
  await stage.restartProvider();
  const { code, stderr } = await stage.token();
  assert.equal(code, 0, stderr);
});

async function stored(): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(await stage.storedFile(), 'utf8')) as Record<string, unknown>;
}

/** As if most of the hour had gone by. */
const expireIn = (ms: number) =>
  stage.editStored((login) => {
    const expires = Date.now() + ms;
    Object.assign(login, { expires, obtained: expires - 60 * MINUTE });
  });

function given(result: Result) {
  assert.equal(result.code, 0, result.stderr);
  return credential(result.stdout);
}

describe('S-82 a login', () => {
  it('is renewed five minutes before its end, without the person', async () => {
    const before = await stored();
    await expireIn(6 * MINUTE);
    assert.equal(given(await stage.token(ANNA, [], NO_BROWSER)).token, before['idToken']);
    await expireIn(4 * MINUTE);
    assert.ok(given(await stage.token(ANNA, [], NO_BROWSER)).expires > Date.now() + 50 * MINUTE);
    const after = await stored();
    assert.notEqual(after['refreshToken'], before['refreshToken'], 'the provider rotates refresh tokens');
    assert.equal(after['subject'], before['subject']);
  });

  it('is renewed again and again', async () => {
    const seen = new Set<unknown>();
    for (let round = 0; round < 3; round += 1) {
      await expireIn(0);
      given(await stage.token(ANNA, [], NO_BROWSER));
      seen.add((await stored())['refreshToken']);
    }
    assert.equal(seen.size, 3);
  });

  it('whose refresh token was used elsewhere ends: the person logs in again, the thief is out, too', async () => {
    const copy = await readFile(await stage.storedFile(), 'utf8');
    await expireIn(0);
    given(await stage.token(ANNA, [], NO_BROWSER));
    const thief = await stored();
    await stage.editStored((login) => Object.assign(login, JSON.parse(copy), { expires: 0 }));
    const refused = await stage.token(ANNA, [], NO_BROWSER);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /You are not logged in/);
    // The refresh token that does not work is not kept to be tried at each call.
    assert.equal((await stored())['refreshToken'], undefined);
    await stage.editStored((login) => Object.assign(login, thief, { expires: 0 }));
    assert.equal((await stage.token(ANNA, [], NO_BROWSER)).code, 2);
    const tabs = await stage.tabs();
    given(await stage.token());
    assert.equal(await stage.tabs(), tabs + 1);
  });

  it('of somebody who was removed at the provider ends with its token, and no later', async () => {
    stage.provider.removeAccount('anna');
    const login = await stored();
    // Good for what is left of the hour: docs/login.md says so.
    assert.equal(given(await stage.token(ANNA, [], NO_BROWSER)).token, login['idToken']);
    await expireIn(0);
    const { code, stdout, stderr } = await stage.token(ANNA, [], NO_BROWSER);
    assert.deepEqual([code, stdout], [2, ''], stderr);
  });

  it('that was taken back is over: logout tells the provider, and forgets', async () => {
    const before = await stored();
    const out = await stage.cli(['logout', ...stage.options().slice(0, -2)]);
    assert.equal(out.code, 0, out.stderr);
    assert.match(out.stderr, /Logged out anna@tenant-a.example/);
    await assert.rejects(stage.storedFile(), /0 logins/);
    given(await stage.token());
    // Whoever has copied it before finds it taken back.
    await stage.editStored((login) => Object.assign(login, before, { expires: 0 }));
    assert.equal((await stage.token(ANNA, [], NO_BROWSER)).code, 2);
    assert.ok(stage.provider.requests.includes('/token/revocation'));
  });

  it('is forgotten by logout though the provider does not answer, and that is told', async () => {
    await stage.stopProvider();
    const out = await stage.cli(['logout', ...stage.options().slice(0, -2)]);
    assert.equal(out.code, 2);
    assert.match(out.stderr, /This machine has forgotten the login, but .* cannot be reached/);
    await assert.rejects(stage.storedFile(), /0 logins/);
  });
});

describe('S-84', () => {
  it('while the provider is down the stored token is given until its end, then a clear error', async () => {
    await stage.stopProvider();
    const { idToken } = await stored();
    const quiet = await stage.token();
    assert.deepEqual([given(quiet).token, quiet.stderr], [idToken, '']);
    await expireIn(MINUTE);
    const late = await stage.token();
    assert.equal(given(late).token, idToken);
    assert.match(late.stderr, /cannot be reached: .*ECONNREFUSED.* The login is still good until/);
    await expireIn(0);
    const tabs = await stage.tabs();
    const over = await stage.token();
    assert.deepEqual([over.code, over.stdout], [2, '']);
    assert.match(over.stderr, /Error: https:\/\/127.0.0.1:\d+ cannot be reached: .*ECONNREFUSED/);
    assert.match(over.stderr, /\nNext: try again/);
    assert.equal(await stage.tabs(), tabs, 'nobody is asked to log in where nobody can');
    await stage.restartProvider();
    // Its memory is gone with it, so the refresh token is, too: the person is asked.
    given(await stage.token());
  });

  it('after the provider has changed its keys, logins go on', async () => {
    const { idToken } = await stored();
    await stage.restartProvider({ signingKey: createSigningKey() });
    assert.equal(given(await stage.token(ANNA, [], NO_BROWSER)).token, idToken);
    await expireIn(0);
    const { token } = given(await stage.token());
    const kid = (jwt: unknown) => Buffer.from(String(jwt).split('.')[0] ?? '', 'base64url').toString();
    assert.notEqual(kid(token), kid(idToken));
  });

  for (const minutes of [-5, 5]) {
    const call = {
      nodeOptions: ['--import', join(ROOT, 'test/login/shifted-clock.ts')],
      environment: { CLOCK_SHIFT_MS: String(minutes * MINUTE) },
    };
    it(`on a machine whose clock is ${minutes} minutes wrong, logins work and last as long as they are good`, async () => {
      await rm(stage.logins, { recursive: true });
      const first = given(await stage.token(ANNA, [], call));
      // By the wrong clock, the token is good for its full hour.
      const left = first.expires - (Date.now() + minutes * MINUTE);
      assert.ok(left > 58 * MINUTE && left < 61 * MINUTE, `${left / MINUTE} minutes`);
      const tabs = await stage.tabs();
      assert.equal(given(await stage.token(ANNA, [], call)).token, first.token);
      await expireIn(minutes * MINUTE);
      given(await stage.token(ANNA, [], call));
      assert.equal(await stage.tabs(), tabs, 'renewed without the person');
    });
  }
});
