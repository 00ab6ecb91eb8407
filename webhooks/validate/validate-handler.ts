import type { PortDefaults } from '../../lib/ports/defaults.ts';
import type { Log } from '../../lib/kube/log.ts';
import type { Policy } from '../policy/policy.ts';
import type { Review } from '../review/admission-review.ts';
import { allowed, denied } from '../review/admission-response.ts';
import type { AdmissionResponse } from '../review/admission-response.ts';
import type { Afterwards } from '../server.ts';
import { Unavailable, unavailable } from '../unavailable.ts';
import { readDecision } from './decision.ts';
import { denialStatus } from './denial-status.ts';
import type { Facts, PolicyInput, PolicySettings } from './facts.ts';
import { validateInterface } from './validate-interface.ts';
import type { Verdict } from './validate-interface.ts';
import { warningTexts } from './warning.ts';

export interface ValidateOptions {
  policy: Pick<Policy, 'evaluate' | 'digest'>;
  /** What is known now. @throws Unavailable while it is not known, or too old */
  facts: () => Facts;
  /** Today's defaults. @throws Unavailable while they cannot be told */
  defaults: () => PortDefaults;
  settings: PolicySettings;
  log: Log;
}

/**
 * Answers a review with yes, or with a denial that names every port. Each decision is logged (S-85): once it is on its
 * way, because writing the line takes as long as deciding, and in the same turn of the event loop, so that nothing but
 * the end of the process comes between.
 */
export function validateHandler(options: ValidateOptions) {
  const { policy, settings, log } = options;
  return async (review: Review, afterwards: Afterwards = (task) => task()): Promise<AdmissionResponse> => {
    const started = performance.now();
    const seen = { devices: 0, ports: 0 };
    const decide = (input: PolicyInput) => {
      seen.devices = input.devices.length;
      seen.ports = input.ports.length;
      return readDecision(policy.evaluate(input));
    };
    let verdict: Verdict;
    let problem: unknown;
    try {
      const facts = options.facts();
      verdict = validateInterface({ review, settings, defaults: options.defaults(), facts, decide });
    } catch (error) {
      problem = error;
      verdict = { allowed: false, denials: [] };
    }
    const { uid, user, namespace, name, operation, dryRun } = review;
    const reasons = verdict.allowed ? [] : [...new Set(verdict.denials.map(({ reason }) => reason))];
    const fields = {
      ...{ uid, user, namespace, name, operation, dryRun, ...seen },
      allowed: verdict.allowed,
      reasons: problem === undefined ? reasons : ['PolicyUnavailable'],
      policy: policy.digest,
      ms: Math.round((performance.now() - started) * 100) / 100,
    };
    if (problem !== undefined) {
      afterwards(() => {
        log.error({ ...fields, err: problem }, 'decision: denied because it could not be made');
      });
      return unavailable(review, problem instanceof Unavailable ? problem.message : undefined);
    }
    afterwards(() => log.info(fields, verdict.allowed ? 'decision: allowed' : 'decision: denied'));
    return verdict.allowed
      ? allowed(uid, warningTexts(verdict.warnings))
      : denied(uid, denialStatus(name, verdict.denials));
  };
}
