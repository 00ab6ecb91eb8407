import { GUIDED } from './guided-scenarios.ts';
import { OVERTAKING } from './overtaking-scenarios.ts';
import type { DeviceName, Mode } from './parts/settings.ts';
import type { Act } from './plan.ts';
import { STAGED_SCENARIOS } from './staged-scenarios.ts';
import type { Role } from './world/process.ts';
import type { Trap } from './world/world.ts';

/** What a kind of histories is after. Each finds other faults. */
export interface Scenario {
  readonly name: string;
  readonly replicas: Readonly<Partial<Record<Role, number>>>;
  /** How many tenants there are; absent: both. */
  readonly tenants?: 1 | 2;
  /** Requests per tenant. */
  readonly requests: number;
  /** Most commands of a plan. */
  readonly commands: number;
  /** Most steps after a command. */
  readonly steps: number;
  /** Least steps after a command; absent: often only a few. */
  readonly least?: number;
  readonly badVlans: boolean;
  /** Who may be paused, killed, or have stale caches. */
  readonly troubled: readonly Role[];
  /** Moments worth dying or standing still at. */
  readonly traps: readonly { role: Role; kind: string }[];
  readonly weights: Readonly<Partial<Record<Act['do'], number>>>;
  /** What traps do; absent: anything. */
  readonly fates?: readonly Trap['fate'][];
  /** What requests list, as numbers of the plan's lists; absent: anything. */
  readonly lists?: readonly number[];
  /** Kinds whose watch lags alone; absent, or undefined: all watches of a process at once. */
  readonly lags?: readonly (string | undefined)[];
  /** VLANs of requests, as numbers of the plan's VLANs; absent: anything, bad ones by `badVlans`. */
  readonly vlans?: readonly number[];
  /** Which devices are lost, left out, changed, …; absent: any. */
  readonly devices?: readonly DeviceName[];
  /** Modes that the network team sets; absent: any. */
  readonly modes?: readonly (Mode | 'out')[];
  /** Seconds that may pass at once; absent: anything from 1 to 185. */
  readonly passes?: readonly number[];
  /** Parts of a plan in their order, each with weights and bounds of its own; absent: one part, as above. */
  readonly parts?: readonly Part[];
}

/** What replaces the scenario's own for a part of a plan. */
export type Part = Pick<Scenario, 'weights' | 'commands' | 'steps'> & Partial<Scenario>;

const WATCHER_TRAPS = [
  ...['put devices', 'put interfaces/status', 'put interfaces', 'get interfaces', 'get devices', ''].map(
    (kind) => ({
      role: 'interface-watcher' as const,
      kind,
    }),
  ),
  { role: 'tenant' as const, kind: 'store' },
];
const MODEL_TRAPS = ['put configmaps', 'get configmaps', 'get devices', 'post configmaps'].map((kind) => ({
  role: 'device-watcher' as const,
  kind,
}));
const ENFORCER_TRAPS = [
  ...[
    'switch commit',
    'switch confirm',
    'switch open',
    'switch load',
    'switch running-config',
    'switch sessions',
  ],
  ...[
    'put devices/status',
    'get devices',
    'get leases',
    'put leases',
    'list configmaps',
    'list devices',
    'switch',
  ],
].map((kind) => ({ role: 'enforcer' as const, kind }));
const SCHEDULER_TRAPS = ['post jobs', 'post secrets', 'put devices/status', 'get devices'].map((kind) => ({
  role: 'scheduler' as const,
  kind,
}));

const ONE_EACH = { webhook: 1, 'device-watcher': 1, scheduler: 1, 'interface-watcher': 2 } as const;

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'ownership',
    replicas: ONE_EACH,
    requests: 2,
    commands: 14,
    steps: 60,
    badVlans: false,
    troubled: ['interface-watcher', 'interface-watcher', 'interface-watcher', 'webhook', 'tenant'],
    traps: WATCHER_TRAPS,
    weights: {
      apply: 8,
      delete: 3,
      strip: 1,
      'delete namespace': 1,
      trap: 6,
      pause: 2,
      resume: 2,
      lag: 2,
      kill: 1,
      pass: 1,
    },
  },
  {
    name: 'enforcement',
    replicas: { ...ONE_EACH, 'interface-watcher': 1, scheduler: 2 },
    requests: 3,
    commands: 16,
    steps: 120,
    badVlans: true,
    troubled: ['enforcer', 'enforcer', 'enforcer', 'scheduler', 'device-watcher', 'node'],
    traps: [...ENFORCER_TRAPS, ...ENFORCER_TRAPS, ...MODEL_TRAPS, ...SCHEDULER_TRAPS],
    weights: {
      ...{
        apply: 8,
        delete: 3,
        trap: 8,
        pause: 1,
        resume: 3,
        kill: 1,
        pass: 4,
        'give up node': 2,
        'lose lease': 1,
      },
      ...{ reboot: 1, cut: 1, edit: 1, ask: 1, 'base model': 1, lag: 1 },
    },
  },
  {
    name: 'rebuild',
    replicas: { ...ONE_EACH, 'device-watcher': 2 },
    requests: 3,
    commands: 14,
    steps: 80,
    badVlans: true,
    troubled: ['interface-watcher', 'device-watcher', 'enforcer'],
    traps: [...WATCHER_TRAPS, ...MODEL_TRAPS, ...ENFORCER_TRAPS.slice(0, 4)],
    weights: {
      apply: 8,
      delete: 2,
      lose: 4,
      trap: 6,
      pause: 1,
      resume: 2,
      lag: 2,
      kill: 1,
      pass: 2,
      mode: 1,
    },
  },
  {
    name: 'everything',
    replicas: { ...ONE_EACH, 'device-watcher': 2, scheduler: 2 },
    requests: 3,
    commands: 24,
    steps: 100,
    badVlans: true,
    troubled: ['interface-watcher', 'device-watcher', 'scheduler', 'enforcer', 'webhook', 'node', 'tenant'],
    traps: [...WATCHER_TRAPS, ...MODEL_TRAPS, ...ENFORCER_TRAPS, ...SCHEDULER_TRAPS],
    weights: {
      ...{
        apply: 10,
        delete: 4,
        strip: 1,
        'delete namespace': 1,
        trap: 8,
        pause: 2,
        resume: 3,
        lag: 2,
        kill: 2,
      },
      ...{ pass: 3, lose: 1, 'lose lease': 1, 'give up node': 1, reboot: 1, cut: 1, edit: 1, ask: 1 },
      ...{ 'base model': 1, mode: 1 },
    },
  },
];

/** Those that many histories of every kind take turns in, and those that are after something. */
export const ALL_SCENARIOS: readonly Scenario[] = [
  ...SCENARIOS,
  ...GUIDED,
  ...OVERTAKING,
  ...STAGED_SCENARIOS,
];

/** @throws Error that names the scenarios there are */
export function scenarioNamed(name: string): Scenario {
  const found = ALL_SCENARIOS.find((scenario) => scenario.name === name);
  if (found !== undefined) return found;
  throw new Error(
    `scenario ${name} is not known; there are ${ALL_SCENARIOS.map((one) => one.name).join(', ')}`,
  );
}
