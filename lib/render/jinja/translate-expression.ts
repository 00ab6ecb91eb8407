import type { ParsedNode } from 'nunjucks/src/parser.js';
import { FILTERS } from './filters.ts';
import { child, children, fail, isNode, text } from './parsed-node.ts';
import type { Source } from './parsed-node.ts';
import { FloatLiteral, TextLiteral } from './strict-tokens.ts';
import type { ArgumentList, BinaryOperator, Comparison, Expression } from './syntax.ts';
import { TESTS } from './tests.ts';

const BINARY: { readonly [typename: string]: BinaryOperator } = {
  Add: '+',
  Sub: '-',
  Mul: '*',
  Div: '/',
  FloorDiv: '//',
  Mod: '%',
  Pow: '**',
  Concat: '~',
};
const COMPARISONS: readonly string[] = ['==', '!=', '<', '>', '<=', '>='] satisfies Comparison[];
const WORDS = new Map<string, boolean | null>([
  ['True', true],
  ['False', false],
  ['None', null],
]);
/** Names that Jinja2 knows and we do not: silence would make them undefined. */
const MISSING = new Set(['super', 'self', 'varargs', 'kwargs', 'cycler', 'joiner', 'lipsum']);
/** nunjucks ranks these one above the other; in Python they are equals and bind from the left. */
const SAME_RANK: readonly (readonly string[])[] = [
  ['Add', 'Sub'],
  ['Mul', 'Div', 'FloorDiv', 'Mod'],
];

/** An expression of nunjucks' tree as our own; what nunjucks parsed otherwise than Jinja2 is put right or refused. */
export function translateExpression(node: ParsedNode, template: Source): Expression {
  const line = node.lineno + 1;
  const at = (field: string): Expression => translateExpression(child(node, field, template), template);
  const refuse = (detail: string): never => fail(node, template, detail);
  switch (node.typename) {
    case 'Literal':
      return { kind: 'literal', line, value: literal(node, template) };
    case 'Symbol': {
      const name = text(node, 'value', template);
      if (MISSING.has(name)) refuse(`${name} is not supported`);
      const word = WORDS.get(name);
      return word === undefined ? { kind: 'name', line, name } : { kind: 'literal', line, value: word };
    }
    case 'Group': {
      const items = children(node).map((item) => translateExpression(item, template));
      const [only] = items;
      return items.length === 1 && only !== undefined ? only : { kind: 'tuple', line, items };
    }
    case 'Array':
      return { kind: 'list', line, items: children(node).map((item) => translateExpression(item, template)) };
    case 'Dict':
      return {
        kind: 'dict',
        line,
        entries: children(node).map((pair) => [
          translateExpression(child(pair, 'key', template), template),
          translateExpression(child(pair, 'value', template), template),
        ]),
      };
    case 'LookupVal':
      return translateLookup(node, template);
    case 'FunCall':
      return translateCall(node, template);
    case 'Filter':
      return translateFilter(node, template);
    case 'Is':
      return translateTest(node, template);
    case 'And':
    case 'Or':
      return { kind: node.typename === 'And' ? 'and' : 'or', line, left: at('left'), right: at('right') };
    case 'Not':
      return { kind: 'not', line, value: at('target') };
    case 'Neg':
    case 'Pos':
      return { kind: 'sign', line, operator: node.typename === 'Neg' ? '-' : '+', value: at('target') };
    case 'InlineIf': {
      const otherwise = node['else_'];
      return {
        kind: 'choose',
        line,
        condition: at('cond'),
        yes: at('body'),
        ...(isNode(otherwise) ? { no: translateExpression(otherwise, template) } : {}),
      };
    }
    case 'Compare':
      return translateCompare(node, template);
    case 'In': {
      if (isOne(node['left'], 'Compare', 'In', 'Not') || isOne(node['right'], 'Compare', 'In', 'Is', 'Not')) {
        refuse('put comparisons beside "in" into parentheses');
      }
      return { kind: 'compare', line, first: at('left'), rest: [{ operator: 'in', value: at('right') }] };
    }
    default:
      if (Object.hasOwn(BINARY, node.typename)) return translateBinary(node, template);
      return refuse(`${node.typename} is not part of Jinja2`);
  }
}

/** Arguments of a call, or the parameters of a macro. */
export function translateArguments(nodes: readonly ParsedNode[], template: Source): ArgumentList {
  const positional: Expression[] = [];
  const named: [string, Expression][] = [];
  for (const node of nodes) {
    if (node.typename !== 'KeywordArgs') {
      positional.push(translateExpression(node, template));
      continue;
    }
    for (const pair of children(node)) {
      const value = child(pair, 'value', template);
      if (value.typename === 'Caller') continue;
      const key = child(pair, 'key', template);
      const name = text(key, 'value', template);
      if (key.typename !== 'Symbol') fail(key, template, 'the name of an argument is expected before "="');
      if (named.some(([other]) => other === name)) fail(key, template, `argument ${name} is given twice`);
      named.push([name, translateExpression(value, template)]);
    }
  }
  return { positional, named };
}

function literal(node: ParsedNode, template: Source): null | boolean | bigint | number | string {
  const value = node['value'];
  if (value instanceof FloatLiteral || value instanceof TextLiteral) return value.value;
  if (value === null || typeof value === 'boolean' || typeof value === 'bigint') return value;
  return fail(node, template, 'this literal is not part of Jinja2');
}

function translateLookup(node: ParsedNode, template: Source): Expression {
  const line = node.lineno + 1;
  const target = translateExpression(child(node, 'target', template), template);
  const key = child(node, 'val', template);
  // Text that did not stand in quotes stood behind a dot.
  if (key.typename === 'Literal' && typeof key['value'] === 'string') {
    return { kind: 'attribute', line, target, name: key['value'] };
  }
  return { kind: 'item', line, target, key: translateExpression(key, template) };
}

function translateCall(node: ParsedNode, template: Source): Expression {
  const nodes = children(child(node, 'args', template));
  const caller = nodes
    .filter(({ typename }) => typename === 'KeywordArgs')
    .flatMap(children)
    .map((pair) => pair['value'])
    .find((value): value is ParsedNode => isOne(value, 'Caller'));
  return {
    kind: 'call',
    line: node.lineno + 1,
    callee: translateExpression(child(node, 'name', template), template),
    arguments: translateArguments(nodes, template),
    ...(caller === undefined ? {} : { caller: template.macro(caller) }),
  };
}

function translateFilter(node: ParsedNode, template: Source): Expression {
  const line = node.lineno + 1;
  const name = text(child(node, 'name', template), 'value', template);
  if (!FILTERS.has(name)) fail(node, template, `there is no filter ${name}`);
  const [first, ...rest] = children(child(node, 'args', template));
  if (first === undefined) return fail(node, template, 'is incomplete');
  return {
    kind: 'filter',
    line,
    name,
    value:
      first.typename === 'Capture'
        ? { kind: 'block', line, body: template.body(child(first, 'body', template)) }
        : translateExpression(first, template),
    arguments: translateArguments(rest, template),
  };
}

function translateTest(node: ParsedNode, template: Source): Expression {
  const line = node.lineno + 1;
  const left = child(node, 'left', template);
  const right = child(node, 'right', template);
  // Jinja2's tests bind tighter than every operator, nunjucks' looser than comparison and arithmetic.
  if (isOne(left, 'Compare', 'Neg', 'Pos', ...Object.keys(BINARY))) {
    fail(node, template, 'put what stands before "is" into parentheses');
  }
  const value = translateExpression(left, template);
  const test = (name: string, args: ArgumentList): Expression => {
    if (!TESTS.has(name)) fail(node, template, `there is no test ${name}`);
    return { kind: 'test', line, name, value, arguments: args };
  };
  const none: ArgumentList = { positional: [], named: [] };
  if (right.typename === 'Symbol') return test(text(right, 'value', template).toLowerCase(), none);
  if (right.typename === 'Literal' && right['value'] === null) return test('none', none);
  if (right.typename === 'Literal' && typeof right['value'] === 'boolean')
    return test(String(right['value']), none);
  if (right.typename === 'FunCall') {
    const name = child(right, 'name', template);
    const args = translateArguments(children(child(right, 'args', template)), template);
    if (name.typename === 'Symbol') return test(text(name, 'value', template), args);
  }
  if (right.typename === 'LookupVal')
    fail(node, template, 'tests with a dot in their name do not exist here');
  return fail(node, template, 'after "is" comes the name of a test; put the rest into parentheses');
}

function translateCompare(node: ParsedNode, template: Source): Expression {
  const operands = node['ops'];
  const rest = (Array.isArray(operands) ? operands : []).filter(isNode).map((operand) => {
    const operator = text(operand, 'type', template);
    if (!isComparison(operator)) return fail(operand, template, `${operator} is not part of Jinja2`);
    return { operator, value: translateExpression(child(operand, 'expr', template), template) };
  });
  return {
    kind: 'compare',
    line: node.lineno + 1,
    first: translateExpression(child(node, 'expr', template), template),
    rest,
  };
}

function isComparison(operator: string): operator is Comparison {
  return COMPARISONS.includes(operator);
}

function translateBinary(node: ParsedNode, template: Source): Expression {
  const left = child(node, 'left', template);
  const right = child(node, 'right', template);
  if (node.typename === 'Concat' && [left, right].some((side) => isOne(side, 'Add', 'Sub'))) {
    // `a + b ~ c` is a + (b ~ c) in Jinja2 and (a + b) ~ c in nunjucks.
    fail(node, template, 'put the sum beside "~" into parentheses');
  }
  return fromLeft(translateExpression(left, template), node, right, template);
}

/** `a * (b // c)` as the parser has it for `a * b // c` becomes (a * b) // c. */
function fromLeft(left: Expression, node: ParsedNode, right: ParsedNode, template: Source): Expression {
  const operator = BINARY[node.typename];
  if (operator === undefined) return fail(node, template, 'is not an operator');
  const rank = SAME_RANK.find((names) => names.includes(node.typename));
  if (rank?.includes(right.typename) !== true) {
    return {
      kind: 'binary',
      line: node.lineno + 1,
      operator,
      left,
      right: translateExpression(right, template),
    };
  }
  const first = fromLeft(left, node, child(right, 'left', template), template);
  return fromLeft(first, right, child(right, 'right', template), template);
}

function isOne(value: unknown, ...typenames: string[]): value is ParsedNode {
  return isNode(value) && typenames.includes(value.typename);
}
