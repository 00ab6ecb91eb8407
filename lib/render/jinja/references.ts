import type { Expression, Statement, Template } from './syntax.ts';

/** Which templates a template asks for, as far as their names are written in it. */
export function referencedTemplates(template: Template): { names: ReadonlySet<string>; computed: boolean } {
  const names = new Set<string>();
  let computed = false;
  const note = (expression: Expression): void => {
    if (expression.kind === 'literal' && typeof expression.value === 'string') names.add(expression.value);
    else computed = true;
  };
  const walk = (statements: readonly Statement[]): void => {
    for (const statement of statements) {
      switch (statement.kind) {
        case 'include':
        case 'import':
        case 'from':
        case 'extends':
          note(statement.template);
          break;
        case 'if':
          walk(statement.yes);
          walk(statement.no);
          break;
        case 'for':
          walk(statement.body);
          walk(statement.otherwise);
          break;
        case 'set':
          if (statement.value.kind === 'block') walk(statement.value.body);
          break;
        case 'macro':
          walk(statement.macro.body);
          break;
        case 'block':
          walk(statement.body);
          break;
        case 'print':
          walkExpression(statement.value);
          break;
        case 'text':
          break;
      }
    }
  };
  /** Statements stand inside expressions in two places only: filter blocks and call blocks. */
  const walkExpression = (expression: Expression): void => {
    if (expression.kind === 'filter' && expression.value.kind === 'block') walk(expression.value.body);
    if (expression.kind === 'call' && expression.caller !== undefined) walk(expression.caller.body);
  };
  walk(template.body);
  return { names, computed };
}
