import type { SessionState } from './driver.ts';
import { isOurs } from './session-name.ts';

export type PreFlight = { busy: string } | { abort: readonly string[] };

/**
 * What must be done before anything else on the switch (fence, rule 2). The caller has just taken a new epoch, so
 * every session of ours is of another one: it is the right to commit of somebody who lost it.
 */
export function preFlight({ sessions, timer }: SessionState): PreFlight {
  if (timer !== undefined && !isOurs(timer)) {
    return { busy: `Session ${timer}, which is not ours, waits for its commit to be confirmed` };
  }
  const abort = sessions.filter(({ name, pending }) => pending && isOurs(name)).map(({ name }) => name);
  // The armed one first: while it is armed no other commit is possible.
  return { abort: timer === undefined ? abort : [timer, ...abort.filter((name) => name !== timer)] };
}
