import type { Fault } from './fault.ts';

/** Faults of names: R8. */
export const PORT_FAULTS: readonly Fault[] = [
  {
    name: 'alias `01`',
    rule: 'R8',
    breaks: '"01" is a port beside "1": admission, controller and renderer take it as it is written',
    edits: [
      {
        file: 'lib/ports/port.ts',
        find: 'const PORT = /^(?:0|[1-9][0-9]{0,3})(?:\\/(?:0|[1-9][0-9]{0,3})){0,2}$/;',
        replace: 'const PORT = /^[0-9]{1,4}(?:\\/[0-9]{1,4}){0,2}$/;',
      },
    ],
  },
];
