import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findCommand, programName } from './invocation.ts';

test('usage shows kubectl naas for a plugin, and naas else', () => {
  assert.equal(programName('/usr/local/bin/kubectl-naas'), 'kubectl naas');
  assert.equal(programName('kubectl-naas.exe'), 'kubectl naas');
  assert.equal(programName('/usr/local/bin/naas'), 'naas');
  assert.equal(programName(''), 'naas');
});

const commands = { ports: {}, completion: {}, 'completion install': {}, 'setup api-server': {} };

for (const [words, name, rest] of [
  ['', undefined, ''],
  ['--help', undefined, '--help'],
  ['ports devicea', 'ports', 'devicea'],
  ['ports ports', 'ports', 'ports'],
  ['-n team ports devicea --free', 'ports', '-n team devicea --free'],
  ['--context=here -o json ports', 'ports', '--context=here -o json'],
  ['completion bash', 'completion', 'bash'],
  ['completion install --directory /bin', 'completion install', '--directory /bin'],
  ['setup -n team api-server', 'setup api-server', '-n team'],
  ['setup', 'setup', ''],
  ['constructor', 'constructor', ''],
] as const) {
  test(`"${words}" is command ${name}`, () => {
    const split = (text: string) => text.split(' ').filter((word) => word !== '');
    assert.deepEqual(findCommand(split(words), commands), { name, rest: split(rest) });
  });
}
