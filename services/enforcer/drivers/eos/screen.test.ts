import assert from 'node:assert/strict';
import { test } from 'node:test';

import { plain, promptAt, refusals, replyTo, steadyHead } from './screen.ts';

// Prompts of devices.md 1.1.
const PROMPTS: [string, string, string][] = [
  ['host>', 'user', 'host'],
  ['host#', 'exec', 'host'],
  ['host# ', 'exec', 'host'],
  ['host(s1)#', 'exec', 'host'],
  ['host(config)#', 'config', 'host'],
  ['host(config-s-scrapl)#', 'session', 'host'],
  ['host(config-s-naas-1-if-Et1)#', 'session', 'host'],
  ['host(s2)(config-s-naas-1)#', 'session', 'host'],
  ['leaf-1.lab 12:31:15#', 'exec', 'leaf-0.lab 00:00:00'],
];
for (const [text, mode, head] of PROMPTS) {
  test(`prompt ${text} is ${mode}`, () => {
    const prompt = promptAt(text);
    assert.equal(prompt?.mode, mode);
    assert.equal(prompt && steadyHead(prompt), head);
  });
}

for (const text of [
  '',
  'Last login: Sat Nov 21',
  '   description x',
  '--More--',
  'Password: ',
  '#',
  `${'x'.repeat(70)}#`,
]) {
  test(`"${text.slice(0, 20)}" is no prompt`, () => assert.equal(promptAt(text), undefined));
}

const REPLIES: { name: string; command: string; raw: string; output: string | undefined }[] = [
  { name: 'plain', command: 'show x', raw: 'show x\r\none\r\ntwo\r\nhost#', output: 'one\ntwo' },
  { name: 'behind its prompt', command: 'show x', raw: 'host#show x\r\none\r\nhost#', output: 'one' },
  { name: 'no output', command: 'commit', raw: 'host(config-s-naas-1)#commit\r\nhost#', output: '' },
  { name: 'echo twice', command: 'show x', raw: 'show x\r\nhost#show x\r\none\r\nhost#', output: 'one' },
  {
    name: 'after left-overs',
    command: 'show x',
    raw: 'Welcome\r\nhost#show x\r\none\r\nhost#',
    output: 'one',
  },
  {
    name: 'colours',
    command: 'show x',
    raw: '\u001B[5nhost#show x\r\n\u001B[1mone\u001B[0m\r\nhost#',
    output: 'one',
  },
  { name: 'redraws', command: 'show x', raw: 'host#sho\rhost#show x\r\r\none\r\nhost#', output: 'one' },
  { name: 'backspaces', command: 'show x', raw: 'host#show xy\b\r\none\r\nhost#', output: 'one' },
  { name: 'no echo yet', command: 'show x', raw: 'host#', output: undefined },
  {
    name: 'a line that ends like the command',
    command: 'x',
    raw: 'x\r\ndescription x\r\nhost#',
    output: 'description x',
  },
];
for (const { name, command, raw, output } of REPLIES) {
  test(`reply: ${name}`, () => assert.equal(replyTo(command, raw), output));
}

test('only lines that begin with % refuse', () => {
  assert.deepEqual(refusals('ok\n% Invalid input\n   100% sure\n%not'), ['% Invalid input']);
});

test('terminal bytes become plain text', () => assert.equal(plain('a\u001B]0;title\u0007b\r\nc'), 'ab\nc'));
