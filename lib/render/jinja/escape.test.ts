import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cpuTimer } from '../../../test/support/cpu-timer.ts';
import { Host } from './entities.ts';
import { renderText } from './render-text.ts';
import { TemplateError } from './template-error.ts';
import { Callable } from './value.ts';
import type { Value } from './value.ts';

const context: ReadonlyMap<string, Value> = new Map<string, Value>([
  ['s', 'text'],
  ['l', [1n, 2n]],
  ['d', new Map<string, Value>([['a', 1n]])],
  ['n', 7n],
  ['f', 1.5],
  ['none_', null],
  ['host', new Host('devicea', new Map(), new Map())],
  ['call', new Callable('call', () => 'called')],
]);

/** Ways out of nunjucks, and of template engines like it, into JavaScript. Each must fail. */
const ESCAPES = [
  '{{ range.constructor("return process")() }}',
  '{{ "".constructor.constructor("return process.env")() }}',
  '{{ s.constructor }}',
  '{{ s["constructor"] }}',
  '{{ s["con" ~ "structor"] }}',
  '{{ l.constructor }}',
  '{{ l["constructor"]["constructor"]("return 1")() }}',
  '{{ d.constructor }}',
  '{{ d.__proto__ }}',
  '{{ d["__proto__"] }}',
  '{{ d.__proto__.constructor.constructor("return process")() }}',
  '{{ d.prototype }}',
  '{{ d.__defineGetter__ }}',
  '{{ d.__lookupGetter__("a") }}',
  '{{ d.hasOwnProperty("a") }}',
  '{{ d.toString() }}',
  '{{ d.valueOf() }}',
  '{{ d.size }}',
  '{{ d.set("a", 2) }}',
  '{{ d.entries() }}',
  '{{ d.forEach }}',
  '{{ l.length }}',
  '{{ l.push(3) }}',
  '{{ l.map(range) }}',
  '{{ l.filter }}',
  '{{ l.concat([1]) }}',
  '{{ s.length }}',
  '{{ s.replace.constructor("return 1")() }}',
  '{{ s.at(0) }}',
  '{{ s.upper.call }}',
  '{{ s.upper["constructor"] }}',
  '{{ n.constructor }}',
  '{{ n.toString(2) }}',
  '{{ f.toFixed(1) }}',
  '{{ none_.constructor }}',
  '{{ call.call }}',
  '{{ call.constructor }}',
  '{{ call.name }}',
  '{{ call["apply"] }}',
  '{{ range.__proto__ }}',
  '{{ host.constructor }}',
  '{{ host.attribute("name") }}',
  '{{ host.__proto__ }}',
  '{{ host.print() }}',
  '{{ namespace().constructor }}',
  '{{ namespace().__proto__ }}',
  '{{ loop.constructor }}',
  '{% for i in l %}{{ loop.constructor }}{% endfor %}',
  '{% for i in l %}{{ loop.cycle.constructor("return 1")() }}{% endfor %}',
  '{% macro m() %}{% endmacro %}{{ m.constructor("return 1")() }}',
  '{% macro m() %}{{ caller.constructor }}{% endmacro %}{% call m() %}{% endcall %}',
  '{{ d | map(attribute="constructor") | list }}',
  '{{ [s] | map(attribute="constructor") | join }}',
  '{{ [s] | map(attribute="__proto__.constructor") | join }}',
  '{{ [d] | sum(attribute="constructor.constructor") }}',
  '{{ [s] | groupby("constructor") }}',
  '{{ [s, s] | sort(attribute="constructor") }}',
  '{{ [s] | map("constructor") | list }}',
  '{{ s | constructor }}',
  '{{ s | __proto__ }}',
  '{{ s | toString }}',
  '{{ s is constructor }}',
  '{{ s is __proto__ }}',
  '{{ [s] | select("constructor") | list }}',
  '{{ dict.constructor }}',
  '{{ process }}',
  '{{ globalThis }}',
  '{{ global.process }}',
  '{{ require("fs") }}',
  '{{ this }}',
  '{{ eval("1") }}',
  '{{ Function("return 1")() }}',
  '{{ env }}',
  '{{ runtime }}',
  '{{ cb() }}',
  '{{ context }}',
  '{{ frame }}',
  '{{ cycler.constructor }}',
  '{{ joiner().constructor }}',
  '{{ self.constructor }}',
  '{{ r/x/.constructor }}',
  '{% set constructor.prototype = 1 %}',
  '{% set d.__proto__ = 1 %}',
  '{% set d.a = 1 %}',
  '{% set x = namespace() %}{% set x.constructor.y = 1 %}',
  '{% import "a" as constructor %}',
  '{% include "/etc/passwd" %}',
];

describe('S-52 a template cannot reach JavaScript', () => {
  for (const source of ESCAPES) {
    test(source, () => {
      assert.throws(
        () => renderText(source, context),
        (error) => error instanceof TemplateError,
      );
    });
  }

  test('names that JavaScript objects inherit are just data when data has them', () => {
    const data = new Map<string, Value>([
      ['constructor', 'c'],
      ['toString', 't'],
      ['__proto__', 'p'],
    ]);
    const text = renderText(
      '{{ d.constructor }}{{ d["toString"] }}{{ d.__proto__ }}',
      new Map([['d', data]]),
    );
    assert.equal(text, 'ctp');
  });

  test('a name set in a namespace stays there', () => {
    const source =
      '{% set x = namespace() %}{% set x.__proto__ = "p" %}{{ x.__proto__ }}{{ namespace().__proto__ is defined }}';
    assert.equal(renderText(source, new Map()), 'pFalse');
    assert.equal(Object.hasOwn(Object.prototype, 'p'), false);
  });
});

describe('S-52 a template cannot exhaust the process', () => {
  const bombs = [
    '{{ range(20000000) | list }}',
    '{{ range(10 ** 12) }}',
    '{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}',
    '{{ "x" * 100000000 }}',
    '{{ 9 ** (9 ** 9) }}',
    '{{ 10 ** 100000 }}',
    '{% set ns = namespace(s="x") %}{% for i in range(64) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}',
    '{% set ns = namespace(l=[1]) %}{% for i in range(64) %}{% set ns.l = ns.l + ns.l %}{% endfor %}',
    '{% set ns = namespace(n=10) %}{% for i in range(64) %}{% set ns.n = ns.n * ns.n %}{% endfor %}',
    '{% set ns = namespace(l=[]) %}{% for i in range(64) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}',
    '{% set ns = namespace(l=[]) %}{% for i in range(64) %}{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l == ns.l }}',
    '{% set ns = namespace(l=[1,2]) %}{% for i in range(64) %}{% set ns.l = ns.l | map(attribute="z", default=ns.l) | list %}{% endfor %}',
    '{% set ns = namespace(d={}) %}{% for i in range(64) %}{% set ns.d = dict(a=ns.d, b=ns.d) %}{% endfor %}',
    '{% set l = range(90000) %}{% for i in l %}{{ (l | list | sort | first) and "" }}{% endfor %}',
    '{% set l = range(90000) %}{% for i in l %}{{ "" if -1 in l else "" }}{% endfor %}',
    '{% set l = range(90000) | list %}{% for i in l %}{% for j in l if false %}{% endfor %}{% endfor %}',
    '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
    '{% include "self" %}',
    '{% for i in range(100000) %}{{ "x" * 1000 }}{% endfor %}',
    '{{ "a".ljust(100000000) }}',
    '{{ "a\\nb" | indent(100000000) }}',
    '{{ ("ab" * 100000) | replace("a", "x" * 100000) }}',
    `{{ ${'('.repeat(20000)}1${')'.repeat(20000)} }}`,
    `{{ ${'-'.repeat(20000)}1 }}`,
    '{% if true %}'.repeat(20000),
  ];
  for (const source of bombs) {
    test(source.slice(0, 100), () => {
      const used = cpuTimer();
      assert.throws(
        () => renderText(source, new Map(), { self: '{% include "self" %}' }),
        (error) => error instanceof TemplateError,
      );
      // Far above what it takes, far below what it would take without a limit.
      assert.ok(used() < 10_000);
    });
  }
});

test('S-53 only the names of the set can be included, whatever they look like', () => {
  const set = { 'a.j2': 'A' };
  assert.equal(renderText('{% include "a.j2" %}', new Map(), set), 'A');
  for (const name of [
    './a.j2',
    '../a.j2',
    '/a.j2',
    'x/../a.j2',
    'a.j2\\0',
    'constructor',
    '__proto__',
    '',
    'A.J2',
  ]) {
    assert.throws(
      () => renderText(`{% include "${name}" %}`, new Map(), set),
      /there is no template|escape/,
      name,
    );
    assert.throws(() => renderText(`{% from "${name}" import x %}`, new Map(), set), TemplateError);
    assert.throws(() => renderText(`{% extends "${name}" %}`, new Map(), set), TemplateError);
  }
});

test('S-04 template text in data is printed as it is', () => {
  for (const text of [
    '{{ 7*7 }}',
    '{% for i in x %}',
    '{# c #}',
    '{{ constructor }}',
    '<b>&"\'',
    '{%- raw -%}',
  ]) {
    assert.equal(
      renderText('[{{ v }}]{% if v %}{{ v ~ "" }}{% endif %}', new Map([['v', text]])),
      `[${text}]${text}`,
    );
  }
});

test('an error names the template and the line, also inside an include', () => {
  const templates = { inner: 'x\n\n{{ missing.thing }}\n' };
  assert.throws(() => renderText('a\n{% include "inner" %}', new Map(), templates), {
    template: 'inner',
    line: 3,
    message: 'inner, line 3: "missing" is undefined',
  });
  assert.throws(() => renderText('a\n\n{% for i in [1] %}\n{{ i.b }}\n{% endfor %}', new Map()), { line: 4 });
  assert.throws(
    () => renderText('a\n{% include "inner" ignore missing %}{{ y }}', new Map(), { inner: '1\n2\n3' }),
    {
      template: 'template',
      line: 2,
    },
  );
});
