import type { Drift } from '../../crds/types.gen.ts';
import type { PlatformSet } from '../../lib/render/platform-set.ts';
import type { Facts } from './driver.ts';
import type { Fence } from './fence/gate.ts';
import type { HeldLease } from './fence/lease.ts';
import type { Surroundings } from './included.ts';
import type { Line } from './line.ts';
import type { Push } from './pushing.ts';
import type { Snapshot } from './snapshot.ts';
import type { Attempt } from './status.ts';

/** Everything that is known once a push holds the Lease and has read its snapshot. */
export interface Enforcing {
  pushing: Push;
  line: Line;
  facts: Facts;
  lease: HeldLease;
  snapshot: Snapshot;
  /** Running configuration, read with the snapshot and before its gate. */
  running: string;
  fence: Fence;
  attempt: Omit<Attempt, 'now'>;
}

/** What the candidates of one push are made from and judged by. */
export interface Ground extends Enforcing {
  platform: PlatformSet;
  surroundings: Surroundings;
  /** First contact, and a person agreed to it. */
  adopted: boolean;
  /** The running configuration is not what was confirmed last. */
  drifted: boolean;
  /** What differs; undefined also when that cannot be told. */
  drift: Drift | undefined;
}
