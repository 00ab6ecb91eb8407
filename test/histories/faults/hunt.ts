import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { HistoryFailure } from '../run.ts';
import type { Fault } from './fault.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const PLANT = fileURLToPath(new URL('./plant.ts', import.meta.url));
const SEARCH = fileURLToPath(new URL('./search.ts', import.meta.url));

/** What one seed's histories found. */
export interface Find {
  seed: number;
  /** Undefined: nothing in all its histories. */
  failure?: HistoryFailure;
}

export interface HuntOptions {
  /** Undefined: the sources as they are, as a control. */
  fault: Fault | undefined;
  /** Default: the fault's. */
  scenario?: string | undefined;
  seeds: readonly number[];
  /** Most histories of each seed. */
  histories: number;
  /** Whether the stories are made short; takes more histories. */
  shrink: boolean;
  /** Told of each seed as it ends. */
  onFind?(find: Find): void;
}

/**
 * Plays histories in a process of their own in which the fault is planted, seed by seed.
 * @returns one find per seed
 * @throws Error when the fault could not be planted or the process ended badly
 */
export async function hunt(options: HuntOptions): Promise<Find[]> {
  const { fault, seeds, histories, shrink, scenario = fault?.scenario } = options;
  const { NAAS_FAULT: _, ...env } = process.env;
  const child = spawn(
    process.execPath,
    [
      '--import',
      PLANT,
      SEARCH,
      ...['--seeds', seeds.join(','), '--histories', String(histories)],
      ...(shrink ? ['--shrink'] : []),
      ...(scenario === undefined ? [] : ['--scenario', scenario]),
    ],
    {
      cwd: ROOT,
      env: { ...env, ...(fault === undefined ? {} : { NAAS_FAULT: fault.name }) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const finds: Find[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const find = JSON.parse(line) as Find;
    finds.push(find);
    options.onFind?.(find);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`${fault?.name ?? 'control'}: the histories ended with ${code}: ${errors}`);
  return finds;
}
