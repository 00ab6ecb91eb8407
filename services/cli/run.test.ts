import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCli } from '../../test/cli/run-cli.ts';
import { COMMANDS } from './commands.ts';

test('without a command all of them are listed, on stdout', async () => {
  for (const words of [[], ['help'], ['--help'], ['-h']]) {
    const { code, stdout, stderr } = await runCli(words);
    assert.equal(code, 0);
    assert.equal(stderr, '');
    for (const [name, { summary }] of Object.entries(COMMANDS))
      assert.match(stdout, new RegExp(`^  ${name} +${summary}$`, 'm'));
  }
});

for (const name of Object.keys(COMMANDS)) {
  test(`${name} --help shows every option and examples that begin with the command`, async () => {
    const command = await COMMANDS[name]?.load();
    assert.ok(command);
    const { code, stdout } = await runCli([...name.split(' '), '--help']);
    assert.equal(code, 0);
    assert.ok(stdout.includes(`Usage: kubectl naas ${name}`), stdout);
    for (const option of Object.keys(command.options)) assert.ok(stdout.includes(`--${option}`), option);
    for (const example of command.examples) {
      assert.ok(example === name || example.startsWith(`${name} `), example);
      assert.ok(stdout.includes(`  kubectl naas ${example}\n`), example);
    }
    assert.deepEqual(await runCli(['help', ...name.split(' ')]), { code, stdout, stderr: '' });
  });
}

const folder = mkdtempSync(join(tmpdir(), 'naas-run-'));
after(() => rmSync(folder, { recursive: true }));
const kubeconfig = join(folder, 'config');
const server = 'https://127.0.0.1:1';
writeFileSync(
  kubeconfig,
  JSON.stringify({
    'current-context': 'here',
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'u', user: { token: 't' } }],
    contexts: [{ name: 'here', context: { cluster: 'c', user: 'u' } }],
  }),
);
const CLUSTER = { KUBECONFIG: kubeconfig };
/** A person who has no kubeconfig yet. */
const HOME = { HOME: folder };
/** Files of clusters that nothing can be sent to. */
const [SOCKS, WITHOUT_CA] = [{ 'proxy-url': 'socks5://a' }, { 'certificate-authority': 'none.pem' }].map(
  (fields, index) => {
    const file = join(folder, `config-${index}`);
    writeFileSync(file, JSON.stringify({ clusters: [{ name: 'c', cluster: { server, ...fields } }] }));
    return { KUBECONFIG: file };
  },
);
const SETUP = 'naas setup api-server';

for (const [words, message, next, environment] of [
  ['nope', 'There is no command "nope"', 'naas help'],
  ['constructor', 'There is no command "constructor"', 'naas help'],
  ['status -A one', 'A request has one namespace: REQUEST and -A exclude each other', 'naas status --help'],
  ['ports', 'DEVICE is missing', 'naas ports --help'],
  ['who-owns devicea', 'PORTS is missing', 'naas who-owns --help'],
  ['version now', '"now" is too much', 'naas version --help'],
  ['version --bad', "Unknown option '--bad'", 'naas version --help'],
  ['version -o xml', '--output "xml" is not one of table, wide, json, yaml', 'naas version --help'],
  ['version --output', "Option '-o, --output <value>' argument missing", 'naas version --help'],
  ['ports devicea --free --mine', '--free, --mine and --tenant exclude each other', 'naas ports --help'],
  ['who-owns devicea 5-1', 'PORTS: Range "5-1" runs backwards', 'naas who-owns --help'],
  ['explain', 'Name a word, a request, or a file by -f', 'naas explain --help'],
  ['completion tcsh', 'SHELL "tcsh" is not one of bash, zsh, fish', 'naas completion --help'],
  ['whoami', 'No cluster is known yet: there is no kubeconfig', 'naas login'],
  ['login', '--issuer is missing: the address of the OIDC provider', 'naas login --help', CLUSTER],
  ['login --server http://a', '--server "http://a" is no https URL', 'naas login --help', HOME],
  [
    'login',
    'The kubeconfig names no cluster to log in to',
    'naas login --server URL --certificate-authority FILE, as your administrator has told you',
    HOME,
  ],
  [
    'login --server https://a --certificate-authority none.pem',
    '--certificate-authority none.pem cannot be read: there is no such file',
    'naas login --certificate-authority FILE',
    HOME,
  ],
  [
    'login --issuer https://a --client-id b',
    'proxy-url of cluster "c" is socks5: only http and https proxies can be used',
    'kubectl config set-cluster c --proxy-url http://HOST:PORT',
    SOCKS,
  ],
  [
    'login --issuer https://a --client-id b',
    `certificate-authority of cluster "c" in ${folder}/config-1: ${folder}/none.pem cannot be read: there is no such file`,
    'kubectl config set-cluster c --certificate-authority FILE',
    WITHOUT_CA,
  ],
  ['setup api-server', '--issuer is missing: the address of the OIDC provider', `${SETUP} --help`],
  [
    'setup api-server --issuer https://a',
    '--client-id is missing: the name of the client at the provider',
    `${SETUP} --help`,
  ],
  [
    'setup api-server --issuer http://a --client-id b',
    '--issuer "http://a" is no https URL without query, such as https://accounts.google.com',
    `${SETUP} --help`,
  ],
  [
    'setup api-server --issuer https://a --client-id b --hosted-domain c',
    '--hosted-domain "c" is no domain, such as example.com',
    `${SETUP} --help`,
  ],
  [
    'setup api-server --issuer https://a --client-id b --issuer-ca /dev',
    '--issuer-ca /dev cannot be read: it is a folder',
    `${SETUP} --issuer-ca FILE`,
  ],
  [
    'explain -f none.yaml',
    '-f none.yaml cannot be read: there is no such file',
    'naas explain -f FILE',
    CLUSTER,
  ],
  [
    'status tenant-a/one',
    '"tenant-a/one" is no name of a request: write NAME or interface/NAME, its namespace by -n',
    'naas status',
  ],
  [
    'explain device/one',
    '"device/one" is no name of a request: write NAME or interface/NAME, its namespace by -n',
    'naas status',
  ],
  [
    'ports interface/one',
    '"interface/one" is no name of a device: write NAME or device/NAME',
    'kubectl get devices -n naas-system',
    CLUSTER,
  ],
  [
    'status --kubeconfig /dev/null/config',
    "/dev/null/config: cannot be read: ENOTDIR: not a directory, open '/dev/null/config'",
    'naas login',
  ],
] as const) {
  test(`"${words}" fails with what is wrong and what to do, on stderr`, async () => {
    assert.deepEqual(await runCli(words.split(' '), { program: 'naas', environment: environment ?? {} }), {
      code: 2,
      stdout: '',
      stderr: `Error: ${message}\nNext: ${next}\n`,
    });
  });
}

test('a file of --issuer-ca that cannot be read is told by login, and to kubectl by the plugin', async () => {
  const words = [
    '--issuer',
    'https://a.example',
    '--client-id',
    'b',
    '--issuer-ca',
    join(folder, 'none.pem'),
  ];
  const environment = {
    ...CLUSTER,
    NAAS_LOGIN_FOLDER: join(folder, 'logins'),
    BROWSER: 'false',
    KUBERNETES_EXEC_INFO: JSON.stringify({ spec: { cluster: { server } } }),
  };
  for (const command of ['login', 'token']) {
    const { code, stderr } = await runCli([command, ...words], { environment });
    assert.equal(code, 2);
    const says = `Error: --issuer-ca ${join(folder, 'none.pem')} cannot be read: there is no such file\n`;
    assert.ok(stderr.endsWith(`${says}Next: kubectl naas login --issuer-ca FILE\n`), stderr);
  }
});

test('colour is for terminals, and NO_COLOR takes it away', async () => {
  const red = '\u001b[31mError:\u001b[0m';
  const first = async (surroundings: object) => (await runCli(['nope'], surroundings)).stderr.split(' ')[0];
  assert.equal(await first({ terminal: true }), red);
  assert.equal(await first({ terminal: false }), 'Error:');
  assert.equal(await first({ terminal: true, environment: { NO_COLOR: '1' } }), 'Error:');
  assert.equal(await first({ terminal: true, environment: { NO_COLOR: '' } }), red);
  assert.equal(await first({ terminal: true, environment: { TERM: 'dumb' } }), 'Error:');
});

test('JSON and YAML say their version and kind', async () => {
  const json = await runCli(['version', '--client', '-o', 'json']);
  const { apiVersion, kind } = JSON.parse(json.stdout) as Record<string, unknown>;
  assert.deepEqual({ apiVersion, kind }, { apiVersion: 'cli.naas/v1', kind: 'Version' });
  const yaml = await runCli(['version', '--client', '-o', 'yaml']);
  assert.match(yaml.stdout, /^apiVersion: cli\.naas\/v1\nkind: Version\n/);
});

test('a shell script is written for each shell', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await runCli(['completion', shell]);
    assert.equal(code, 0);
    assert.ok(stdout.includes('__complete'));
  }
});
