/** `kubectl naas token` as kubectl calls it: a person logs in by the browser, once. */
import assert from 'node:assert/strict';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { createSigningKey } from '../../tools/identity/provider.ts';
import { logIn } from '../support/id-token.ts';
import { ANNA, BEN, credential, loginStage, ROOT } from './stage.ts';
import type { LoginStage } from './stage.ts';

let stage: LoginStage;
let tamper: ((path: string, answer: Record<string, unknown>) => void) | undefined;
before(async () => {
  stage = await loginStage({ tamper: (path, answer) => tamper?.(path, answer) });
});
after(() => stage?.close());
afterEach(() => rm(stage.logins, { recursive: true, force: true }));

describe('a login by the browser', () => {
  it('gives kubectl a token of the person; the next call needs neither browser nor provider', async () => {
    const tabs = await stage.tabs();
    const first = await stage.token();
    assert.equal(first.code, 0, first.stderr);
    const { claims, expires, token } = credential(first.stdout);
    assert.deepEqual([claims['email'], claims['aud'], claims['iss']], [ANNA, 'naas', stage.issuer]);
    assert.ok(Math.abs(expires - Number(claims['exp']) * 1000) < 5000);
    const asked = stage.provider.requests.length;
    const second = await stage.token();
    assert.equal(credential(second.stdout).token, token);
    assert.equal(second.stderr, '');
    assert.deepEqual([await stage.tabs(), stage.provider.requests.length], [tabs + 1, asked]);
  });

  it('with a stored login loads no OIDC library, and nothing that is not ours', async () => {
    await stage.token();
    const record = join(stage.folder, 'modules');
    await rm(record, { force: true });
    const call = { sources: true, nodeOptions: ['--import', join(ROOT, 'test/login/record-modules.ts')] };
    const { code } = await stage.token(ANNA, [], { ...call, environment: { RECORD_MODULES: record } });
    assert.equal(code, 0);
    const loaded = (await readFile(record, 'utf8')).trim().split('\n');
    assert.ok(loaded.some((url) => url.endsWith('/services/cli/commands/token.ts')));
    const foreign = loaded.filter((url) => url.startsWith('file:') && url.includes('/node_modules/'));
    assert.deepEqual(foreign, []);
    const late = loaded.filter((url) => /\/(obtain|provider|code-flow|client|connection)\.ts$/.test(url));
    assert.deepEqual(late, []);
  });

  it('for an account is not taken from another account', async () => {
    const answer = await stage.cli(['token', ...stage.options('nobody@tenant-a.example')], {
      environment: { BROWSER: await chooser(BEN) },
    });
    assert.equal(answer.code, 2);
    assert.match(
      answer.stderr,
      /You logged in as ben@tenant-b.example; this login is for nobody@tenant-a.example/,
    );
    assert.equal(answer.stdout, '');
  });

  it('S-79 what the provider says of an error is shown as text, on one line', async () => {
    tamper = (path, answer) => {
      if (path !== '/token') return;
      for (const name of Object.keys(answer)) delete answer[name];
      Object.assign(answer, { error: 'server_error', error_description: 'x \u001B[2J <b>' });
    };
    try {
      const { code, stderr } = await stage.token();
      assert.equal(code, 2);
      assert.ok(![...stderr].some((character) => character === '\u001B'), JSON.stringify(stderr));
    } finally {
      tamper = undefined;
    }
  });
});

/** A browser in which the person presses the button of this account, whoever is asked for. */
async function chooser(account: string): Promise<string> {
  const file = join(stage.folder, `browser-${account}`);
  const script = `${ROOT}tools/identity/browser.ts`;
  const text = `#!/bin/sh\nexec '${process.execPath}' '${script}' --ca '${stage.issuerCa}' --account '${account}' "$1"\n`;
  await writeFile(file, text, { mode: 0o755 });
  return file;
}

describe('S-78 a provider’s answer that is not what was asked for is refused', () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const changed = (change: Record<string, unknown>, header?: object) => (token: string) => {
    const [head = '', payload = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as object;
    const given = header === undefined ? head : part(header);
    return `${given}.${part({ ...claims, ...change })}.${header === undefined ? signature : ''}`;
  };
  const cases: Record<string, (token: string) => string | undefined> = {
    'a changed e-mail under the old signature': changed({ email_verified: true, extra: 1 }),
    'a token that is not signed': changed({}, { alg: 'none' }),
    'another nonce': changed({ nonce: 'other' }),
    'another issuer': changed({ iss: 'https://evil.example' }),
    'another audience': changed({ aud: 'other' }),
    'no token': () => undefined,
  };
  for (const [name, change] of Object.entries(cases))
    it(name, async () => {
      tamper = (path, answer) => {
        if (path !== '/token') return;
        const token = change(String(answer['id_token']));
        if (token === undefined) delete answer['id_token'];
        else answer['id_token'] = token;
      };
      try {
        const { code, stdout, stderr } = await stage.token();
        assert.equal(code, 2, stderr);
        assert.equal(stdout, '');
        assert.match(stderr, /Error: .*(not accepted|no ID token)/);
        await assert.rejects(stage.storedFile(), /0 logins/);
      } finally {
        tamper = undefined;
      }
    });

  it('a provider that calls itself by another name', async () => {
    tamper = (path, answer) => {
      if (path === '/.well-known/openid-configuration') answer['issuer'] = 'https://evil.example';
    };
    try {
      const { code, stderr } = await stage.token();
      assert.equal(code, 2);
      assert.match(stderr, /issuer/);
    } finally {
      tamper = undefined;
    }
  });

  it('an issuer with a slash more is another issuer', async () => {
    const words = stage.options().map((word) => (word === stage.issuer ? `${word}/` : word));
    const { code, stderr } = await stage.cli(['token', ...words]);
    assert.equal(code, 2);
    assert.match(
      stderr,
      new RegExp(`The provider calls itself ${stage.issuer}\nNext: --issuer ${stage.issuer}`),
    );
  });
});

it('S-78 the provider gives nothing to a login without PKCE', async () => {
  const url = new URL(`${stage.issuer}/auth`);
  url.search = new URLSearchParams({
    ...{ client_id: 'naas', response_type: 'code', scope: 'openid email', state: 'x', nonce: 'y' },
    redirect_uri: 'http://127.0.0.1:1/callback',
  }).toString();
  const { Agent, fetch } = await import('undici');
  const dispatcher = new Agent({ connect: { ca: stage.certificateAuthority } });
  const answer = await fetch(url, { dispatcher, redirect: 'manual' });
  assert.match(answer.headers.get('location') ?? '', /error=invalid_request.*PKCE/i);
  await dispatcher.close();
});

it('where nobody is there, nobody is asked', async () => {
  const tabs = await stage.tabs();
  for (const environment of [{ NAAS_UNATTENDED: '1' }, { BROWSER: 'none' }]) {
    const { code, stdout, stderr } = await stage.token(ANNA, [], { environment });
    assert.deepEqual([code, stdout], [2, '']);
    assert.match(stderr, /You are not logged in/);
  }
  assert.equal(await stage.tabs(), tabs);
});

describe('a client with a secret', () => {
  const secret = 'canary-of-a-client-secret';
  let own: LoginStage;
  before(async () => {
    own = await loginStage({ clientSecret: secret });
  });
  after(() => own?.close());

  it('S-81 gives it from a file or the environment, and it is kept nowhere', async () => {
    // A home is often open to others; the file in it is not.
    const home = join(own.folder, 'home');
    await mkdir(home, { mode: 0o755 });
    const file = join(home, 'secret');
    await writeFile(file, `${secret}\n`, { mode: 0o600 });
    for (const [words, environment] of [
      [['--client-secret-file', file], {}],
      [[], { NAAS_CLIENT_SECRET: secret }],
    ] as const) {
      const { code, stdout, stderr } = await own.token(ANNA, words, { environment });
      assert.equal(code, 0, stderr);
      const seen = stdout + stderr + (await readFile(await own.storedFile(), 'utf8'));
      assert.ok(!seen.includes(secret));
      await rm(own.logins, { recursive: true });
    }
  });

  it('is refused without it, and a file that others can read is not used', async () => {
    const file = join(own.folder, 'open');
    await writeFile(file, secret, { mode: 0o644 });
    const { stderr } = await own.token(ANNA, ['--client-secret-file', file]);
    assert.match(stderr, /open is open to others .*\nNext: chmod 600 \/.*\/open\n/);
    assert.match((await own.token()).stderr, /refused the login: invalid_client/);
  });
});

describe('Google’s manner', () => {
  let google: LoginStage;
  before(async () => {
    google = await loginStage({ manner: 'google', signingKey: createSigningKey() });
  });
  after(() => google?.close());
  const who = () => ({
    ...{
      issuer: google.issuer,
      issuerCa: google.issuerCa,
      certificateAuthority: google.certificateAuthority,
    },
    account: ANNA,
  });

  it('gives a refresh token to who asks in its words', async () => {
    const { profileOf } = await import('../../services/cli/login/profile.ts');
    const profile = profileOf({ issuer: 'https://accounts.google.com', scopes: [] }, undefined);
    assert.ok((await logIn({ ...who(), profile })).refreshToken);
  });

  it('gives none otherwise, and refuses offline_access', async () => {
    assert.equal(
      (await logIn({ ...who(), profile: { scopes: ['openid', 'email'], parameters: {} } })).refreshToken,
      undefined,
    );
    const scopes = ['openid', 'email', 'offline_access'];
    const asking = logIn({ ...who(), profile: { scopes, parameters: { prompt: 'consent' } } });
    await assert.rejects(asking, /400.*invalid_scope/);
  });
});
