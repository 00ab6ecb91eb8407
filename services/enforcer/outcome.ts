import type { Outcome } from '../../crds/reasons.ts';
import type { Confirmed, Drift, Held } from '../../crds/types.gen.ts';
import type { DriverErrorKind, Facts } from './driver.ts';

/** What a push found out, for the status of its Device. Absent fields stay as they were. */
export interface Result {
  outcome: Outcome;
  /** One sentence for on-call. */
  message: string;
  /** What was tried; absent when the push ended before its step 4. */
  tried?: { uid: string; generation: number; platform: string };
  facts?: Facts;
  /** The switch shows exactly these claims now, and nothing else. */
  shown?: { confirmed: Confirmed; configHash: string };
  held?: readonly Held[];
  /** `none`: looked, and nothing differs. */
  drift?: Drift | 'none';
  /** Was found, and is put back by what was applied. */
  mended?: Drift;
  saved?: 'saved' | 'saving' | { failed: string };
}

/** The push cannot go on; what it ends as is decided here, nobody is blamed. */
export class PushEnded extends Error {
  override readonly name = 'PushEnded';
  readonly outcome: Outcome;

  constructor(outcome: Outcome, message: string, options?: ErrorOptions) {
    super(message, options);
    this.outcome = outcome;
  }
}

/** How a push ends when the driver fails before anything was committed. */
export function outcomeOf(kind: DriverErrorKind): Outcome {
  switch (kind) {
    case 'auth-failed':
    case 'host-key-unknown':
      return kind;
    case 'limit':
    case 'refused':
      return 'busy';
    case 'unreachable':
    case 'protocol':
      return 'unreachable';
  }
}
