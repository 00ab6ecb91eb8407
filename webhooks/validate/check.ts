import type { InterfaceSpec } from '../../crds/types.gen.ts';
import type { PortDefaults, ResolvedRequest } from '../../lib/ports/resolve.ts';
import type { Review } from '../review/admission-review.ts';
import type { Denial } from './denial.ts';
import type { Decision } from './decision.ts';
import type { Facts, PolicyInput, PolicySettings } from './facts.ts';
import type { Warning } from './warning.ts';

/** What a check may look at; each adds what it has found out for the next. */
export interface Context {
  readonly review: Review;
  readonly settings: PolicySettings;
  /** Today's defaults, for a request without the annotation. */
  readonly defaults: PortDefaults;
  readonly facts: Facts;
  decide(input: PolicyInput): Decision;
  readonly warnings: Warning[];
  /** Set by `spec-is-well-formed`. */
  spec?: InterfaceSpec;
  /** Set by `defaults-are-valid`: those the request was created with. */
  used?: PortDefaults;
  /** Set by `request-resolves`: of a request with problems, the part without. */
  resolved?: ResolvedRequest;
}

/**
 * One step of validation.
 * @returns why the request is not stored; nothing if this check has no objection
 * @throws when it cannot tell: the request is then denied
 */
export type Check = (context: Context) => readonly Denial[];
