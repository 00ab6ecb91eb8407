/** How many ports a tenant would hold after a request. */
export interface PortLimit {
  /** Distinct ports over all switches that it would hold. */
  readonly after: number;
  /** Of these, ports that it does not hold yet. */
  readonly added: number;
  /** The most it may hold. */
  readonly max: number;
}

/**
 * Whether a request goes beyond the limit. One that adds no port never does: a limit that was lowered takes nothing
 * away.
 */
export function isOverLimit({ after, added, max }: PortLimit): boolean {
  return added > 0 && after > max;
}
