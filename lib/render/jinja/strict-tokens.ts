import lexer from 'nunjucks/src/lexer.js';
import type { Token, Tokenizer } from 'nunjucks/src/lexer.js';
import { TemplateError } from './template-error.ts';

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const INTEGER = /^(?:0|[1-9][0-9]*)$/;
const FLOAT = /^(?:0|[1-9][0-9]*)\.[0-9]+$/;
const CLOSING: { readonly [open: string]: string } = { '(': ')', '[': ']', '{': '}' };

/** A number written with a decimal point. The parser would lose that 1.0 is not 1. */
export class FloatLiteral {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/** Text that stood in quotes. The parser would make `a.b` and `a["b"]` the same. */
export class TextLiteral {
  readonly value: string;
  constructor(value: string) {
    this.value = value;
  }
}

/**
 * nunjucks' lexer with what it lets pass or reads otherwise than Jinja2 refused or put right: unknown escapes,
 * unterminated strings, names with strange characters, JavaScript's operators and patterns, brackets that do
 * not match, and white space around comments under trim_blocks.
 */
export class StrictTokens {
  readonly #lexer: Tokenizer;
  readonly #template: string;
  readonly #open: string[] = [];
  #dropLeading = false;
  readonly tags: Tokenizer['tags'];

  constructor(source: string, template: string) {
    this.#lexer = lexer.lex(source, { trimBlocks: true, lstripBlocks: false });
    this.#template = template;
    this.tags = this.#lexer.tags;
  }

  nextToken(): Token | null {
    const start = this.#lexer.index;
    const line = this.#lexer.lineno;
    let token: Token | null;
    try {
      token = this.#lexer.nextToken();
    } catch (error) {
      throw new TemplateError(
        this.#template,
        line + 1,
        error instanceof Error ? error.message : String(error),
      );
    }
    if (token === null) return null;
    const text = typeof token.value === 'string' ? token.value : '';
    switch (token.type) {
      case 'data':
        return { ...token, value: this.#trimData(text) };
      case 'comment':
        // Jinja2 trims the line end after comments as after blocks.
        if (this.#lexer.current() === '\n') this.#lexer.forward();
        this.#dropLeading = text.endsWith('-#}');
        return token;
      case 'block-start':
      case 'variable-start':
        this.#dropLeading = false;
        this.#open.length = 0;
        if (this.#lexer.current() === '+') this.#fail(line, '"+" beside a tag is not supported');
        return token;
      case 'block-end':
      case 'variable-end':
        if (this.#open.length > 0) this.#fail(line, `"${this.#open.at(-1)}" is never closed`);
        this.#dropLeading = text.startsWith('-');
        return token;
      case 'string':
        return {
          ...token,
          value: new TextLiteral(this.#decode(this.#lexer.str.slice(start, this.#lexer.index), line)),
        };
      case 'symbol':
        if (!NAME.test(text)) this.#fail(line, `${JSON.stringify(text)} is neither a name nor a number`);
        return token;
      case 'int':
        if (!INTEGER.test(text)) this.#fail(line, `number ${text} has a leading zero`);
        // As a string token the parser passes the value on as it is.
        return { ...token, type: 'string', value: BigInt(text) };
      case 'float':
        if (!FLOAT.test(text)) this.#fail(line, `${JSON.stringify(text)} is not a number`);
        return { ...token, type: 'string', value: new FloatLiteral(Number(text)) };
      case 'none':
        if (text !== 'none') this.#fail(line, `${text} is JavaScript, write none`);
        return token;
      case 'regex':
        return this.#fail(line, 'a pattern r/…/ is JavaScript and not part of Jinja2');
      case 'operator':
        if (text === '===' || text === '!==')
          this.#fail(line, `${text} is JavaScript, write ${text.slice(0, 2)}`);
        return token;
      default:
        this.#matchBrackets(token, text, line);
        return token;
    }
  }

  #trimData(text: string): string {
    const leading = this.#dropLeading ? text.trimStart() : text;
    this.#dropLeading = false;
    const next = (tag: string): boolean => this.#lexer._matches(tag) === true;
    return next('{%-') || next('{{-') || next('{#-') ? leading.trimEnd() : leading;
  }

  #matchBrackets(token: Token, text: string, line: number): void {
    if (token.type.startsWith('left-')) this.#open.push(text);
    if (!token.type.startsWith('right-')) return;
    const open = this.#open.pop();
    if (open === undefined || CLOSING[open] !== text) this.#fail(line, `"${text}" closes nothing`);
  }

  /** A string literal as Python reads it: unknown escapes keep their backslash. */
  #decode(raw: string, line: number): string {
    const quote = raw[0] ?? '';
    const body = raw.slice(1, -1);
    if (raw.length < 2 || !raw.endsWith(quote) || /(?:^|[^\\])(?:\\\\)*\\$/.test(body)) {
      this.#fail(line, 'the text in quotes never ends');
    }
    return body.replace(
      /\\(?:x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|\n|([\s\S]))/g,
      (all: string, two?: string, four?: string, one?: string) => {
        if (two !== undefined || four !== undefined)
          return String.fromCharCode(parseInt(two ?? four ?? '', 16));
        if (one === undefined) return '';
        const known: { readonly [letter: string]: string } = {
          n: '\n',
          t: '\t',
          r: '\r',
          '\\': '\\',
          "'": "'",
          '"': '"',
        };
        if (/[0-7abfvNUxu]/.test(one)) this.#fail(line, `the escape ${all} is not supported`);
        return known[one] ?? all;
      },
    );
  }

  #fail(line: number, detail: string): never {
    throw new TemplateError(this.#template, line + 1, detail);
  }
}
