/** Many calls of kubectl at once: one browser tab, one refresh, and nothing broken. */
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, beforeEach, it } from 'node:test';
import { ANNA, credential, loginStage } from './stage.ts';
import type { CallOptions, LoginStage } from './stage.ts';

const CALLS = 50;
const stage: LoginStage = await loginStage();
after(() => stage.close());
beforeEach(() => rm(stage.logins, { recursive: true, force: true }));

const all = (call: CallOptions = {}, words: readonly string[] = []) =>
  Promise.all(Array.from({ length: CALLS }, () => stage.token(ANNA, words, call)));

it('S-80 fifty processes at once open one browser tab and get the same token', async () => {
  const tabs = await stage.tabs();
  const results = await all();
  for (const { code, stderr } of results) assert.equal(code, 0, stderr);
  assert.equal(new Set(results.map(({ stdout }) => credential(stdout).token)).size, 1);
  assert.equal(await stage.tabs(), tabs + 1);
});

it('S-80 S-82 fifty processes at once renew an expired login once', async () => {
  await stage.token();
  await stage.editStored((login) => (login['expires'] = 0));
  const before = stage.provider.requests.filter((path) => path === '/token').length;
  const results = await all({ environment: { BROWSER: 'none' } });
  for (const { code, stderr } of results) assert.equal(code, 0, stderr);
  assert.equal(new Set(results.map(({ stdout }) => credential(stdout).token)).size, 1);
  assert.equal(stage.provider.requests.filter((path) => path === '/token').length, before + 1);
});

it('S-80 fifty processes at once that nobody answers open one tab; later calls are quiet until login', async () => {
  const opened = join(stage.folder, 'ignored-tabs');
  const browser = join(stage.folder, 'ignored');
  await writeFile(browser, `#!/bin/sh\necho "$1" >> '${opened}'\n`, { mode: 0o755 });
  const call = { environment: { BROWSER: browser } };
  const count = async () => (await readFile(opened, 'utf8')).trim().split('\n').length;
  const results = await all(call, ['--timeout', '10']);
  assert.ok(results.every(({ code }) => code === 124 || code === 2));
  assert.equal(results.filter(({ code }) => code === 124).length, 1, 'one has asked');
  assert.equal(await count(), 1);
  // As after a night of them.
  const [record = ''] = (await readdir(stage.logins)).filter((name) => name.endsWith('.prompts'));
  await writeFile(join(stage.logins, record), JSON.stringify({ unanswered: 4, at: 0 }));
  const later = await stage.token(ANNA, [], call);
  assert.equal(later.code, 2);
  assert.match(
    later.stderr,
    /You are not logged in: 4 logins in a row were not answered\nNext: kubectl naas login/,
  );
  assert.equal(await count(), 1);
});

it('S-80 where the disk is full no login is begun, and a login that is there is given', async () => {
  await mkdir(stage.logins, { mode: 0o700 });
  const tabs = await stage.tabs();
  const without = await stage.token(ANNA, [], { fullDisk: true });
  assert.equal(without.code, 2);
  assert.equal(await stage.tabs(), tabs);
  await rm(stage.logins, { recursive: true });
  await stage.token();
  const expires = Date.now() + 60_000;
  await stage.editStored((login) => Object.assign(login, { expires, obtained: expires - 3_600_000 }));
  const requests = stage.provider.requests.length;
  const last = await stage.token(ANNA, [], { fullDisk: true });
  assert.equal(last.code, 0, last.stderr);
  assert.match(last.stderr, /The login is still good until/);
  assert.equal(
    stage.provider.requests.filter((path, index) => index >= requests && path === '/token').length,
    0,
  );
});
