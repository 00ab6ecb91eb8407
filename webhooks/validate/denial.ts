import type { Denial as KnownDenial } from '../../crds/reasons.ts';
import type { PortName } from '../../lib/ports/port.ts';

/** Every id of `crds/reasons.ts`, and one that only admission gives: a malformed annotation with defaults. */
export type DenialId = KnownDenial | 'InvalidDefaults';

/** One reason why a request is not stored. */
export interface Denial {
  reason: DenialId;
  /** Where in the object, such as `spec.services[0].ports[2]`. */
  field: string;
  message: string;
  /** As the tenant wrote it; with `port` if the denial is about one port. */
  device?: string;
  port?: PortName;
}
