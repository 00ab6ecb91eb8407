/** Logging in on another machine, by a code. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, afterEach, before, describe, it } from 'node:test';
import { visit } from '../../tools/identity/visit.ts';
import { ANNA, CLUSTER, credential, loginStage, ROOT } from './stage.ts';
import type { LoginStage } from './stage.ts';

let stage: LoginStage;
before(async () => {
  stage = await loginStage();
});
after(() => stage?.close());
afterEach(() => rm(stage.logins, { recursive: true, force: true }));

/** Calls `token --device-code` and does with the code what a person does. */
async function withCode(answer: (page: URL, code: string) => Promise<unknown>) {
  const spec = { interactive: true, cluster: CLUSTER };
  const child = spawn(
    process.execPath,
    [join(ROOT, 'services/cli/main.ts'), 'token', ...stage.options(), '--device-code'],
    {
      env: {
        ...{
          PATH: process.env['PATH'],
          HOME: stage.folder,
          NAAS_LOGIN_FOLDER: stage.logins,
          BROWSER: 'none',
        },
        KUBERNETES_EXEC_INFO: JSON.stringify({ spec }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    },
  );
  let stderr = '';
  let answered: Promise<unknown> | undefined;
  child.stderr.on('data', (chunk) => {
    stderr += String(chunk);
    const [, page, code] = /Open (\S+) on any machine and enter (\S+)\n/.exec(stderr) ?? [];
    if (page !== undefined && code !== undefined) answered ??= answer(new URL(page), code);
  });
  const [stdout] = await Promise.all([text(child.stdout), once(child, 'close')]);
  await answered;
  return { code: child.exitCode, stdout, stderr };
}

const atPage = (page: URL, code: string, account: string) => {
  const address = new URL(page);
  address.searchParams.set('user_code', code);
  return visit(address, { account, certificateAuthority: stage.certificateAuthority });
};

describe('a login by device code', () => {
  it('gives a token once the person has entered the code, and renews it without them', async () => {
    const { code, stdout, stderr } = await withCode((page, code) => atPage(page, code, ANNA));
    assert.equal(code, 0, stderr);
    const { claims } = credential(stdout);
    assert.deepEqual([claims['email'], claims['aud']], [ANNA, 'naas']);
    await stage.editStored((login) => (login['expires'] = 0));
    const renewed = await stage.token(ANNA, ['--device-code'], { environment: { BROWSER: 'none' } });
    assert.equal(renewed.code, 0, renewed.stderr);
    assert.equal(await stage.tabs(), 0);
  });

  it('ends when the person says no', async () => {
    const { code, stdout, stderr } = await withCode(async (page, code) => {
      const address = new URL(page);
      address.searchParams.set('user_code', code);
      await refuse(address);
    });
    assert.equal(code, 2, stderr);
    assert.match(stderr, /refused the login: access_denied/);
    assert.equal(stdout, '');
  });

  it('is not begun where nobody could read the code', async () => {
    const { code, stderr } = await stage.token(ANNA, ['--device-code'], { interactive: false });
    assert.equal(code, 2);
    assert.match(stderr, /nobody or no browser to ask\nNext: kubectl naas login, or login --device-code/);
    assert.ok(!stage.provider.requests.includes('/device/auth') || !stderr.includes('enter'));
  });
});

/** The person presses "Abort" on the page that asks whether the code is theirs. */
async function refuse(address: URL): Promise<void> {
  const { Agent, fetch } = await import('undici');
  const dispatcher = new Agent({ connect: { ca: stage.certificateAuthority } });
  const page = await fetch(address, { dispatcher });
  const html = await page.text();
  const cookie = page.headers
    .getSetCookie()
    .map((each) => each.split(';')[0])
    .join('; ');
  const xsrf = /name="xsrf" value="([^"]*)"/.exec(html)?.[1] ?? '';
  const body = new URLSearchParams({
    xsrf,
    user_code: address.searchParams.get('user_code') ?? '',
    abort: 'yes',
  });
  await (
    await fetch(new URL('/device', address), { dispatcher, method: 'POST', body, headers: { cookie } })
  ).text();
  await dispatcher.close();
}
