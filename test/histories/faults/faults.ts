import type { Fault } from './fault.ts';
import { LEDGER_FAULTS } from './ledger-faults.ts';
import { PORT_FAULTS } from './port-faults.ts';
import { PUSH_FAULTS } from './push-faults.ts';

/** Every fault that the histories must find. */
export const FAULTS: readonly Fault[] = [...LEDGER_FAULTS, ...PORT_FAULTS, ...PUSH_FAULTS];

/** @throws Error naming the faults there are */
export function faultNamed(name: string): Fault {
  const fault = FAULTS.find((one) => one.name === name);
  if (fault === undefined) {
    const known = FAULTS.map((one) => `"${one.name}"`).join(', ');
    throw new Error(`There is no fault "${name}": use one of ${known}`);
  }
  return fault;
}
