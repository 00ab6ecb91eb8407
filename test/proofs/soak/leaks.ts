/** Leaks that are planted on purpose: the soak must find them, and in that process only. */
export interface Leak {
  readonly name: string;
  /** The process it is planted in. */
  readonly process: string;
  /** Path of what is loaded into it. */
  readonly file: string;
}

const file = (name: string) => new URL(`leaks/${name}.ts`, import.meta.url).pathname;

export const LEAKS: readonly Leak[] = [
  { name: 'kept-responses', process: 'webhooks', file: file('kept-responses') },
  { name: 'kept-connections', process: 'node-agent', file: file('kept-connections') },
];
