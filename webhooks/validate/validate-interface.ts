import type { Context } from './check.ts';
import { CHECKS } from './checks.ts';
import type { Denial } from './denial.ts';
import type { Warning } from './warning.ts';

export type Verdict =
  { allowed: true; warnings: readonly Warning[] } | { allowed: false; denials: readonly Denial[] };

/** Runs all checks. Only a request to which none objects is allowed. */
export function validateInterface(context: Omit<Context, 'warnings'>): Verdict {
  const running: Context = { ...context, warnings: [] };
  for (const check of CHECKS) {
    const denials = check(running);
    if (denials.length > 0) return { allowed: false, denials };
  }
  return { allowed: true, warnings: running.warnings };
}
