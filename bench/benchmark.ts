/** What each benchmark offers to the runner. */
export interface BenchmarkOptions {
  /** Small sizes and few runs: shows that it works, not how fast it is. */
  readonly quick: boolean;
  /** In place of the benchmark's own sizes. */
  readonly sizes?: readonly number[];
  /** A line for the terminal. */
  readonly progress: (line: string) => void;
}

export interface Benchmark {
  readonly title: string;
  /** What is measured and against which goal; one paragraph. */
  readonly about: string;
  /** @returns Markdown: tables with a line of explanation each */
  run(options: BenchmarkOptions): Promise<string>;
}
