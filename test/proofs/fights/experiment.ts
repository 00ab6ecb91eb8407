/** All rounds, one after the other, on one platform. */
import { pause, systemClock } from '../../../lib/kube/clock.ts';
import type { Arena } from './arena.ts';
import { play } from './client.ts';
import { everyoneLeads } from './disturb.ts';
import { hastenJobs, inventoryOf, leftovers, restartServices } from './leftovers.ts';
import type { Observer } from './observer.ts';
import { planRound, type PlanOptions } from './plan.ts';
import { playRound, rest, type Round } from './round.ts';

export interface Findings {
  readonly rounds: readonly Round[];
  /** Promises that broke, with the round. */
  readonly broke: readonly string[];
}

export interface ExperimentOptions extends PlanOptions {
  readonly arena: Arena;
  readonly observer: Observer;
  readonly onRound?: (round: Round) => void;
  /** Aborted: no further round begins; what was played is brought to its end. */
  readonly signal?: AbortSignal;
}

/** Secrets whose Job was never made go after a minute, at the next look of the scheduler. */
const CLEAN_MS = 240_000;
const LOOK_MS = 1000;

/** Ends at the first round in which a promise breaks. */
export async function experiment(options: ExperimentOptions): Promise<Findings> {
  const { arena, observer } = options;
  const rounds: Round[] = [];
  const before = await inventoryOf(arena.admin, 0);
  let allLead = false;
  let tenants = '';
  for (let number = 0; number < options.rounds && options.signal?.aborted !== true; number += 1) {
    const plan = planRound(options, number);
    if (tenants !== '' && plan.tenants.join() !== tenants) {
      const broke = await endOfFight(options, before);
      if (broke.length > 0) return { rounds, broke };
      allLead = false;
    }
    tenants = plan.tenants.join();
    if (plan.allLead !== allLead) await everyoneLeads(arena, plan.allLead);
    ({ allLead } = plan);
    const round = await playRound(arena, observer, plan);
    rounds.push(round);
    options.onRound?.(round);
    if (round.broke.length > 0) {
      return { rounds, broke: round.broke.map((line) => `round ${number}: ${line}`) };
    }
  }
  return { rounds, broke: await endOfFight(options, before) };
}

/** Everything is deleted; after two rounds of garbage collection nothing is left. One leader each from then on. */
async function endOfFight(
  { arena, observer }: ExperimentOptions,
  before: Awaited<ReturnType<typeof inventoryOf>>,
): Promise<string[]> {
  await everyoneLeads(arena, false);
  const { requests } = observer.seen();
  await Promise.all(
    requests.map(({ metadata: { namespace: tenant = '', name } }) => {
      const client = Number(/\d+/.exec(name)?.[0]);
      const { connection } = arena.user(tenant, client);
      const part = { client, tenant, late: false, actions: [{ kind: 'drop', name } as const] };
      return play(part, { connection, called: () => undefined, untilGone: () => Promise.resolve() });
    }),
  );
  const since = Date.now();
  const broke: string[] = [];
  for (const when of ['after everything was deleted', 'after the first round', 'after the second round']) {
    const { waits } = await rest(observer);
    broke.push(...waits.map((line) => `${when}: not at rest: ${line}`));
    if (when !== 'after the second round') await restartServices(arena);
  }
  await observer.judge();
  broke.push(...observer.faults());
  const deadline = performance.now() + CLEAN_MS;
  for (;;) {
    await hastenJobs(arena.admin);
    const left = leftovers(before, await inventoryOf(arena.admin, since));
    if (left.length === 0) return broke;
    if (performance.now() > deadline) return [...broke, ...left.map((line) => `left at the end: ${line}`)];
    await pause(systemClock, LOOK_MS);
  }
}
