import type { ParsedNode } from 'nunjucks/src/parser.js';
import { child, children, fail, isNode, text } from './parsed-node.ts';
import type { Source } from './parsed-node.ts';
import type { MacroDefinition, SetTarget, Statement } from './syntax.ts';
import { translateArguments, translateExpression } from './translate-expression.ts';

/** A whole template of nunjucks' tree as our own. Whatever Jinja2 does not have, or means otherwise, is refused. */
export function translateTemplate(root: ParsedNode, name: string): Statement[] {
  const source: Source = {
    name,
    body: (node) => translateBody(node, source),
    macro: (node) => translateMacro(node, source),
  };
  return translateBody(root, source);
}

function translateBody(node: ParsedNode | undefined, template: Source): Statement[] {
  if (node === undefined) return [];
  if (node.typename !== 'NodeList' && node.typename !== 'Root')
    return [translateStatement(node, template)].flat();
  return children(node).flatMap((statement) => translateStatement(statement, template));
}

function translateStatement(node: ParsedNode, template: Source): Statement[] {
  const line = node.lineno + 1;
  const expression = (field: string) => translateExpression(child(node, field, template), template);
  switch (node.typename) {
    case 'Output':
      return children(node).map((part): Statement => {
        if (part.typename === 'TemplateData') return { kind: 'text', line, text: String(part['value']) };
        return { kind: 'print', line, value: translateExpression(part, template) };
      });
    case 'If':
      return [
        {
          kind: 'if',
          line,
          condition: expression('cond'),
          yes: translateBody(child(node, 'body', template), template),
          no: translateBody(optional(node, 'else_'), template),
        },
      ];
    case 'For':
      return [translateFor(node, template)];
    case 'Set':
      return [translateSet(node, template)];
    case 'Macro':
      return [{ kind: 'macro', line, macro: translateMacro(node, template) }];
    case 'Include':
      return [
        {
          kind: 'include',
          line,
          template: expression('template'),
          ignoreMissing: node['ignoreMissing'] === true,
        },
      ];
    case 'Import':
      return [
        {
          kind: 'import',
          line,
          template: expression('template'),
          as: nameOf(child(node, 'target', template), template),
          withContext: node['withContext'] === true,
        },
      ];
    case 'FromImport':
      return [
        {
          kind: 'from',
          line,
          template: expression('template'),
          names: children(child(node, 'names', template)).map((name) => {
            if (name.typename !== 'Pair') return { name: nameOf(name, template), as: nameOf(name, template) };
            return {
              name: nameOf(child(name, 'key', template), template),
              as: nameOf(child(name, 'value', template), template),
            };
          }),
          withContext: node['withContext'] === true,
        },
      ];
    case 'Extends':
      return [{ kind: 'extends', line, template: expression('template') }];
    case 'Block':
      return [
        {
          kind: 'block',
          line,
          name: nameOf(child(node, 'name', template), template),
          body: translateBody(child(node, 'body', template), template),
        },
      ];
    default:
      return fail(node, template, `the tag of ${node.typename} is not part of Jinja2`);
  }
}

function translateFor(node: ParsedNode, template: Source): Statement {
  const name = child(node, 'name', template);
  const names = name.typename === 'Array' ? children(name) : [name];
  // nunjucks reads `for x in list if condition` as an inline if, and loops over nothing.
  let list = child(node, 'arr', template);
  let filter: ParsedNode | undefined;
  if (list.typename === 'InlineIf') {
    if (optional(list, 'else_') !== undefined) {
      fail(list, template, 'put "… if … else …" of a loop into parentheses');
    }
    filter = child(list, 'cond', template);
    list = child(list, 'body', template);
  }
  return {
    kind: 'for',
    line: node.lineno + 1,
    names: names.map((part) => nameOf(part, template)),
    list: translateExpression(list, template),
    ...(filter === undefined ? {} : { filter: translateExpression(filter, template) }),
    body: translateBody(child(node, 'body', template), template),
    otherwise: translateBody(optional(node, 'else_'), template),
  };
}

function translateSet(node: ParsedNode, template: Source): Statement {
  const line = node.lineno + 1;
  const written: unknown = node['targets'];
  const targets = (Array.isArray(written) ? written : []).filter(isNode).map((target): SetTarget => {
    if (target.typename !== 'LookupVal') return { kind: 'name', name: nameOf(target, template) };
    const field = child(target, 'val', template);
    const name = field['value'];
    if (field.typename !== 'Literal' || typeof name !== 'string') {
      return fail(target, template, 'only a name, or a field of a namespace, can be set');
    }
    return { kind: 'field', object: nameOf(child(target, 'target', template), template), field: name };
  });
  const body = optional(node, 'body');
  if (body === undefined) {
    return {
      kind: 'set',
      line,
      targets,
      value: translateExpression(child(node, 'value', template), template),
    };
  }
  if (targets.length !== 1) fail(node, template, 'a block sets one name');
  return {
    kind: 'set',
    line,
    targets,
    value: { kind: 'block', body: translateBody(child(body, 'body', template), template) },
  };
}

/** Also for the body of `{% call %}`. */
function translateMacro(node: ParsedNode, template: Source): MacroDefinition {
  const { positional, named } = translateArguments(children(child(node, 'args', template)), template);
  return {
    name: nameOf(child(node, 'name', template), template),
    parameters: [
      ...positional.map((parameter) => {
        if (parameter.kind === 'name') return { name: parameter.name };
        return fail(node, template, 'a parameter of a macro must be a name');
      }),
      ...named.map(([name, fallback]) => ({ name, fallback })),
    ],
    body: translateBody(child(node, 'body', template), template),
  };
}

function nameOf(node: ParsedNode, template: Source): string {
  if (node.typename !== 'Symbol') return fail(node, template, 'a name is expected here');
  const name = text(node, 'value', template);
  if (['true', 'false', 'none', 'True', 'False', 'None', 'loop', 'self', 'super', 'caller'].includes(name)) {
    if (name !== 'caller') fail(node, template, `${name} cannot be set`);
  }
  return name;
}

function optional(node: ParsedNode, field: string): ParsedNode | undefined {
  const value = node[field];
  return isNode(value) ? value : undefined;
}
