import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleServices } from '../../../tools/build/bundle.ts';
import { generateHostKey } from '../../../topo/eos-sim/host-key.ts';
import type { FateKind } from './fate.ts';
import type { Mutation } from './mutations.ts';
import type { Platform } from './platform.ts';
import { rehearse, run } from './run.ts';
import type { Run } from './run.ts';

export interface Findings {
  runs: number;
  pushes: number;
  fates: Record<FateKind, number>;
  /** Of these, real processes: SIGKILL and SIGSTOP. */
  processes: { kill: number; pause: number };
  /** Kills by step and moment. */
  kills: Map<string, Record<'before' | 'within' | 'after', number>>;
  /** Runs in which a promise broke. */
  failures: Run[];
}

export interface ExperimentOptions {
  platform: Platform;
  /** Goes on with new seeds until so many enforcers were killed. */
  kills: number;
  firstSeed: number;
  /** At most so many runs. */
  mostRuns?: number;
  /** Runs side by side. */
  lanes: number;
  /** Ends after so many failed runs. */
  mostFailures: number;
  mutation?: Mutation;
  onRun?(run: Run, findings: Findings): void;
}

/** Runs seed after seed until enough enforcers were killed, or a promise broke too often. */
export async function experiment(options: ExperimentOptions): Promise<Findings> {
  const { platform, mutation, lanes } = options;
  const hostKey = generateHostKey().privateKey;
  const sites = await rehearse(platform, hostKey);
  // A fault is put into the enforcer of this process only.
  const directory =
    mutation === undefined ? await mkdtemp(join(tmpdir(), 'naas-enforcer-bundle-')) : undefined;
  const bundle = directory === undefined ? undefined : join(await bundleServices(directory), 'enforcer.mjs');
  const findings: Findings = {
    runs: 0,
    pushes: 0,
    processes: { kill: 0, pause: 0 },
    fates: { kill: 0, pause: 0, cut: 0, reload: 0 },
    kills: new Map(),
    failures: [],
  };
  let seed = options.firstSeed;
  const end = seed + (options.mostRuns ?? Number.POSITIVE_INFINITY);
  const goesOn = (): boolean =>
    findings.fates.kill < options.kills && seed < end && findings.failures.length < options.mostFailures;

  async function lane(): Promise<void> {
    while (goesOn()) {
      const mine = seed;
      seed += 1;
      const done = await run({ platform, seed: mine, hostKey, mutation, sites, bundle });
      count(findings, done);
      options.onRun?.(done, findings);
    }
  }
  try {
    await Promise.all(Array.from({ length: lanes }, lane));
  } finally {
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  }
  return findings;
}

function count(findings: Findings, done: Run): void {
  const { fates, pushes, broke } = done;
  findings.runs += 1;
  findings.pushes += pushes;
  for (const { kind, step, when, process } of fates) {
    findings.fates[kind] += 1;
    if (process && (kind === 'kill' || kind === 'pause')) findings.processes[kind] += 1;
    if (kind !== 'kill') continue;
    const row = findings.kills.get(step) ?? { before: 0, within: 0, after: 0 };
    row[when] += 1;
    findings.kills.set(step, row);
  }
  if (broke.length > 0) findings.failures.push(done);
}
