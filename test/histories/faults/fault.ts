/** One replacement in a source file of the product. */
export interface Edit {
  /** Path from the root of the repository. */
  file: string;
  /** Stands exactly once in the file. */
  find: string;
  replace: string;
}

/** A fault that histories must find: data, for the product itself has no switch for it. */
export interface Fault {
  /** As ownership.md lists it. */
  name: string;
  /** The rule of ownership.md or enforcement.md that it breaks. */
  rule: string;
  /** What the faulty code does, in one sentence. */
  breaks: string;
  edits: readonly Edit[];
  /** How it does harm, in one to three short sentences: what the histories were seen to find. */
  story?: string;
  /** Scenario whose histories meet the situation often. */
  scenario: string;
  /** Seed of the first history in `make test`: the situation is not far from it. */
  seed?: number;
}
