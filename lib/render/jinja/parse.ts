import nunjucks from 'nunjucks/src/parser.js';
import type { ParsedNode } from 'nunjucks/src/parser.js';
import { StrictTokens } from './strict-tokens.ts';
import type { Template } from './syntax.ts';
import { TemplateError } from './template-error.ts';
import { translateTemplate } from './translate-statement.ts';

/** Longest template, in characters. */
const MAX_SOURCE = 256 * 1024;

class StrictParser extends nunjucks.Parser {
  /** nunjucks reads `x|f(a)(b)` as f with argument b; here only one list of arguments follows a filter. */
  parseFilterArgs(): ParsedNode[] {
    return this.peekToken()?.type === 'left-paren' ? this.parseSignature().children : [];
  }
}

/**
 * Parses a template with nunjucks' parser and refuses what it understands otherwise than Jinja2.
 * White space is as in Nornir and Ansible: trim_blocks, no lstrip_blocks, the last line end dropped.
 * @throws TemplateError with file and line
 */
export function parseTemplate(source: string, name: string): Template {
  if (source.length > MAX_SOURCE) throw new TemplateError(name, 1, `is longer than ${MAX_SOURCE} characters`);
  const text = source.replace(/\r\n?/g, '\n').replace(/\n$/, '');
  let root: ParsedNode;
  try {
    root = new StrictParser(new StrictTokens(text, name)).parseAsRoot();
  } catch (error) {
    throw asTemplateError(error, name, text);
  }
  return { name, body: translateTemplate(root, name) };
}

function asTemplateError(error: unknown, name: string, text: string): TemplateError {
  if (error instanceof TemplateError) return error;
  const { message, lineno } = error as { message?: string; lineno?: number };
  if (error instanceof RangeError) return new TemplateError(name, 1, 'is nested too deeply');
  if (error instanceof TypeError) {
    // The parser runs off the end of its tokens.
    return new TemplateError(name, lineno ?? text.split('\n').length, 'is incomplete or not Jinja2');
  }
  const detail = (message ?? 'cannot be parsed').replace(/^.*\[Line \d+, Column \d+\]\s*/s, '').trim();
  return new TemplateError(name, lineno ?? text.split('\n').length, detail);
}
