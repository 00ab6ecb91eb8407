import type { Fault } from './fault.ts';

const RANGE = 'lib/ports/range.ts';

/** Faults of names: R8. */
export const PORT_FAULTS: readonly Fault[] = [
  {
    name: 'alias `01`',
    scenario: 'ownership',
    rule: 'R8',
    breaks: '"01" is a port beside "1": it is the same to the inventory, and another one to the ledger',
    story: 'Tenant a holds 1, tenant b claims 01.',
    edits: [
      {
        file: RANGE,
        find: 'const ITEM = ',
        replace: String.raw`const ITEM = /^((?:[0-9]{1,4}\/){0,2})([0-9]{1,4})(?:-([0-9]{1,4}))?$/;
export const CANONICAL = `,
      },
      {
        file: RANGE,
        find: "if ('reason' in span) return span;\n  return expandSpan(span);",
        replace:
          "if ('reason' in span) return span;\n  return typeof item === 'string' && !item.includes('-') ? [item] : expandSpan(span);",
      },
      {
        file: 'lib/ledger/permit.ts',
        find: 'if (!known.has(port)) return refuse(',
        replace: 'if (!known.has(String(Number(port)))) return refuse(',
      },
      {
        file: 'webhooks/validate/policy-input.ts',
        find: 'known?.portState(port)',
        replace: 'known?.portState(String(Number(port)))',
      },
    ],
  },
];
