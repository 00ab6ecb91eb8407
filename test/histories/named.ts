import type { Plan } from './plan.ts';

/** A history worth keeping: one that found a fault, or that tells what a rule is for. */
export interface NamedHistory {
  readonly name: string;
  readonly scenario: string;
  readonly plan: Plan;
  /** Told when it took the way that it is about. */
  readonly story: RegExp;
}

export const NAMED: readonly NamedHistory[] = [
  {
    name: 'R10 an accept that rests on reservations of a lost Device fails, and the request starts again',
    scenario: 'ownership',
    plan: {
      skew: 0,
      fresh: false,
      commands: [
        { act: { do: 'lag', role: 'interface-watcher', which: 1, kind: undefined }, steps: 0, order: 0 },
        {
          act: {
            do: 'trap',
            trap: { role: 'interface-watcher', kind: 'put interfaces/status', fate: 'pause' },
          },
          steps: 0,
          order: 0,
        },
        {
          act: { do: 'apply', tenant: 'tenant-a', name: 'r1', ports: 0, vlan: 0, past: false },
          steps: 40,
          order: 0,
        },
        { act: { do: 'lose', device: 'd1' }, steps: 0, order: 0 },
        { act: { do: 'catch up', role: 'interface-watcher', which: 1 }, steps: 60, order: 0 },
      ],
    },
    story: /interface-watcher A: put interfaces\/status tenant-a\/r1: refused/,
  },
];
