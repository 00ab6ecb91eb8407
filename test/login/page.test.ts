/** The commands of docs/login.md, on a real provider and API server. */
import assert from 'node:assert/strict';
import { copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, it } from 'node:test';
import { parse } from 'yaml';
import { writeContexts } from '../../tools/platform/contexts.ts';
import { pageCommands } from '../support/page-commands.ts';
import { clusterStage } from './cluster-stage.ts';
import type { ClusterStage } from './cluster-stage.ts';
import { ROOT } from './stage.ts';

const page = await readFile(join(ROOT, 'docs/login.md'), 'utf8');
/** The lines of the page's part with this title. */
const part = (title: string) => pageCommands(page, title).join('');

let stage: ClusterStage;
before(async () => {
  stage = await clusterStage();
  const { folder, issuerCa } = stage.login;
  await copyFile(stage.serverCa, join(folder, 'ca.pem'));
  if (issuerCa !== join(folder, 'issuer-ca.pem')) await copyFile(issuerCa, join(folder, 'issuer-ca.pem'));
});
after(() => stage?.close());

/** Runs lines of the page as a person would, in one shell that stops at the first failure. */
function follow(lines: string, environment: Readonly<Record<string, string>> = {}) {
  const here = lines
    .replaceAll('https://api.example.com:6443', stage.plane.server)
    .replaceAll('https://issuer.example.com', stage.login.issuer);
  return stage.run(['sh', '-euxc', here], environment);
}

it('a tenant logs in, works, logs in again and logs out', async () => {
  // Whom the person is in front of this browser.
  const browser = join(stage.login.folder, 'browser-of-anna');
  const text = (await readFile(stage.login.browser, 'utf8')).replace(
    '"$1"\n',
    '--account \'anna@tenant-a.example\' "$1"\n',
  );
  await writeFile(browser, text, { mode: 0o755 });
  const { code, stdout, stderr } = await follow(part('For tenants'), {
    KUBECONFIG: join(stage.login.folder, 'of-the-page'),
    BROWSER: browser,
  });
  assert.equal(code, 0, stderr);
  assert.match(stdout, /oidc:anna@tenant-a\.example/);
  assert.match(stderr, /No resources found in tenant-a namespace/);
  assert.match(stderr, /Logged out anna@tenant-a\.example/);
});

it('an administrator gets what kube-apiserver takes', async () => {
  const lines = part('For administrators').trim().split('\n');
  assert.equal(lines.length, 2);
  for (const line of lines) {
    const { code, stdout, stderr } = await follow(line);
    assert.equal(code, 0, stderr);
    const shown = parse(stdout) as { kind: string; jwt: { issuer: { url: string } }[] };
    assert.equal(shown.kind, 'AuthenticationConfiguration');
    if (line.includes('google')) assert.equal(stdout, /```yaml\n([^]*?)```/.exec(page)?.[1]);
    assert.ok(
      line.includes('google')
        ? stdout.includes('claims.hd in ["example.com"]')
        : stdout.includes('claim: groups'),
    );
  }
});

it('the local platform’s contexts work at once, and by hand', async () => {
  const { folder, issuerCa, issuer } = stage.login;
  const home = join(folder, '.naas');
  await mkdir(home);
  await symlink(join(folder, 'bin'), join(home, 'bin'));
  await symlink(stage.login.browser, join(home, 'bin', 'trial-browser'));
  await writeContexts({
    file: join(home, 'kubeconfig'),
    plugin: join(home, 'bin', 'kubectl-naas'),
    browser: join(home, 'bin', 'trial-browser'),
    logins: join(home, 'logins'),
    server: stage.plane.server,
    caPem: stage.plane.caPem,
    admin: { certificate: stage.plane.admin.cert, key: stage.plane.admin.key },
    issuer,
    issuerCaFile: issuerCa,
    tenants: ['tenant-a', 'tenant-b'],
  });
  const lines = part('On the local platform').replace('make up\n', '');
  const { code, stdout, stderr } = await follow(lines, { BROWSER: 'none' });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /No resources found in tenant-a namespace/);
  assert.match(stdout, /oidc:user@tenant-b\.example/);
  assert.match(stderr, /Logged out user@tenant-a\.example/);
});

it('the page names every command of it, and every option of login', async () => {
  const { LOGIN_OPTIONS } = await import('../../services/cli/login/settings.ts');
  for (const name of Object.keys(LOGIN_OPTIONS))
    if (name !== 'timeout') assert.ok(page.includes(`--${name}`), `--${name} is not on the page`);
});
