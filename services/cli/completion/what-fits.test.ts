import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runCli } from '../../../test/cli/run-cli.ts';
import { COMMANDS } from '../commands.ts';
import { whatFits } from './what-fits.ts';

async function words(...typed: string[]): Promise<string[]> {
  const fitting = await whatFits(typed.slice(0, -1), typed.at(-1) ?? '', COMMANDS);
  return fitting.words.map(({ word }) => word);
}

const lookUp = async (...typed: string[]) =>
  (await whatFits(typed.slice(0, -1), typed.at(-1) ?? '', COMMANDS)).lookUp;

test('the first word is a command, each offered once', async () => {
  const expected = new Set(Object.keys(COMMANDS).map((name) => name.split(' ')[0]));
  assert.deepEqual(await words(''), [...expected]);
  assert.deepEqual(await words('-n', 'team', ''), [...expected]);
});

test('the second word of a command is offered beside what the first one takes', async () => {
  assert.deepEqual(await words('completion', ''), ['install']);
  assert.equal(await lookUp('completion', ''), 'shell');
  assert.deepEqual(await words('completion', 'bash', ''), []);
});

test('arguments are looked up by their place', async () => {
  assert.equal(await lookUp('ports', ''), 'device');
  assert.equal(await lookUp('ports', '--free', ''), 'device');
  assert.equal(await lookUp('ports', 'devicea', ''), undefined);
  assert.equal(await lookUp('status', ''), 'request');
});

test('values of an option are offered, not arguments', async () => {
  assert.deepEqual(await words('ports', 'devicea', '-o', ''), ['table', 'wide', 'json', 'yaml']);
  assert.deepEqual(await words('ports', 'devicea', '--output', ''), ['table', 'wide', 'json', 'yaml']);
  assert.equal(await lookUp('ports', '-n', ''), 'namespace');
  assert.equal(await lookUp('ports', '--as', ''), undefined);
});

test('an option that was given is not offered again, unless it may be repeated', async () => {
  const offered = await words('ports', 'devicea', '--free', '--as-group', 'g', '--');
  assert.ok(!offered.includes('--free'));
  assert.ok(offered.includes('--as-group'));
  assert.ok(offered.includes('--mine'));
});

test('the cluster and namespace that were named are those looked up in', async () => {
  const { given } = await whatFits(['status', '-n', 'team', '--context', 'here'], '', COMMANDS);
  assert.deepEqual(given, { namespace: 'team', context: 'here' });
});

test('answers are candidates that begin as typed, then a directive', async () => {
  assert.deepEqual(await runCli(['__complete', 'por']), {
    code: 0,
    stdout: 'ports\twho holds the ports of a switch, and which are free\n:4\n',
    stderr: '',
  });
  assert.equal((await runCli(['__complete', 'explain', '-f', ''])).stdout, ':0\n');
  assert.equal((await runCli(['__complete', 'explain', 'Drif'])).stdout, 'Drifted\n:4\n');
});

test('nothing is offered, and nothing said, where there is no cluster', async () => {
  assert.deepEqual(await runCli(['__complete', 'ports', '']), { code: 0, stdout: ':4\n', stderr: '' });
});
