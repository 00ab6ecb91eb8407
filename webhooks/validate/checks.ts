import type { Check } from './check.ts';
import { defaultsAreValid } from './checks/defaults-are-valid.ts';
import { notBeingDeleted } from './checks/not-being-deleted.ts';
import { policyPermits } from './checks/policy-permits.ts';
import { requestResolves } from './checks/request-resolves.ts';
import { specIsWellFormed } from './checks/spec-is-well-formed.ts';

/** In this order; each relies on what those before it established. */
export const CHECKS: readonly Check[] = [
  specIsWellFormed,
  notBeingDeleted,
  defaultsAreValid,
  requestResolves,
  policyPermits,
];
