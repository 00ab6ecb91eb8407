/**
 * A value read from text that admins may break at any time: what was last read well stays in use, and the error is
 * told once per change.
 */
export interface LastGood<T> {
  /** @returns undefined if nothing was ever read well */
  current(): T | undefined;
  /** Why the present text is not in use. */
  problem(): string | undefined;
  /** Reads the text as it is now; undefined: there is none. */
  update(text: string | undefined): void;
}

/**
 * @param parse throws Error for text it does not understand
 * @param absent value where there is no text: undefined means that nothing is known then
 * @param onProblem told each time a text cannot be read
 */
export function lastGood<T>(options: {
  parse(text: string): T;
  absent(): T | undefined;
  onProblem(problem: string): void;
}): LastGood<T> {
  let value: T | undefined;
  let problem: string | undefined;
  return {
    current: () => value,
    problem: () => problem,
    update(text) {
      problem = undefined;
      if (text === undefined) {
        value = options.absent();
        return;
      }
      try {
        value = options.parse(text);
      } catch (error) {
        problem = error instanceof Error ? error.message : String(error);
        options.onProblem(problem);
      }
    },
  };
}
