/** What befalls a call to the API server. */
export const FATES = [
  'happens',
  /** Refused with 409: somebody else was quicker. Reads get 500. */
  'conflict',
  /** 429. */
  'turned away',
  /** 500, nothing was stored. */
  'fails',
  /** 500, but it was stored. */
  'fails, but applied',
  /** No answer; it never arrived. */
  'lost',
  /** No answer, but it was applied. */
  'answer lost',
  /** No answer; it arrives later. */
  'late',
] as const;

export type Fate = (typeof FATES)[number];
