import assert from 'node:assert/strict';
import { test } from 'node:test';
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

for (const [words, message, next] of [
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
  [
    'status --kubeconfig /dev/null/config',
    "/dev/null/config: cannot be read: ENOTDIR: not a directory, open '/dev/null/config'",
    'naas login',
  ],
] as const) {
  test(`"${words}" fails with what is wrong and what to do, on stderr`, async () => {
    assert.deepEqual(await runCli(words.split(' '), { program: 'naas' }), {
      code: 2,
      stdout: '',
      stderr: `Error: ${message}\nNext: ${next}\n`,
    });
  });
}

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
