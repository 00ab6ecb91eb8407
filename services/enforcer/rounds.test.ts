import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Confirmed } from '../../crds/types.gen.ts';
import type { DueRequest } from '../../lib/ledger/due.ts';
import type { Refusal } from './blame.ts';
import type { Culprit } from './held.ts';
import { MAX_ROUNDS, settle } from './rounds.ts';
import type { Settled, Trial } from './rounds.ts';

/** A switch that refuses some requests, each in its own way. */
interface Refusing {
  /** Refused with their line. */
  line?: string[];
  /** Refused without a line. */
  meaning?: string[];
  /** Loaded, but never committed. */
  commit?: string[];
  /** The platform's own part does not load. */
  platform?: boolean;
  /** The configuration changes under the push this many times. */
  changes?: number;
  /** Claims the switch runs already. */
  running?: Confirmed;
  /** How often there is time for another try. */
  times?: number;
}

const NEVER = Number.MAX_SAFE_INTEGER;

function requests(...uids: string[]): DueRequest[] {
  return uids.map((uid) => ({ uid, owner: uid, namespace: 'a', generation: 1, ports: [uid] }));
}

function fake(refusing: Refusing): {
  trial: Trial<string[]>;
  committed: string[][];
  open: () => number;
  assumed: Confirmed[];
  prepared: () => number;
  /** Whether the last push that went well was told to be the Job's last. */
  isLast: () => boolean | undefined;
} {
  const committed: string[][] = [];
  const assumedSeen: Confirmed[] = [];
  let open = 0;
  let changes = refusing.changes ?? 0;
  let times = refusing.times ?? NEVER;
  let prepared = 0;
  let last: boolean | undefined;
  const running = refusing.running ?? {};
  const hits = (list: string[] | undefined, include: readonly string[]): string[] =>
    include.filter((uid) => list?.includes(uid));
  const refuse = (refusal: Refusal): { refusal: Refusal; running: Confirmed } => ({ refusal, running });
  const trial: Trial<string[]> = {
    async prepare(include, assumed) {
      prepared += 1;
      assumedSeen.push(assumed);
      const uids = include.map(({ uid }) => uid);
      if (refusing.platform === true) {
        return refuse({
          stage: 'load',
          problems: [{ line: 1, message: '% bad' }],
          lines: [{ text: 'x', owner: { kind: 'base', model: 'm' } }],
        });
      }
      const [bad] = hits(refusing.line, uids);
      if (bad !== undefined) {
        const owner = { kind: 'request', uid: bad, port: bad } as const;
        return refuse({
          stage: 'load',
          problems: [{ line: 1, message: '% bad' }],
          lines: [{ text: 'x', owner }],
        });
      }
      if (hits(refusing.meaning, uids).length > 0) {
        return refuse({ stage: 'load', problems: [{ message: '% overlaps' }], lines: [] });
      }
      open += 1;
      return { ready: uids };
    },
    async abandon() {
      open -= 1;
    },
    async push(ready, _culprits, more) {
      open -= 1;
      if (changes > 0) {
        changes -= 1;
        return { state: 'changed' };
      }
      if (hits(refusing.commit, ready).length > 0) return { state: 'failed', message: 'no', running };
      committed.push(ready);
      last = !more;
      return { state: 'done', outcome: 'applied' };
    },
    hasTime: () => (times -= 1) >= 0,
  };
  return {
    ...{ trial, committed, open: () => open, assumed: assumedSeen },
    ...{ prepared: () => prepared, isLast: () => last },
  };
}

const KNOWN = { known: true, applied: true };
const FIRST = { known: false, applied: false };

const CASES: {
  name: string;
  due: string[];
  refusing: Refusing;
  state?: { known: boolean; applied: boolean };
  outcome: string;
  committed: string[][];
  culprits: string[];
}[] = [
  {
    name: 'all good',
    due: ['1', '2'],
    refusing: {},
    outcome: 'applied',
    committed: [['1', '2']],
    culprits: [],
  },
  { name: 'nothing due', due: [], refusing: {}, outcome: 'applied', committed: [[]], culprits: [] },
  {
    name: 'a bad line takes its owner out',
    due: ['1', '2', '3'],
    refusing: { line: ['2'] },
    outcome: 'applied',
    committed: [['1', '3']],
    culprits: ['2:Rejected'],
  },
  {
    name: 'all bad: what was released goes all the same',
    due: ['1', '2'],
    refusing: { line: ['1', '2'] },
    outcome: 'applied',
    committed: [[]],
    culprits: ['1:Rejected', '2:Rejected'],
  },
  {
    name: 'without a line each is loaded on top of those that loaded',
    due: ['1', '2', '3', '4'],
    refusing: { meaning: ['2', '4'] },
    outcome: 'applied',
    committed: [['1', '3']],
    culprits: ['2:Rejected', '4:Rejected'],
  },
  {
    name: 'the platform is to blame when its own part does not load',
    due: ['1', '2'],
    refusing: { platform: true },
    outcome: 'platform-rejected',
    committed: [],
    culprits: [],
  },
  {
    name: 'a failed commit: each alone, oldest first',
    due: ['1', '2', '3'],
    refusing: { commit: ['2'] },
    outcome: 'applied',
    committed: [['1'], ['3']],
    culprits: ['2:RolledBack'],
  },
  {
    name: 'a failed commit of the youngest',
    due: ['1', '2', '3'],
    refusing: { commit: ['3'] },
    outcome: 'applied',
    committed: [['1'], ['2']],
    culprits: ['3:RolledBack'],
  },
  {
    name: 'a failed commit, and no time for all of them alone',
    due: ['1', '2', '3'],
    refusing: { commit: ['3'], times: 2 },
    outcome: 'applied',
    committed: [['1']],
    culprits: [],
  },
  {
    name: 'one alone that fails to commit is not tried twice, and releases go',
    due: ['1'],
    refusing: { commit: ['1'] },
    outcome: 'applied',
    committed: [[]],
    culprits: ['1:RolledBack'],
  },
  {
    name: 'one alone that fails to commit before the first applied: nothing is pushed',
    due: ['1'],
    refusing: { commit: ['1'] },
    state: FIRST,
    outcome: 'rolled-back',
    committed: [],
    culprits: ['1:RolledBack'],
  },
  {
    name: 'a bad line and a bad commit',
    due: ['1', '2', '3'],
    refusing: { line: ['1'], commit: ['3'] },
    outcome: 'applied',
    committed: [['2']],
    culprits: ['1:Rejected', '3:RolledBack'],
  },
  {
    name: 'a human in between: loaded again',
    due: ['1'],
    refusing: { changes: 2 },
    outcome: 'applied',
    committed: [['1']],
    culprits: [],
  },
  {
    name: 'no time left: what was released goes, the rest waits',
    due: ['1', '2'],
    refusing: { line: ['1'], times: 1 },
    outcome: 'applied',
    committed: [[]],
    culprits: ['1:Rejected'],
  },
];

for (const { name, due, refusing, state, outcome, committed, culprits } of CASES) {
  test(`rounds: ${name}`, async () => {
    const world = fake(refusing);
    const settled = await settle(requests(...due), world.trial, state ?? KNOWN);
    assert.equal(settled.outcome, outcome);
    assert.deepEqual(world.committed, committed);
    assert.deepEqual(names(settled.culprits), culprits);
    assert.equal(world.open(), 0, 'no session is left');
    assertTold(settled, world.isLast());
  });
}

test('rounds: the youngest of those alone is refused after somebody changed the switch', async () => {
  const world = fake({});
  const changed = fake({ line: ['2'] });
  let now = world;
  const trial: Trial<string[]> = {
    ...world.trial,
    prepare: (include, assumed) => now.trial.prepare(include, assumed),
    async push(ready, culprits, more) {
      if (ready.length > 1) return { state: 'failed', message: 'no', running: {} };
      if (ready[0] === '1') return world.trial.push(ready, culprits, more);
      now = changed;
      return { state: 'changed' };
    },
  };
  const settled = await settle(requests('1', '2'), trial, KNOWN);
  assert.equal(settled.outcome, 'applied');
  assert.deepEqual(world.committed, [['1']]);
  assertTold(settled, world.isLast());
});

/** Without the Job's result the scheduler takes the device for one that is still worked on. */
function assertTold({ told, culprits }: Settled, isLast: boolean | undefined): void {
  const reports = told !== culprits.length;
  assert.ok(
    reports || isLast === true,
    'the last push leaves the Job without a result, and nothing follows it',
  );
}

const many = Array.from({ length: 12 }, (_, index) => `r${index}`);

test('after eight rounds the culprits so far are told and only what was released goes', async () => {
  const world = fake({ line: many });
  const settled = await settle(requests(...many), world.trial, KNOWN);
  assert.deepEqual(world.committed, [[]]);
  assert.equal(settled.culprits.length, MAX_ROUNDS);
});

test('after eight rounds before the first applied nothing goes: the switch may run what is not known here', async () => {
  const world = fake({ line: many });
  const settled = await settle(requests(...many), world.trial, FIRST);
  assert.deepEqual(world.committed, []);
  assert.equal(settled.outcome, 'busy');
  assert.equal(settled.culprits.length, MAX_ROUNDS);
});

const running: Confirmed = {
  '1': {
    vlan: 1,
    trunk: false,
    shutdown: false,
    stp: 'normal',
    description: 'd',
    namespace: 'a',
    owner: '1',
    uid: '1',
    generation: 1,
  },
};
for (const refusing of [{ meaning: ['2'] }, { commit: ['2'] }]) {
  const how = Object.keys(refusing).join();
  test(`before the first applied, what the switch runs already counts as confirmed (${how})`, async () => {
    const first = fake({ ...refusing, running });
    await settle(requests('1', '2', '3'), first.trial, FIRST);
    assert.deepEqual(first.assumed[0], {});
    assert.deepEqual(first.assumed.at(-1), running);

    const later = fake({ ...refusing, running });
    await settle(requests('1', '2', '3'), later.trial, KNOWN);
    for (const assumed of later.assumed) assert.deepEqual(assumed, {});
  });
}

test('the platform part is loaded once per Job to see who is to blame, however many culprits', async () => {
  const world = fake({ line: ['1', '2', '3'] });
  await settle(requests('1', '2', '3', '4'), world.trial, KNOWN);
  assert.equal(world.prepared(), 4 + 1);
});

test('a configuration that never rests ends as busy', async () => {
  const world = fake({ changes: 99 });
  await assert.rejects(settle(requests('1'), world.trial, KNOWN), { outcome: 'busy' });
});

test('culprits are not lost when the switch is lost', async () => {
  const world = fake({ line: ['1'] });
  const found: Culprit[] = [];
  const trial = { ...world.trial, push: () => Promise.reject(new Error('line lost')) };
  await assert.rejects(settle(requests('1', '2'), trial, KNOWN, found), /line lost/);
  assert.deepEqual(names(found), ['1:Rejected']);
});

function names(culprits: readonly Culprit[]): string[] {
  return culprits.map(({ request, reason }) => `${request.uid}:${reason}`);
}
