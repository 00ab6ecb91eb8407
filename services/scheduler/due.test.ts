import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OUTCOMES } from '../../crds/reasons.ts';
import type {
  Attempted,
  ConfirmedClaim,
  Device,
  DeviceStatus,
  Held,
  PortEntry,
} from '../../crds/types.gen.ts';
import { backOff } from './back-off.ts';
import { complianceInterval, due, type DueInput, type DueReason, type Verdict } from './due.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');
const HOUR = 3_600_000;
const UID = 'device-uid';
const P = 'sha256:p';
const ago = (ms: number): string => new Date(NOW - ms).toISOString();

const claim: ConfirmedClaim = {
  ...{ vlan: 10, trunk: false, shutdown: false, stp: 'portfast', description: 'r1' },
  ...{
    namespace: 'tenant-a',
    owner: 'r1',
    uid: 'r1-uid',
    generation: 1,
    timestamp: '2026-01-01T00:00:00.000Z',
  },
};

/** Port held by request r1 since generation 3 of the Device. */
function entry(changes: Partial<ConfirmedClaim> & { since?: number } = {}): PortEntry {
  const { since = 3, ...rest } = changes;
  const { namespace, owner, uid, generation, timestamp = '', ...settings } = { ...claim, ...rest };
  return { ...settings, annotations: { namespace, owner, uid, generation, timestamp, since } };
}

interface Case {
  readonly name: string;
  readonly spec?: Device['spec'];
  readonly status?: DeviceStatus;
  readonly annotations?: Record<string, string>;
  readonly input?: Partial<DueInput>;
}

/** A Device at generation 5 that is confirmed, checked a second ago, with nothing due. */
function input({ spec, status, annotations, input: rest }: Omit<Case, 'name'>): DueInput {
  const settled: DeviceStatus = {
    applied: {
      uid: UID,
      generation: 5,
      platform: P,
      configHash: 'h1:1',
      serial: 'S1',
      version: 'V1',
      at: ago(1000),
    },
    attempted: {
      uid: UID,
      generation: 5,
      epoch: 1,
      platform: P,
      job: 'j',
      outcome: 'applied',
      tries: 0,
      at: ago(1000),
    },
    confirmed: { '1': claim },
  };
  return {
    device: {
      apiVersion: 'v1',
      kind: 'Device',
      metadata: { name: 'devicea', uid: UID, generation: 5, ...(annotations && { annotations }) },
      spec: spec ?? { '1': entry() },
      status: { ...settled, ...status },
    },
    model: { uid: UID, generation: 5 },
    platform: P,
    mode: 'enforce',
    access: { now: 'a', attempted: undefined },
    ...{ ask: undefined, askLost: false },
    ...{ inFlight: false, inFlightUntil: undefined },
    lost: undefined,
    fruitless: undefined,
    checkedAt: undefined,
    complianceInterval: 30_000,
    now: NOW,
    ...rest,
  };
}

function attempt(outcome: Attempted['outcome'], changes: Partial<Attempted> = {}): { attempted: Attempted } {
  return {
    attempted: {
      ...{ uid: UID, generation: 5, epoch: 1, platform: P, job: 'j', tries: 1, at: ago(1000) },
      ...(outcome && { outcome }),
      ...changes,
    },
  };
}

const changed = { '1': entry({ vlan: 20 }) };
const leaving = (generation: number) => ({ 'network.as.a.service/leaving': `{"gone":${generation}}` });

const isDue: (Case & { reasons: DueReason[] })[] = [
  { name: 'a top claim that is not confirmed', spec: changed, reasons: ['claims'] },
  {
    name: 'a claim that came to the top again since the confirm',
    spec: { '1': entry({ since: 5 }) },
    reasons: ['claims'],
  },
  { name: 'a confirmed port that left the ledger', spec: {}, reasons: ['releases'] },
  { name: 'an unconfirmed leaving', annotations: leaving(5), reasons: ['releases'] },
  { name: 'another platform set', input: { platform: 'sha256:q' }, reasons: ['platform'] },
  {
    name: 'a device that was never tried',
    spec: {},
    status: { attempted: undefined, applied: undefined, confirmed: {} } as unknown as DeviceStatus,
    reasons: ['platform', 'compliance'],
  },
  {
    name: 'a try that was for a lost Device of the same name',
    status: attempt('applied', { uid: 'lost' }),
    reasons: ['platform', 'compliance'],
  },
  {
    name: 'drift in mode enforce',
    status: { drift: { ports: '1', lines: [], since: ago(5000) } },
    reasons: ['drift'],
  },
  {
    name: 'the compliance interval',
    status: attempt('unchanged', { at: ago(30_000) }),
    reasons: ['compliance'],
  },
  ...(['unreachable', 'auth-failed', 'host-key-unknown', 'not-adopted'] as const).map((outcome) => ({
    name: `${outcome}, and the inventory says something else since, with nothing else to do`,
    status: attempt(outcome, { tries: 9 }),
    input: { access: { now: 'b', attempted: 'a' } },
    reasons: ['access' as const],
  })),
  { name: 'an ask by name', input: { ask: 'named' }, reasons: ['asked'] },
  { name: 'an ask for all', input: { ask: 'sweep' }, reasons: ['asked'] },
];

for (const { name, reasons, ...rest } of isDue) {
  test(`due: ${name}`, () => {
    const verdict = due(input(rest));
    assert.ok(verdict.due, `not due, waits for ${verdict.due ? '' : verdict.wait}`);
    assert.deepEqual(verdict.reasons, reasons);
  });
}

const notDue: (Case & { wait: Extract<Verdict, { due: false }>['wait']; next?: number })[] = [
  { name: 'everything confirmed and checked', wait: 'nothing', next: NOW + 29_000 },
  { name: 'no model yet', spec: changed, input: { model: undefined }, wait: 'model' },
  {
    name: 'a model of a lost Device',
    spec: changed,
    input: { model: { uid: 'lost', generation: 9 } },
    wait: 'model',
  },
  {
    name: 'a Device that is being rebuilt',
    spec: changed,
    annotations: { 'network.as.a.service/rebuilding': 'true' },
    input: { ask: 'named' },
    wait: 'model',
  },
  {
    name: 'claims that the model does not show yet',
    spec: changed,
    input: { model: { uid: UID, generation: 4 } },
    wait: 'nothing',
    next: NOW + 29_000,
  },
  { name: 'a device in flight', spec: changed, input: { inFlight: true, ask: 'named' }, wait: 'in-flight' },
  { name: 'a paused device', spec: changed, input: { mode: 'pause', ask: 'named' }, wait: 'paused' },
  {
    name: 'other credentials for a switch that was entered',
    input: { access: { now: 'b', attempted: 'a' } },
    wait: 'nothing',
    next: NOW + 29_000,
  },
  {
    name: 'drift in mode alert',
    status: { drift: { ports: '1', lines: [], since: ago(5000) } },
    input: { mode: 'alert' },
    wait: 'nothing',
    next: NOW + 29_000,
  },
  {
    name: 'refused credentials that are still the same',
    spec: changed,
    status: attempt('auth-failed', { at: ago(10 * HOUR) }),
    input: { access: { now: 'a', attempted: 'a' }, ask: 'sweep', platform: 'sha256:q' },
    wait: 'access',
  },
  {
    name: 'a rejected platform set, within the hour',
    spec: changed,
    status: { ...attempt('platform-rejected'), applied: undefined } as unknown as DeviceStatus,
    input: { ask: 'sweep' },
    wait: 'platform-rejected',
    next: NOW - 1000 + HOUR,
  },
  {
    name: 'a platform set in disorder that the Device tells of already',
    spec: changed,
    status: attempt('platform-rejected', { at: ago(10 * HOUR) }),
    input: { platform: undefined },
    wait: 'platform-rejected',
  },
  {
    name: 'the same thing right after a push that did not help',
    spec: changed,
    input: { fruitless: { signature: '5\nr1-uid:1:1', count: 1, at: NOW - 1000 } },
    wait: 'back-off',
    next: NOW - 1000 + backOff(UID, 1),
  },
  {
    name: 'a Job that left no result, soon after it',
    spec: changed,
    input: { lost: { count: 2, at: NOW - 2000 } },
    wait: 'back-off',
    next: NOW - 2000 + backOff(UID, 2),
  },
  ...(['unreachable', 'busy', 'uncertain', 'rolled-back', 'not-adopted', 'host-key-unknown'] as const).map(
    (outcome) => ({
      name: `${outcome}, soon after it, whatever else is due`,
      spec: changed,
      annotations: leaving(5),
      status: attempt(outcome, { tries: 3 }),
      input: { platform: 'sha256:q', ask: 'sweep' as const },
      wait: 'back-off' as const,
      next: NOW - 1000 + backOff(UID, 3),
    }),
  ),
];

for (const { name, wait, next, ...rest } of notDue) {
  test(`not due: ${name}`, () => {
    assert.deepEqual(due(input(rest)), { due: false, wait, ...(next === undefined ? {} : { next }) });
  });
}

test('a model that lags a ledger which never rests is pushed all the same', () => {
  const applied = { uid: UID, generation: 3, platform: P, configHash: 'h1:1', at: ago(1000) };
  const status = { ...attempt('applied', { generation: 3 }), applied };
  const verdict = due(input({ spec: changed, status, input: { model: { uid: UID, generation: 4 } } }));
  assert.deepEqual(verdict.due && verdict.reasons, ['claims']);
});

test('an ask by name passes back-off, holds, refused credentials and a rejected platform set', () => {
  for (const outcome of OUTCOMES) {
    const verdict = due(
      input({
        status: { ...attempt(outcome), held: [hold()] },
        input: { ask: 'named', access: { now: 'a', attempted: 'a' }, lost: { count: 5, at: NOW } },
      }),
    );
    assert.ok(verdict.due, outcome);
  }
});

test('an ask whose own Job was lost waits for the back-off, and stands', () => {
  const lost = (at: number) => input({ input: { ask: 'named', askLost: true, lost: { count: 1, at } } });
  const end = NOW + backOff(UID, 1);
  assert.deepEqual(due(lost(NOW)), { due: false, wait: 'back-off', next: end });
  assert.deepEqual(due({ ...lost(NOW), now: end }).due, true);
});

test('a device in flight is looked at again when its Job is overdue', () => {
  const verdict = due(input({ spec: changed, input: { inFlight: true, inFlightUntil: NOW + 9000 } }));
  assert.deepEqual(verdict, { due: false, wait: 'in-flight', next: NOW + 9000 });
});

test('after back-off a transient outcome is tried again, and the compliance interval does not come first', () => {
  const at = ago(backOff(UID, 4));
  const verdict = due(input({ spec: changed, status: attempt('unreachable', { tries: 4, at }) }));
  assert.ok(verdict.due);
  assert.deepEqual(verdict.reasons.slice(0, 1), ['claims']);
});

test('other credentials, address or host keys end the wait at once', () => {
  for (const outcome of ['auth-failed', 'unreachable', 'host-key-unknown', 'not-adopted'] as const) {
    const access = { now: 'b', attempted: 'a' };
    assert.ok(
      due(input({ spec: changed, status: attempt(outcome, { tries: 9 }), input: { access } })).due,
      outcome,
    );
  }
});

test('refused credentials of which nobody knows which they were get one more try', () => {
  const access = { now: 'a', attempted: undefined };
  assert.ok(due(input({ spec: changed, status: attempt('auth-failed'), input: { access } })).due);
});

test('a rejected platform set is pushed again for another set, an hour, or a tenant who leaves', () => {
  const rejected = { ...attempt('platform-rejected'), applied: undefined } as unknown as DeviceStatus;
  assert.ok(due(input({ spec: changed, status: rejected, input: { platform: 'sha256:q' } })).due);
  const old = {
    ...attempt('platform-rejected', { at: ago(HOUR) }),
    applied: undefined,
  } as unknown as DeviceStatus;
  assert.ok(due(input({ spec: changed, status: old })).due);
  assert.ok(due(input({ status: rejected, annotations: leaving(5) })).due);
  assert.ok(
    !due(input({ status: rejected, annotations: leaving(4) })).due,
    'left before the try: it was in it',
  );
});

test('a set that was in disorder and is put back as it was confirmed need not wait an hour', () => {
  const at = ago(backOff(UID, 1));
  assert.ok(due(input({ spec: changed, status: attempt('platform-rejected', { at }) })).due);
});

test('a platform set in disorder is tried once, so that the Device tells of it', () => {
  const verdict = due(input({ input: { platform: undefined } }));
  assert.deepEqual(verdict.due && verdict.reasons, ['platform']);
});

function hold(changes: Partial<Held> = {}): Held {
  return {
    ...{
      uid: 'r1-uid',
      generation: 1,
      ports: '1',
      reason: 'Rejected',
      message: '% no',
      tries: 1,
      platform: P,
    },
    ...{ serial: 'S1', version: 'V1', since: ago(60_000) },
    ...changes,
  };
}

const held = (changes: Partial<Held> = {}): DeviceStatus => ({ held: [hold(changes)] });
const r2 = { ...claim, uid: 'r2-uid', owner: 'r2' };

test('a held request is not due, and the hour at which its hold ends is known', () => {
  // Compliance would come first here.
  const verdict = due(input({ spec: changed, status: held(), input: { complianceInterval: 10 * HOUR } }));
  assert.deepEqual(verdict, { due: false, wait: 'nothing', next: NOW - 60_000 + HOUR });
});

test('a hold keeps only its own request out', () => {
  const verdict = due(input({ spec: { ...changed, '2': entry(r2) }, status: held() }));
  assert.ok(verdict.due);
  assert.match(verdict.signature, /r2-uid/);
  assert.doesNotMatch(verdict.signature, /r1-uid/);
});

const holdEnds: { name: string; held: Partial<Held>; spec?: Device['spec']; platform?: string }[] = [
  { name: 'another generation of the request', held: { generation: 2 } },
  { name: 'other ports of the request', held: { ports: '1-2' } },
  { name: 'another platform set', held: { platform: 'sha256:before' } },
  { name: 'another switch', held: { serial: 'S0' } },
  { name: 'another version of its software', held: { version: 'V0' } },
  { name: 'its own time', held: { retryAt: ago(1) } },
  { name: 'an hour', held: { since: ago(HOUR) } },
];
for (const one of holdEnds) {
  test(`a hold ends with ${one.name}`, () => {
    const verdict = due(input({ spec: changed, status: held(one.held) }));
    assert.deepEqual(verdict.due && verdict.reasons, ['claims']);
  });
}

test('a hold does not end because a fact of the switch is not known', () => {
  const status = { ...held(), applied: undefined } as unknown as DeviceStatus;
  const verdict = due(input({ spec: changed, status }));
  assert.ok(!verdict.due);
});

test('the brake on fruitless pushes is off as soon as something else is due', () => {
  const fruitless = { signature: '4\nr1-uid:1:1', count: 3, at: NOW };
  assert.ok(due(input({ spec: changed, input: { fruitless } })).due);
});

test('the answer depends on nothing but its input', () => {
  const one = input({ spec: changed, status: held() });
  const before = structuredClone(one);
  assert.deepEqual(due(one), due(structuredClone(one)));
  assert.deepEqual(one, before);
});

test('compliance: every 30 s, or at 20 devices a second', () => {
  assert.equal(complianceInterval(2), 30_000);
  assert.equal(complianceInterval(600), 30_000);
  assert.equal(complianceInterval(5000), 250_000);
});

test('compliance counts from the last look at the switch, whoever took it', () => {
  const status = attempt('applied', { at: ago(50_000) });
  assert.ok(due(input({ status })).due);
  assert.deepEqual(due(input({ status, input: { checkedAt: NOW - 10_000 } })), {
    due: false,
    wait: 'nothing',
    next: NOW + 20_000,
  });
});
