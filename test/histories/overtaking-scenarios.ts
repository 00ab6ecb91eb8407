import { at } from './guided-scenarios.ts';
import { ONE_WATCHER } from './replicas.ts';
import type { Scenario } from './scenarios.ts';

/** Scenarios in which the world goes on under an enforcer that stands still, and then it goes on, too. */
export const OVERTAKING: readonly Scenario[] = [
  {
    /** An enforcer stands still, is given up, and wakes while its successor is at work or done. */
    name: 'overtaking',
    replicas: ONE_WATCHER,
    requests: 2,
    badVlans: false,
    troubled: ['enforcer'],
    traps: at('enforcer', [
      'switch open',
      'switch load',
      'switch abort',
      'switch commit',
      'switch confirm',
      'put devices/status',
      'put devices/status',
    ]),
    fates: ['pause', 'pause', 'pause after'],
    lists: [0, 1, 6, 7],
    passes: [6, 16],
    commands: 0,
    steps: 0,
    weights: {},
    parts: [
      { weights: { trap: 1 }, commands: 1, steps: 0 },
      { weights: { apply: 1 }, commands: 1, steps: 100, least: 40 },
      { weights: { apply: 3, 'base model': 2, delete: 1, trap: 2 }, commands: 3, steps: 40 },
      { weights: { 'give up node': 4, pass: 1 }, commands: 1, steps: 220, least: 60 },
      { weights: { wake: 4, apply: 1, trap: 1 }, commands: 4, steps: 60 },
    ],
  },
  {
    /** An enforcer has confirmed and stands still before it says so; its successor confirms something else meanwhile. */
    name: 'last words',
    replicas: ONE_WATCHER,
    requests: 2,
    badVlans: false,
    troubled: ['enforcer'],
    traps: at('enforcer', ['put devices/status']),
    fates: ['pause'],
    lists: [0, 1, 6, 7],
    commands: 0,
    steps: 0,
    weights: {},
    parts: [
      { weights: { trap: 1 }, commands: 1, steps: 0 },
      { weights: { apply: 1 }, commands: 1, steps: 100, least: 60 },
      // All before the scheduler's next judgement: that is a write of the Device, and would stop the first one, too.
      { weights: { 'base model': 1 }, commands: 1, steps: 2 },
      { weights: { 'give up node': 1 }, commands: 1, steps: 4 },
      { weights: { ask: 1 }, devices: ['d1'], commands: 1, steps: 20 },
      {
        weights: { trap: 1 },
        traps: at('enforcer', ['switch confirm', 'put devices/status']),
        fates: ['pause', 'pause after'],
        commands: 1,
        steps: 120,
        least: 60,
      },
      { weights: { wake: 1 }, commands: 2, steps: 30 },
    ],
  },
  {
    /** Claims go from a ledger while an enforcer has read one half of what it pushes from. */
    name: 'half read',
    replicas: ONE_WATCHER,
    requests: 2,
    badVlans: false,
    troubled: ['enforcer'],
    traps: at('enforcer', ['list configmaps', 'list configmaps', 'get devices', 'switch running-config']),
    fates: ['pause'],
    lists: [0, 1, 2, 7],
    commands: 0,
    steps: 0,
    weights: {},
    parts: [
      { weights: { apply: 1 }, commands: 2, steps: 120, least: 80 },
      { weights: { trap: 1 }, commands: 1, steps: 0 },
      { weights: { apply: 1, ask: 2 }, commands: 1, steps: 90, least: 20 },
      { weights: { delete: 3, apply: 1 }, commands: 2, steps: 50, least: 10 },
      { weights: { wake: 1 }, commands: 1, steps: 120 },
    ],
  },
  {
    /** A Device is lost and made anew under a push that has begun. */
    name: 'made anew',
    replicas: ONE_WATCHER,
    requests: 2,
    badVlans: false,
    troubled: ['enforcer'],
    traps: at('enforcer', ['switch open', 'switch load', 'switch print', 'switch commit', 'switch confirm']),
    fates: ['pause'],
    lists: [0, 1, 2, 7],
    commands: 0,
    steps: 0,
    weights: {},
    parts: [
      { weights: { apply: 1 }, commands: 4, steps: 110, least: 60 },
      { weights: { trap: 1 }, commands: 1, steps: 0 },
      { weights: { apply: 2, ask: 1, 'base model': 1 }, commands: 1, steps: 90, least: 40 },
      { weights: { lose: 1 }, commands: 2, steps: 50, least: 10 },
      { weights: { wake: 1 }, commands: 1, steps: 80 },
    ],
  },
];
