/** What the program tells scripts, as kubectl's plugins and Flux do: differences are 1, errors 2. */
export const EXIT = {
  ok: 0,
  /** Differences were found by a command that looks for them. */
  differs: 1,
  /** Wrong usage, no answer, or an answer that is an error. */
  failed: 2,
  /** Denied by policy, or the ports are somebody else's. */
  denied: 3,
  /** What was decided on is no longer so. */
  stale: 4,
  /** Some devices failed or cannot be reached. */
  partial: 5,
  timeout: 124,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];
