import type { Platform } from '../parts/platform.ts';
import type { Record } from '../properties/record.ts';
import type { Violation } from '../world/world.ts';
import { claimsSettled } from './claims-settled.ts';
import type { Goal } from './goal.ts';
import { gone } from './gone.ts';
import { decided } from './decided.ts';
import { oneOrder } from './one-order.ts';
import { switchesShowLedger } from './switches-show-ledger.ts';

/** What must be reached once nothing disturbs any more: ownership.md, "At rest". */
export const GOALS: readonly Goal[] = [gone, claimsSettled, decided, oneOrder, switchesShowLedger];

/** The first goal that is missed, and why. */
export function goalsMissed(platform: Platform, record: Record): Violation | undefined {
  for (const { name, missed } of GOALS) {
    const what = missed({ platform, record });
    if (what !== undefined) return { property: `at rest: ${name}`, what };
  }
  return undefined;
}
