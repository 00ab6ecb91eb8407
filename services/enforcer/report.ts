import type { Facts } from './driver.ts';
import { gate } from './fence/gate.ts';
import type { Fence } from './fence/gate.ts';
import type { Result } from './outcome.ts';
import type { Push } from './pushing.ts';
import type { Attempt } from './status.ts';
import { writeStatus } from './status-write.ts';

export interface Reporting {
  pushing: Pick<Push, 'api' | 'journal' | 'clock'>;
  fence: Fence;
  facts: Facts;
  attempt: Omit<Attempt, 'now'>;
}

/** Push step 12 for results that confirmed nothing. @throws FenceLost when the right to tell is lost */
export async function report(reporting: Reporting, result: Result): Promise<Result['outcome']> {
  const { pushing, fence, facts, attempt } = reporting;
  const { api, journal, clock } = pushing;
  await journal.step(
    'status',
    () =>
      writeStatus(
        api,
        () => gate(fence),
        () => ({ facts, ...result }),
        { ...attempt, now: clock.now() },
        clock,
      ),
    () => ({ message: `${result.outcome}: ${result.message}`, outcome: result.outcome }),
  );
  return result.outcome;
}
