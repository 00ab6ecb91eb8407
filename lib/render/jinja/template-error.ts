/** What is wrong with a template, or what went wrong while it was rendered, with its place. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
  readonly template: string;
  /** From 1. */
  readonly line: number;
  readonly detail: string;
  constructor(template: string, line: number, detail: string) {
    super(`${template}, line ${line}: ${detail}`);
    this.template = template;
    this.line = line;
    this.detail = detail;
  }
}

/** Raised where the place is not known; the interpreter adds it. */
export class ValueError extends Error {
  override readonly name = 'ValueError';
}
