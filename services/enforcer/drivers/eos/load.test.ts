import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { LoadProblem } from '../../driver.ts';
import { loadProblems } from './load.ts';

const LOADED =
  'hostname a\ninterface Ethernet1\n   bad line\n   shutdown\ninterface Ethernet2\n   shutdown\n';

// devices.md 1.1: a bad line prints `> line` and `% Invalid input at line N`, and the copy still completes.
const CASES: { name: string; output: string; problems: LoadProblem[] }[] = [
  { name: 'no problem', output: 'Copy completed successfully.', problems: [] },
  {
    name: 'one bad line',
    output: '> bad line\n% Invalid input at line 3\nCopy completed successfully.',
    problems: [{ line: 3, text: 'bad line', message: '% Invalid input at line 3' }],
  },
  {
    name: 'several',
    output: '> bad line\n% Invalid input at line 3\n> hostname a\n% Incomplete command at line 1\n',
    problems: [
      { line: 3, text: 'bad line', message: '% Invalid input at line 3' },
      { line: 1, text: 'hostname a', message: '% Incomplete command at line 1' },
    ],
  },
  {
    name: 'a number counted otherwise: the repeated line counts, if there is one such',
    output: '> bad line\n% Invalid input at line 9',
    problems: [{ line: 3, text: 'bad line', message: '% Invalid input at line 9' }],
  },
  {
    name: 'a repeated line that stands twice tells nothing',
    output: '>    shutdown\n% Invalid input at line 1',
    problems: [{ text: 'shutdown', message: '% Invalid input at line 1' }],
  },
  {
    name: 'a number alone',
    output: '% Invalid input at line 2',
    problems: [{ line: 2, message: '% Invalid input at line 2' }],
  },
  {
    name: 'a number beyond the text',
    output: '% Bad at line 99',
    problems: [{ message: '% Bad at line 99' }],
  },
  {
    name: 'a refusal by meaning',
    output: '% Subnet 10.0.0.0/24 overlaps',
    problems: [{ message: '% Subnet 10.0.0.0/24 overlaps' }],
  },
];
for (const { name, output, problems } of CASES) {
  test(`load: ${name}`, () => assert.deepEqual(loadProblems(output, LOADED), problems));
}
