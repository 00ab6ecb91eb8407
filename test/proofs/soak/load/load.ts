/** Many different things, at a steady rate, the same for the same seed (but for the timing). */
import { setTimeout as delay } from 'node:timers/promises';
import { messageOf } from '../../../../lib/kube/errors.ts';
import { configure, editInventory, editModel, editTemplate } from './network-team.ts';
import { list, logs, pages, watch } from './reads.ts';
import { change, nonsense, race } from './requests.ts';
import { restart, RESTARTS } from './restarts.ts';
import type { LoadStage, Operation } from './stage.ts';
import { away, boot, byHand, fault } from './troubles.ts';

const OPERATIONS: readonly Operation[] = [
  ...[change, race, nonsense],
  ...[list, pages, logs, watch],
  ...[editTemplate, editModel, editInventory, configure],
  ...[byHand, away, boot, fault],
];
/** Operations a second. */
export const RATE = 1.5;
/** More are not begun while so many run: a slow machine gets less load, not a queue of it. */
const AT_ONCE = 12;
const MOST_PROBLEMS = 50;

export interface LoadReport {
  /** How often each operation ended in which way. */
  readonly outcomes: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Began late or not at all, because too many were running. */
  readonly leftOut: number;
  readonly restarts: readonly string[];
  /** What no operation expects, such as a call that took too long; the first of them. */
  readonly problems: readonly string[];
}

export interface LoadLength {
  readonly seconds: number;
  /** Whether it may end after these seconds. */
  enough(): boolean;
  /** It ends after so many seconds in any case. */
  readonly most: number;
}

/**
 * Runs, then waits until all that was begun has ended.
 *
 * @param calls `abort` when no more is begun, `ended` at the end of each operation
 */
export async function runLoad(
  stage: LoadStage,
  length: LoadLength,
  calls: { abort(): void; ended(): void },
): Promise<LoadReport> {
  const outcomes = new Map<string, Map<string, number>>();
  const problems: string[] = [];
  const restarts: string[] = [];
  const running = new Set<Promise<void>>();
  const due = [...RESTARTS];
  let leftOut = 0;
  const started = performance.now();
  const elapsed = () => (performance.now() - started) / 1000;
  const note = (name: string, outcome: string) => {
    const counts = outcomes.get(name) ?? new Map<string, number>();
    outcomes.set(name, counts.set(outcome, (counts.get(outcome) ?? 0) + 1));
  };
  const launch = (name: string, work: () => Promise<string>) => {
    const task = work()
      .then((outcome) => note(name, outcome))
      .catch((error: unknown) => {
        note(name, 'failed');
        if (problems.length < MOST_PROBLEMS)
          problems.push(`${Math.round(elapsed())} s, ${name}: ${messageOf(error)}`);
      })
      .finally(() => {
        running.delete(task);
        calls.ended();
      });
    running.add(task);
  };

  for (let turn = 0; elapsed() < length.seconds || (!length.enough() && elapsed() < length.most); turn += 1) {
    const next = due[0];
    if (next !== undefined && elapsed() >= next.part * length.seconds) {
      due.shift();
      restarts.push(`${Math.round(elapsed())} s: ${next.name}`);
      launch('restart a service', async () => {
        await restart(stage, next.name);
        return 'ready again';
      });
    }
    const operation = drawn(stage);
    if (running.size < AT_ONCE) launch(operation.name, () => operation.run(stage));
    else leftOut += 1;
    await delay(Math.max(0, (turn + 1) / RATE - elapsed()) * 1000);
  }
  calls.abort();
  await Promise.all(running);
  return { outcomes, leftOut, restarts, problems };
}

function drawn({ random }: LoadStage): Operation {
  const total = OPERATIONS.reduce((sum, { weight }) => sum + weight, 0);
  let left = (random.below(1_000_000) / 1_000_000) * total;
  for (const operation of OPERATIONS) {
    left -= operation.weight;
    if (left < 0) return operation;
  }
  return change;
}
