import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { PLATFORM_NAMESPACE } from '../../crds/names.ts';

/** What the scheduler tells its Job by environment. Nothing secret. */
export interface Environment {
  namespace: string;
  job: string;
  /** Name of our Pod; first part of the Lease's holder identity. */
  pod: string;
  /** Where the slices of the inventory are mounted. */
  directory: string;
  /** Which of them is ours. */
  index: number;
  asked: boolean;
}

/** @throws Error naming the variable and what it must hold */
export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const index = Number(variables['JOB_COMPLETION_INDEX'] ?? '0');
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new Error('JOB_COMPLETION_INDEX must be a whole number: it is set by the Job controller');
  }
  return {
    namespace: variables['NAAS_NAMESPACE'] ?? PLATFORM_NAMESPACE,
    job: variables['NAAS_JOB'] ?? 'by-hand',
    pod: variables['NAAS_POD'] ?? 'by-hand',
    directory: variables['NAAS_SLICE_DIRECTORY'] ?? '/etc/naas/slice',
    index,
    asked: variables['NAAS_ASKED'] === 'true',
  };
}

/** The text of our slice of the inventory. */
export function readSlice({ directory, index }: Environment): Promise<string> {
  return readFile(join(directory, `slice-${index}.yaml`), 'utf8');
}
