import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { readYaml } from '../../ports/safe-yaml.ts';
import { exactValueOf } from '../value-of.ts';
import { renderText } from './render-text.ts';
import { TemplateError } from './template-error.ts';
import type { Value } from './value.ts';

/** Each case is of one sort: the same text in both; refused by both; refused here only, which is loud. */
interface Case {
  group: string;
  template: string;
  data: string;
  text?: string;
  refused?: true;
  jinja?: string;
  refusedHere?: string;
}

const file = new URL('testdata/conformance.json', import.meta.url);
const { templates, cases } = JSON.parse(readFileSync(file, 'utf8')) as {
  templates: Record<string, string>;
  cases: Case[];
};

function context(data: string): ReadonlyMap<string, Value> {
  const value = exactValueOf(readYaml(data, 'data', { exact: true }) ?? new Map());
  assert.ok(value instanceof Map);
  return value;
}

for (const group of new Set(cases.map((entry) => entry.group))) {
  describe(`as Jinja2 or refused, never silently otherwise: ${group}`, () => {
    for (const entry of cases.filter((one) => one.group === group)) {
      test(`${entry.template} ${entry.data}`, () => {
        const render = (): string => renderText(entry.template, context(entry.data), templates);
        if (entry.text !== undefined) {
          assert.equal(render(), entry.text);
          return;
        }
        assert.throws(render, (error) => {
          assert.ok(error instanceof TemplateError, String(error));
          assert.ok(error.line >= 1 && error.template !== '');
          if (entry.refusedHere !== undefined) assert.equal(error.detail, entry.refusedHere);
          return true;
        });
      });
    }
  });
}

test('the recorded results are those of real Jinja2', (t) => {
  const oracle = new URL('testdata/oracle.py', import.meta.url).pathname;
  const probe = spawnSync('python3', ['-c', 'import jinja2, yaml; print(jinja2.__version__)'], {
    encoding: 'utf8',
  });
  if (probe.status !== 0) {
    t.skip('python3 with jinja2 and yaml is not installed here');
    return;
  }
  t.diagnostic(`Jinja2 ${probe.stdout.trim()}`);
  const run = spawnSync('python3', [oracle], {
    input: JSON.stringify({ templates, cases }),
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stderr);
  const results = JSON.parse(run.stdout) as { text?: string; error?: string }[];
  assert.equal(results.length, cases.length);
  for (const [i, entry] of cases.entries()) {
    const expected = entry.text ?? entry.jinja;
    assert.equal(results[i]?.text, expected, `${entry.template}: ${results[i]?.error ?? ''}`);
  }
});
