const MOST = 3;

/** What happened in one run, so that a failure can be read. */
export interface Story {
  tell(line: string): void;
  /** A promise that does not hold. Never thrown: it may be found inside of an enforcer, which would swallow it. */
  broken(promise: string): void;
  readonly lines: readonly string[];
  readonly broke: readonly string[];
}

export function openStory(): Story {
  const lines: string[] = [];
  const broke: string[] = [];
  return {
    lines,
    broke,
    tell(line) {
      if (broke.length === 0) lines.push(line);
    },
    broken(promise) {
      // What follows from the first is told by it already.
      if (broke.length >= MOST) return;
      broke.push(promise);
      lines.push(`✗ ${promise}`);
    },
  };
}
