import { isDeepStrictEqual } from 'node:util';
import jsonPatch from 'fast-json-patch';
import type { PortDefaults } from '../../lib/ports/defaults.ts';
import { isDeviceName } from '../../lib/ports/port.ts';
import type { PortName } from '../../lib/ports/port.ts';
import { MAX_PORTS, countPorts, expandPort } from '../../lib/ports/range.ts';
import type { Review } from '../review/admission-review.ts';
import { patched } from '../review/admission-response.ts';
import type { AdmissionResponse } from '../review/admission-response.ts';
import { warningTexts } from '../validate/warning.ts';
import type { Warning } from '../validate/warning.ts';
import { mutateInterface } from './mutate-interface.ts';
import type { Mutation } from './mutate-interface.ts';

export interface MutateOptions {
  /** Today's defaults. @throws Unavailable while they cannot be told */
  defaults: () => PortDefaults;
  expandInPlace: boolean;
}

/** Answers a review with the JSON patch that makes the request complete. */
export function mutateHandler({ defaults, expandInPlace }: MutateOptions) {
  return async ({ uid, object, oldObject }: Review): Promise<AdmissionResponse> => {
    const mutation = mutateInterface(object, oldObject, defaults(), expandInPlace);
    const operations = jsonPatch.compare(object, mutation.object);
    // No warning where nothing changes, such as when a file is applied once more.
    const same = oldObject !== undefined && isDeepStrictEqual(mutation.object.spec, oldObject.spec);
    return patched(uid, operations, same ? [] : warningTexts(shutWarnings(mutation)));
  };
}

/** S-06: a request too large to be stored is not expanded for the sake of a warning. */
function shutWarnings({ shutByDefault }: Mutation): Warning[] {
  const warnings: Warning[] = [];
  let total = 0;
  for (const { device, ports } of shutByDefault) {
    const listed: PortName[] = [];
    for (const item of ports) {
      if (typeof item !== 'string' && typeof item !== 'number') return [];
      const count = countPorts(item);
      if (typeof count !== 'number' || (total += count) > MAX_PORTS) return [];
      const expanded = expandPort(item);
      if (Array.isArray(expanded)) listed.push(...expanded);
    }
    if (isDeviceName(device)) warnings.push({ reason: 'DefaultShutdown', device, ports: listed });
  }
  return warnings;
}
