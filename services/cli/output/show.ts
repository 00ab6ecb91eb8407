/** Prints what a command found, in the format that was asked for. */
import type { Context } from '../command.ts';
import type { OUTPUT_OPTIONS } from '../options.ts';
import { paintFor } from './colour.ts';
import type { Paint } from './colour.ts';

/** Version of the JSON and YAML of all commands: within it fields are only ever added. */
export const OUTPUT_VERSION = 'cli.naas/v1';

export interface Layout {
  /** More columns. */
  readonly wide: boolean;
  readonly headers: boolean;
  readonly paint: Paint;
}

/** What a command found. */
export interface View {
  /** Names the shape of `data`, such as `WhoAmI`. */
  readonly kind: string;
  readonly data: object;
  /** The same for people: whole lines. */
  text(layout: Layout): string;
}

/** Writes the view to stdout. */
export async function show(context: Context<typeof OUTPUT_OPTIONS>, view: View): Promise<void> {
  const { values, stdout, environment } = context;
  const data = { apiVersion: OUTPUT_VERSION, kind: view.kind, ...view.data };
  switch (values.output) {
    case 'json':
      stdout.write(`${JSON.stringify(data, undefined, 2)}\n`);
      return;
    case 'yaml': {
      const { stringify } = await import('yaml');
      stdout.write(stringify(data, { aliasDuplicateObjects: false }));
      return;
    }
    default: {
      const wide = values.output === 'wide';
      const headers = values['no-headers'] !== true;
      stdout.write(view.text({ wide, headers, paint: paintFor(stdout, environment) }));
    }
  }
}
