import { ONE_WATCHER, TWO_WATCHERS } from './replicas.ts';
import type { Scenario } from './scenarios.ts';
import type { Role } from './world/process.ts';

/** Traps for a role: in the moment before each of these calls. */
export function at(role: Role, kinds: readonly string[]): Scenario['traps'] {
  return kinds.map((kind) => ({ role, kind }));
}

/**
 * Scenarios that meet rare situations often. What happens in them is as random as elsewhere; only its likelihood, and
 * in which part of a history it comes, is set.
 */
export const GUIDED: readonly Scenario[] = [
  {
    /** Two tenants want ports of two devices at once; those who decide stand still between read and write. */
    name: 'meeting',
    replicas: TWO_WATCHERS,
    requests: 2,
    badVlans: false,
    troubled: ['interface-watcher'],
    traps: at('interface-watcher', [
      'put interfaces/status',
      'put interfaces/status',
      'put devices',
      'get interfaces',
      'get devices',
    ]),
    fates: ['pause', 'pause after'],
    lists: [2, 3, 4, 5],
    lags: ['interfaces', 'devices', undefined],
    commands: 0,
    steps: 0,
    weights: {},
    parts: [
      { weights: { apply: 6, trap: 3, lag: 1 }, commands: 6, steps: 25 },
      { weights: { delete: 3, wake: 4, trap: 2, apply: 2, resume: 1 }, commands: 8, steps: 60 },
    ],
  },
  {
    /** Requests go and come again by the same name, under the eyes of those who sleep or see old caches. */
    name: 'return',
    replicas: TWO_WATCHERS,
    tenants: 1,
    requests: 1,
    badVlans: false,
    troubled: ['interface-watcher'],
    traps: at('interface-watcher', ['get interfaces', 'get devices', 'put devices']),
    fates: ['pause', 'pause', 'pause after'],
    lists: [0, 0, 2],
    lags: ['interfaces', 'interfaces', 'devices', undefined],
    commands: 0,
    steps: 0,
    weights: {},
    parts: [
      { weights: { apply: 4, trap: 1, lag: 1 }, commands: 3, steps: 120 },
      { weights: { pause: 3, lag: 3, trap: 1 }, commands: 2, steps: 4 },
      { weights: { delete: 3, strip: 3, apply: 3 }, commands: 7, steps: 12 },
      { weights: { wake: 3, 'catch up': 2, apply: 1 }, commands: 4, steps: 60 },
    ],
  },
  {
    /** Requests are deleted while somebody has read half of what decides about them. */
    name: 'departure',
    replicas: TWO_WATCHERS,
    requests: 2,
    badVlans: false,
    troubled: ['interface-watcher'],
    traps: at('interface-watcher', ['get interfaces', 'get interfaces', 'get devices', 'put interfaces']),
    fates: ['pause', 'pause', 'pause after'],
    lists: [0, 2, 4, 7],
    commands: 0,
    steps: 0,
    weights: {},
    parts: [
      { weights: { apply: 3, trap: 3 }, commands: 4, steps: 120 },
      { weights: { delete: 1 }, commands: 2, steps: 30 },
      { weights: { wake: 3, delete: 1, trap: 1 }, commands: 3, steps: 60 },
    ],
  },
  {
    /** Enforcers stand still or die at a step of their push, and others come after them. */
    name: 'succession',
    replicas: ONE_WATCHER,
    requests: 2,
    badVlans: false,
    troubled: ['enforcer'],
    traps: at('enforcer', [
      'switch commit',
      'switch confirm',
      'switch open',
      'switch running-config',
      'put devices/status',
      'put devices/status',
      'switch abort',
      'get devices',
      'get leases',
      'list devices',
      'list configmaps',
    ]),
    fates: ['pause', 'pause', 'pause after', 'die before', 'die after', 'answer lost'],
    lists: [0, 1, 6, 7],
    passes: [1, 6, 16, 61],
    commands: 0,
    steps: 0,
    weights: {},
    parts: [
      { weights: { apply: 4, trap: 2 }, commands: 3, steps: 120 },
      {
        weights: {
          'give up node': 3,
          trap: 3,
          apply: 3,
          delete: 2,
          pass: 3,
          wake: 2,
          ask: 1,
          'base model': 1,
        },
        commands: 12,
        steps: 80,
      },
    ],
  },
  {
    /** A tenant's requests take ports over from each other while they are pushed, and give them back. */
    name: 'take-over',
    replicas: ONE_WATCHER,
    tenants: 1,
    requests: 2,
    badVlans: false,
    troubled: ['enforcer'],
    traps: at('enforcer', ['switch confirm', 'switch running-config', 'put devices/status']),
    fates: ['pause', 'pause after', 'die after'],
    lists: [0, 1],
    commands: 0,
    steps: 0,
    weights: {},
    parts: [
      { weights: { apply: 1 }, commands: 2, steps: 120, least: 80 },
      { weights: { trap: 1 }, commands: 2, steps: 4 },
      { weights: { apply: 1 }, commands: 2, steps: 100, least: 50 },
      { weights: { delete: 3, wake: 1, apply: 1 }, commands: 3, steps: 60 },
    ],
  },
  {
    /** A Device is lost while requests are decided and pushed. */
    name: 'loss',
    replicas: TWO_WATCHERS,
    requests: 2,
    badVlans: true,
    troubled: ['interface-watcher', 'enforcer'],
    traps: [
      ...at('interface-watcher', ['put interfaces/status', 'put interfaces/status', 'put devices']),
      ...at('enforcer', [
        'switch print',
        'switch load',
        'switch commit',
        'put devices/status',
        'get devices',
      ]),
    ],
    fates: ['pause', 'pause', 'pause after', 'die after'],
    lists: [0, 1, 2, 4, 7],
    passes: [1, 6, 61, 125],
    commands: 0,
    steps: 0,
    weights: {},
    parts: [
      { weights: { apply: 1 }, commands: 3, steps: 250 },
      { weights: { lose: 3, apply: 4, delete: 1, trap: 4 }, commands: 7, steps: 60 },
      { weights: { lose: 1, wake: 3, resume: 1, pass: 2, delete: 2, apply: 1 }, commands: 7, steps: 80 },
    ],
  },
];
