import type { Platform } from '../parts/platform.ts';
import type { Record } from '../properties/record.ts';

export interface AtRest {
  readonly platform: Platform;
  readonly record: Record;
}

/** Something that must be reached. */
export interface Goal {
  readonly name: string;
  /** Why it is not reached; undefined when it is. */
  missed(rest: AtRest): string | undefined;
}
