import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { browserProgram, mayBeOpened, openBrowser } from './browser.ts';

const root = mkdtempSync(join(tmpdir(), 'naas-browser-'));
after(() => rmSync(root, { recursive: true }));

it('the browser is the person’s, else the desktop’s, else none', () => {
  assert.deepEqual(browserProgram('linux', { BROWSER: '/usr/bin/firefox', DISPLAY: ':0' }), [
    '/usr/bin/firefox',
  ]);
  assert.deepEqual(browserProgram('linux', { DISPLAY: ':0' }), ['xdg-open']);
  assert.deepEqual(browserProgram('linux', { WAYLAND_DISPLAY: 'wayland-0' }), ['xdg-open']);
  assert.equal(browserProgram('linux', {}), undefined);
  assert.equal(browserProgram('linux', { BROWSER: 'none', DISPLAY: ':0' }), undefined);
  assert.deepEqual(browserProgram('darwin', {}), ['open']);
});

describe('S-83 pages that may be opened', () => {
  for (const address of ['https://issuer.example/device', 'http://127.0.0.1:1234/start/x'])
    it(address, () => assert.ok(mayBeOpened(address)));
  for (const address of [
    'http://issuer.example/',
    'http://127.0.0.1.example/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/html,x',
    'vscode://open',
    '-oProxyCommand=x',
    'https://user:secret@issuer.example/',
    '',
  ])
    it(`not ${address}`, () => {
      assert.ok(!mayBeOpened(address));
      assert.throws(() => openBrowser(address, ['/bin/true'], {}, () => undefined), /not opened/);
    });
});

it('S-81 S-83 the browser gets the address as one argument, no shell reads it, and the secret is not in its environment', async () => {
  const seen = join(root, 'seen');
  const program = join(root, 'browser');
  writeFileSync(program, `#!/bin/sh\nprintf '%s\\n' "$#" "$1" "$NAAS_CLIENT_SECRET" > ${seen}\nexit 3\n`, {
    mode: 0o755,
  });
  const address = `https://issuer.example/?a=$(touch%20${root}/x);touch ${root}/y&b='"\`id\``;
  const why = await new Promise<string>((resolve) =>
    openBrowser(address, [program], { ...process.env, NAAS_CLIENT_SECRET: 'canary' }, resolve),
  );
  assert.match(why, /ended with code 3/);
  assert.deepEqual(readFileSync(seen, 'utf8').split('\n'), ['1', address, '', '']);
});

it('a browser that is not there is told', async () => {
  const why = await new Promise<string>((resolve) =>
    openBrowser('https://issuer.example', ['/nonexistent/browser'], {}, resolve),
  );
  assert.match(why, /ENOENT/);
});
