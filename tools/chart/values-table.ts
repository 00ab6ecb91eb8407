/** The part of JSON Schema (draft 7) that `values.schema.json` is written in. */
export interface ValueSchema {
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, ValueSchema>>;
}

interface Row {
  readonly path: string;
  readonly fallback: string;
  readonly description: string;
}

/**
 * The values of the chart as a table in Markdown, in the order of the schema.
 * @param values the defaults, as in `values.yaml`
 * @throws Error naming a value that has no description, or that only one of the two knows
 */
export function valuesTable(schema: ValueSchema, values: unknown): string {
  const rows = rowsOf(schema, values, []);
  const lines = rows.map(
    ({ path, fallback, description }) => `| \`${path}\` | ${fallback} | ${description} |`,
  );
  return ['| Value | Default | Meaning |', '|---|---|---|', ...lines, ''].join('\n');
}

function rowsOf(schema: ValueSchema, value: unknown, path: readonly string[]): Row[] {
  const { properties, description } = schema;
  if (properties !== undefined && description === undefined) {
    const given = isMapping(value) ? value : {};
    // Helm gives `global` to every chart.
    const names = Object.keys(properties).filter((name) => name !== 'global');
    const unknown = Object.keys(given).filter((name) => !names.includes(name));
    if (unknown.length > 0) throw new Error(`${[...path, unknown[0]].join('.')}: not in values.schema.json`);
    return names.flatMap((name) => {
      if (!(name in given)) throw new Error(`${[...path, name].join('.')}: not in values.yaml`);
      return rowsOf(properties[name] ?? {}, given[name], [...path, name]);
    });
  }
  if (description === undefined) throw new Error(`${path.join('.')}: has no description`);
  return [{ path: path.join('.'), fallback: shown(value), description: description.replaceAll('|', '\\|') }];
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text === '""' ? '' : `\`${text.replaceAll('|', '\\|')}\``;
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
