import { ONE_WATCHER, TWO_WATCHERS } from './replicas.ts';
import type { Part, Scenario } from './scenarios.ts';
import type { Role } from './world/process.ts';

/** Time for what is under way, before the next part. */
const MEANWHILE: Part = { weights: { nothing: 1 }, commands: 2, steps: 60 };

/** One act of a kind. */
function once(act: keyof Scenario['weights'], steps: number, its: Partial<Scenario> = {}): Part {
  return { weights: { [act]: 1 }, commands: 1, steps, ...its };
}

function trap(role: Role, kinds: readonly string[], fate: NonNullable<Scenario['fates']>[number]): Part {
  return once('trap', 0, { traps: kinds.map((kind) => ({ role, kind })), fates: [fate] });
}

const STAGED = { commands: 0, steps: 0, weights: {}, traps: [], badVlans: false } as const;

/**
 * Scenarios that lead up to one situation, for it takes several things in one order. How long each takes, who goes on
 * first, and what else is due meanwhile is as random as elsewhere.
 */
export const STAGED_SCENARIOS: readonly Scenario[] = [
  {
    /** A Device is lost while somebody is about to accept what it held; the other watcher knows old requests only. */
    ...STAGED,
    name: 'lost-reservations',
    replicas: TWO_WATCHERS,
    tenants: 1,
    requests: 1,
    troubled: ['interface-watcher'],
    lags: ['interfaces'],
    parts: [
      { weights: { apply: 2, nothing: 1 }, commands: 1, steps: 150, lists: [0, 6, 7] },
      MEANWHILE,
      once('lag', 4),
      trap('interface-watcher', ['put interfaces/status'], 'pause'),
      once('apply', 40, { lists: [2, 4] }),
      MEANWHILE,
      once('lose', 80),
      MEANWHILE,
      once('wake', 60),
      MEANWHILE,
    ],
  },
  {
    /** A request is refused for what is mended at once; who refuses and who then accepts stand still after it. */
    ...STAGED,
    name: 'late-refusal',
    replicas: TWO_WATCHERS,
    tenants: 1,
    requests: 1,
    troubled: ['interface-watcher'],
    lags: ['interfaces'],
    devices: ['d2'],
    parts: [
      // So that the Device stays when it leaves the inventory.
      once('apply', 150, { lists: [3], requests: 2 }),
      MEANWHILE,
      once('lag', 4),
      trap('interface-watcher', ['put devices d1'], 'pause after'),
      once('apply', 40, { lists: [2, 4] }),
      MEANWHILE,
      trap('interface-watcher', ['put interfaces/status tenant-a/r1'], 'pause after'),
      once('mode', 60, { modes: ['out'] }),
      { weights: { 'catch up': 1 }, commands: 3, steps: 40 },
      once('mode', 60, { modes: ['enforce'] }),
      MEANWHILE,
      trap('interface-watcher', ['put interfaces/status tenant-a/r1'], 'pause after'),
      {
        weights: { wake: 3, trap: 1 },
        traps: [{ role: 'interface-watcher', kind: 'put interfaces/status tenant-a/r1' }],
        fates: ['pause after'],
        commands: 6,
        steps: 40,
      },
    ],
  },
  {
    /** A request that the switch does not take is on top of one that it shows, and that one goes. */
    ...STAGED,
    name: 'held-on-top',
    replicas: ONE_WATCHER,
    tenants: 1,
    requests: 2,
    troubled: ['enforcer'],
    parts: [
      once('apply', 200, { lists: [0, 1], vlans: [0, 1, 2] }),
      { ...MEANWHILE, steps: 120 },
      once('apply', 200, { lists: [0, 1], vlans: [3, 4] }),
      MEANWHILE,
      { weights: { delete: 3, apply: 1 }, commands: 3, steps: 120, lists: [0, 1] },
    ],
  },
  {
    /** Requests that the switch takes one by one and not together come to it in one push. */
    ...STAGED,
    name: 'too-many-together',
    replicas: ONE_WATCHER,
    tenants: 1,
    requests: 3,
    troubled: ['scheduler'],
    parts: [
      once('pause', 4),
      { weights: { apply: 1 }, commands: 7, steps: 40, lists: [0, 6, 7], vlans: [0, 1, 2] },
      MEANWHILE,
      once('wake', 150),
    ],
  },
  {
    /** The first push of a Device that was lost finds culprits and has no time left. */
    ...STAGED,
    name: 'first-push',
    replicas: ONE_WATCHER,
    requests: 2,
    troubled: ['enforcer'],
    passes: [1, 61, 121, 125],
    devices: ['d1'],
    parts: [
      once('apply', 200, { lists: [0], vlans: [0, 1, 2] }),
      { ...MEANWHILE, steps: 120 },
      once('apply', 200, { lists: [6, 7], vlans: [3, 4] }),
      { ...MEANWHILE, steps: 120 },
      trap(
        'enforcer',
        ['switch open', 'switch load', 'switch print', 'switch abort', 'switch commit'],
        'pause',
      ),
      once('lose', 120),
      { ...MEANWHILE, steps: 120 },
      once('pass', 10),
      { weights: { wake: 1 }, commands: 2, steps: 120 },
    ],
  },
];
