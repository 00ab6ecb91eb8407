import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXPLAINED } from '../../crds/reasons.ts';
import { runCli } from '../../test/cli/run-cli.ts';
import { explanationsOf, parseExplanations } from './explanations.ts';

test('every reason, condition and warning of the platform is explained', () => {
  for (const id of EXPLAINED) {
    const found = explanationsOf(id);
    assert.ok(found.length > 0, id);
    for (const { text } of found) assert.ok(text.length > 20 && !text.includes('#'), `${id}: ${text}`);
  }
});

test('a heading is an id, a section is what stands above it', () => {
  const page =
    '# Page\n\ntext\n\n## One\n\n### First\nfirst\nline\n\n### Second (warning)\nsecond\n\n## Two\n### First\nagain\n';
  assert.deepEqual(parseExplanations(page), [
    { id: 'First', section: 'One', text: 'first\nline' },
    { id: 'Second', section: 'One', text: 'second' },
    { id: 'First', section: 'Two', text: 'again' },
  ]);
});

test('explain tells a word in any case, with all that it means', async () => {
  const { code, stdout } = await runCli(['explain', 'deviceunreachable']);
  assert.equal(code, 0);
  assert.match(stdout, /^DeviceUnreachable \(Programmed\)\n {2}The switch cannot be reached/);
  assert.match(stdout, /^DeviceUnreachable \(Warnings\)$/m);
});

test('explain of a word that there is not lists those that there are', async () => {
  const { code, stderr } = await runCli(['explain', 'PortStolen']);
  assert.equal(code, 2);
  assert.match(stderr, /^Error: There is no word "PortStolen"\. There are: PortOwnedByOtherTenant, /);
});
