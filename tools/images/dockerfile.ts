/** Reads a Dockerfile as far as ours goes, so that tests can hold it to what `make images` makes. */

export interface Instruction {
  readonly name: string;
  /** The rest of the line, continuation lines joined. */
  readonly words: string;
}

export interface Stage {
  /** What follows FROM. */
  readonly from: string;
  readonly instructions: readonly Instruction[];
}

export interface FinalStage {
  readonly from: string;
  readonly copies: readonly (readonly string[])[];
  /** In the form of `config` in an OCI image configuration. */
  readonly config: Readonly<Record<string, unknown>>;
}

export function parseDockerfile(text: string): Stage[] {
  const stages: { from: string; instructions: Instruction[] }[] = [];
  const lines = text.replace(/^\s*#.*\n/gm, '').replace(/\\\n\s*/g, '');
  for (const line of lines.split('\n').filter((line) => line.trim() !== '')) {
    const [, name = '', words = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
    const stage = stages.at(-1);
    if (name === 'FROM') stages.push({ from: words.replace(/ AS \w+$/, ''), instructions: [] });
    else if (stage === undefined || name === '') throw new Error(`Not understood: ${line}`);
    else stage.instructions.push({ name, words });
  }
  return stages;
}

/**
 * What the last stage makes.
 *
 * @param given `--build-arg` by name
 * @throws Error for an instruction that is not known here.
 */
export function finalStage(stages: readonly Stage[], given: Readonly<Record<string, string>>): FinalStage {
  const stage = stages.at(-1);
  if (stage === undefined) throw new Error('The Dockerfile has no stage');
  const variables = new Map<string, string>();
  const copies: string[][] = [];
  const config: Record<string, unknown> = {};
  for (const { name, words } of stage.instructions) {
    const value = words.replace(/\$(\w+)/g, (_, variable: string) => variables.get(variable) ?? '');
    if (name === 'ARG') {
      const [variable = '', otherwise = ''] = value.split('=');
      variables.set(variable, given[variable] ?? otherwise);
    } else if (name === 'COPY') copies.push(value.split(' '));
    else if (name === 'USER') config['User'] = value;
    else if (name === 'ENV') config['Env'] = value.split(' ');
    else if (name === 'LABEL') config['Labels'] = pairs(value);
    else if (name === 'ENTRYPOINT') config['Entrypoint'] = JSON.parse(value);
    else throw new Error(`Not understood: ${name} ${words}`);
  }
  return { from: stage.from, copies, config };
}

function pairs(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/([^\s=]+)="([^"]*)"/g)].map(([, key, value]) => [key, value]));
}
