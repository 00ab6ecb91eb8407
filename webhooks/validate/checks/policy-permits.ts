import type { Check } from '../check.ts';
import { policyInput } from '../policy-input.ts';

/** Ownership, what may be delegated and reserved VLANs: policies/interfaces.rego decides. */
export const policyPermits: Check = (context) => {
  const { spec, resolved, review, facts, settings } = context;
  if (spec === undefined || resolved === undefined)
    throw new Error('policy-permits ran before what it needs');
  const request = {
    operation: review.operation,
    namespace: review.namespace,
    name: review.name,
    // Of what is stored: a replace may leave it out.
    uid: (review.oldObject ?? review.object).metadata.uid ?? '',
    user: review.user,
    dryRun: review.dryRun,
  };
  const decision = context.decide(policyInput(request, spec, resolved, facts, settings));
  if (!decision.allow) return decision.denials;
  context.warnings.push(...decision.warnings);
  for (const [device, { written, ports }] of resolved.devices) {
    if (facts.unreachable(device)) {
      context.warnings.push({ reason: 'DeviceUnreachable', device: written, ports: [...ports.keys()] });
    }
  }
  return [];
};
