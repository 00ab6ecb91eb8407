/** The parts of nunjucks that are used: its lexer and parser. Its compiler and runtime never run. */
declare module 'nunjucks/src/lexer.js' {
  export interface Token {
    type: string;
    value: unknown;
    /** From 0. */
    lineno: number;
    colno: number;
  }
  export interface Tokenizer {
    readonly str: string;
    readonly index: number;
    readonly lineno: number;
    readonly colno: number;
    readonly tags: { readonly [key: string]: string };
    nextToken(): Token | null;
    current(): string;
    forward(): void;
    _matches(text: string): boolean | null;
  }
  const lexer: {
    lex(source: string, options: { trimBlocks: boolean; lstripBlocks: boolean }): Tokenizer;
  };
  export default lexer;
}

declare module 'nunjucks/src/parser.js' {
  import type { Token } from 'nunjucks/src/lexer.js';
  /** Any node; which other fields it has depends on `typename`. */
  export interface ParsedNode {
    readonly typename: string;
    readonly lineno: number;
    readonly [field: string]: unknown;
  }
  export class Parser {
    constructor(tokens: { nextToken(): Token | null; readonly tags: { readonly [key: string]: string } });
    peekToken(): Token | null;
    parseSignature(): { readonly children: ParsedNode[] };
    parseAsRoot(): ParsedNode;
  }
  const parser: { Parser: typeof Parser };
  export default parser;
}
