import { Interpreter } from './interpreter.ts';
import type { Budget } from './interpreter.ts';
import { parseTemplate } from './parse.ts';
import type { Value } from './value.ts';

/**
 * Parses and renders one text, for trying templates out.
 * @param templates texts by name that it may include
 * @throws TemplateError
 */
export function renderText(
  source: string,
  context: ReadonlyMap<string, Value>,
  templates: Readonly<Record<string, string>> = {},
  budget?: Budget,
): string {
  const load = (name: string) =>
    Object.hasOwn(templates, name) ? parseTemplate(templates[name] ?? '', name) : undefined;
  const interpreter = new Interpreter(load, ...(budget === undefined ? [] : [budget]));
  return interpreter.render(parseTemplate(source, 'template'), context);
}
