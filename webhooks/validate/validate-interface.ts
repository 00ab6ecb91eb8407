import type { Context } from './check.ts';
import { CHECKS } from './checks.ts';
import type { Denial } from './denial.ts';
import type { Warning } from './warning.ts';

export type Verdict =
  { allowed: true; warnings: readonly Warning[] } | { allowed: false; denials: readonly Denial[] };

/**
 * Runs all checks. Only a request to which none objects is allowed. The first that objects ends the validation, unless it
 * could resolve a part of the request: the policy looks at that, so that the tenant reads of all problems at once.
 */
export function validateInterface(context: Omit<Context, 'warnings'>): Verdict {
  const running: Context = { ...context, warnings: [] };
  const denials: Denial[] = [];
  for (const check of CHECKS) {
    denials.push(...check(running));
    if (denials.length > 0 && running.resolved === undefined) break;
  }
  return denials.length > 0 ? { allowed: false, denials } : { allowed: true, warnings: running.warnings };
}
