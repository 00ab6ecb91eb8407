import type { KubeObject } from '../../../lib/kube/types.ts';
import type { SwitchState } from './switch.ts';

/** A platform at rest: where most histories begin, since installing one takes longer than they do. */
export interface Image {
  readonly objects: readonly { plural: string; object: KubeObject }[];
  readonly revision: number;
  /** How many uids were given. */
  readonly uids: number;
  readonly now: number;
  readonly switches: ReadonlyMap<string, SwitchState>;
}
