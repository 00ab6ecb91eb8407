/** One number that was read: whose, what, and from which life of it. */
export interface Reading {
  /** A process, a kind of object, a switch, a folder. */
  readonly subject: string;
  readonly what: What;
  readonly value: number;
  /** Changes when the subject begins anew. */
  readonly life: string;
}

/** Everything that is measured, in the order in which it is reported. */
export const WHATS = [
  'operations a minute',
  'operations missing a minute',
  'heap',
  'outside heap',
  'memory',
  'threads',
  'sockets',
  'connections',
  'half-closed',
  'files',
  'other handles',
  'metric series',
  'queued keys',
  'objects',
  'stored keys',
  'database',
  'switch sessions',
  'switch connections',
  'files on disk',
  'size on disk',
] as const;
/** What a process holds open: judged after seconds. */
export const HANDLES = [
  'threads',
  'sockets',
  'connections',
  'half-closed',
  'files',
  'other handles',
] as const satisfies readonly What[];
export type What = (typeof WHATS)[number];
