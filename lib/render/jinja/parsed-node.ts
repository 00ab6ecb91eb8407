import type { ParsedNode } from 'nunjucks/src/parser.js';
import type { MacroDefinition, Statement } from './syntax.ts';
import { TemplateError } from './template-error.ts';

/** The template being translated; expressions hold statements in filter and call blocks. */
export interface Source {
  readonly name: string;
  body(node: ParsedNode): Statement[];
  macro(node: ParsedNode): MacroDefinition;
}

/** Whether a field of a parsed node is a node itself. */
export function isNode(value: unknown): value is ParsedNode {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as { typename?: unknown }).typename === 'string'
  );
}

/** A field that must be a node. */
export function child(node: ParsedNode, field: string, template: Source): ParsedNode {
  const value = node[field];
  if (isNode(value)) return value;
  return fail(node, template, 'is incomplete');
}

/** The nodes of a list. */
export function children(node: ParsedNode): ParsedNode[] {
  const value = node['children'];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** A field that must be text. */
export function text(node: ParsedNode, field: string, template: Source): string {
  const value = node[field];
  if (typeof value === 'string') return value;
  return fail(node, template, 'a name is expected here');
}

export function fail(node: ParsedNode, template: Source, detail: string): never {
  throw new TemplateError(template.name, (typeof node.lineno === 'number' ? node.lineno : 0) + 1, detail);
}
