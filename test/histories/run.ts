import fc from 'fast-check';
import type { Image } from './parts/image.ts';
import { takeImage } from './parts/take-image.ts';
import { openPolicy } from './parts/webhook.ts';
import { plans } from './plan.ts';
import type { Plan } from './plan.ts';
import { play } from './play.ts';
import { ALL_SCENARIOS, scenarioNamed } from './scenarios.ts';
import type { Scenario } from './scenarios.ts';
import type { Violation } from './world/world.ts';

export interface HistoryFailure {
  /** Plays this very history again, with the scenario. */
  seed: number;
  scenario: string;
  /** Histories run until it failed, including it. */
  histories: number;
  /** Such as `(b) active only while all ports are held`. */
  property: string;
  /** What happened, after shrinking if that was asked for. */
  story: string;
}

export interface HistoriesOptions {
  seed: number;
  histories: number;
  /** Looks for the shortest plan that fails. Default true. */
  shrink?: boolean;
  /** One scenario; default: all take turns. */
  scenario?: string;
  onProgress?: (done: number) => void;
}

/** Runs histories until one breaks a property. Each has a seed of its own: `seed`, `seed + 1`, … */
export async function runHistories(options: HistoriesOptions): Promise<HistoryFailure | undefined> {
  const { seed, histories, scenario: only, onProgress, shrink = true } = options;
  const scenarios = only === undefined ? ALL_SCENARIOS : [scenarioNamed(only)];
  const set = await openStage();
  for (let done = 0; done < histories; done += 1) {
    const scenario = scenarios[(seed + done) % scenarios.length];
    if (scenario === undefined) throw new Error('there is no scenario');
    const failure = await one(set, scenario, seed + done, shrink);
    if (failure !== undefined) return { ...failure, histories: done + 1 };
    onProgress?.(done + 1);
  }
  return undefined;
}

/** What all histories of a process begin with. */
interface Stage {
  policy: Awaited<ReturnType<typeof openPolicy>>;
  image: Image;
}

let stage: Promise<Stage> | undefined;

export function openStage(): Promise<Stage> {
  stage ??= openPolicy().then(async (policy) => ({ policy, image: await takeImage(policy) }));
  return stage;
}

/** Most runs while a plan is made shorter. */
const SHRINKS = 600;

async function one(
  { policy, image }: Stage,
  scenario: Scenario,
  seed: number,
  shrink: boolean,
): Promise<Omit<HistoryFailure, 'histories'> | undefined> {
  let property: string | undefined;
  let runs = 0;
  const broken = async (plan: Plan): Promise<Violation | undefined> => {
    const { violation } = await play(plan, { scenario, policy, image, telling: false });
    return violation;
  };
  const history = fc.asyncProperty(plans(scenario), async (plan) => {
    runs += 1;
    if (runs > SHRINKS) return true;
    const violation = await broken(plan);
    property ??= violation?.property;
    // A shorter plan counts only if it breaks the same.
    return violation === undefined || violation.property !== property;
  });
  const checked = await fc.check(history, { seed, numRuns: 1, endOnFailure: !shrink, unbiased: true });
  const plan = checked.counterexample?.[0];
  if (!checked.failed || plan === undefined || plan === null) return undefined;
  const { violation, story } = await play(plan, { scenario, policy, image, telling: true });
  return {
    seed,
    scenario: scenario.name,
    property: violation?.property ?? 'the same plan gives the same history',
    story: `${violation?.what ?? `not broken again: ${String(checked.errorInstance)}`}\n${story}`,
  };
}
