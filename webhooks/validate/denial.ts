import type { Denial as DenialId } from '../../crds/reasons.ts';
import type { PortName } from '../../lib/ports/port.ts';

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
