import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseDefaults } from '../../lib/ports/defaults.ts';
import { Unavailable } from '../unavailable.ts';
import { MAX_SILENCE } from '../../lib/kube/freshness.ts';
import { requireFresh } from './freshness.ts';
import { holderOf, isUnreachable } from './holders.ts';
import { readKnownDevices } from './known-devices.ts';
import { lastGood } from './last-good.ts';
import { watchedText } from './watched-text.ts';

const CLAIM = { vlan: 10, trunk: false, shutdown: true, stp: 'portfast' as const, description: 'x' };

describe('holder of a port', () => {
  test('a free port has none', () => assert.equal(holderOf(undefined), undefined));
  test('the request on top', () => {
    const annotations = { namespace: 'a', owner: 'r', uid: 'u', generation: 1, timestamp: 't', since: 1 };
    assert.deepEqual(holderOf({ ...CLAIM, annotations }), { namespace: 'a', request: 'r', uid: 'u' });
  });
  test('else the one that reserved it', () => {
    const others = [{ ...CLAIM, owner: 'r', uid: 'u', generation: 1, attempt: 0 }];
    assert.deepEqual(holderOf({ annotations: { namespace: 'a' }, others }), {
      namespace: 'a',
      request: 'r',
      uid: 'u',
    });
  });
  test('an entry without claims still belongs to its namespace', () => {
    assert.deepEqual(holderOf({ annotations: { namespace: 'a' } }), {
      namespace: 'a',
      request: 'unknown',
      uid: '',
    });
  });
});

test('a device is unreachable only if that is said', () => {
  const device = (status?: string) => ({
    ...{ apiVersion: 'v', kind: 'Device', metadata: { name: 'd' }, spec: {} },
    ...(status !== undefined && {
      status: {
        conditions: [
          { type: 'Reachable', status: status as 'True', reason: 'r', message: '', lastTransitionTime: '' },
        ],
      },
    }),
  });
  assert.equal(isUnreachable(undefined), false);
  assert.equal(isUnreachable(device()), false);
  assert.equal(isUnreachable(device('True')), false);
  assert.equal(isUnreachable(device('Unknown')), false);
  assert.equal(isUnreachable(device('False')), true);
});

describe('the inventory', () => {
  const entry = {
    ...{
      platform: 'eos',
      groups: [],
      ports: '1-4',
      uplinks: '3',
      reserved: '4',
      reservedVlans: '1,1002-1005',
    },
    ...{ unused: 'parked', mode: 'enforce', adopt: true },
  };
  const read = (changes: object = {}) =>
    readKnownDevices(JSON.stringify({ devices: { d: { ...entry, ...changes } } })).get('d');
  test('says of each port what it is', () => {
    const states = ['1', '2', '3', '4', '5', '01', 'toString'].map((port) => read()?.portState(port));
    assert.deepEqual(states, [
      'delegable',
      'delegable',
      'uplink',
      'reserved',
      undefined,
      undefined,
      undefined,
    ]);
  });
  test('an uplink is one even if it is in no other list', () => {
    assert.equal(read({ ports: '1', uplinks: '9', reserved: '9' })?.portState('9'), 'uplink');
  });
  test('gives reserved VLANs as ranges', () => {
    assert.deepEqual(read()?.reservedVlans, [
      { from: 1, to: 1 },
      { from: 1002, to: 1005 },
    ]);
    assert.deepEqual(read({ reservedVlans: '' })?.reservedVlans, []);
  });
  test('is refused when malformed', () => {
    assert.throws(() => read({ reservedVlans: 'all' }), /reservedVlans/);
    assert.throws(() => read({ ports: '5-1' }), /ports/);
    assert.throws(() => readKnownDevices('x'), /JSON/);
  });
});

describe('S-27 freshness', () => {
  const store = (synced: boolean, at: number) => ({ hasSynced: () => synced, lastContact: () => at });
  test('a store that was not read, or not heard of for 150 s, is not relied on', () => {
    assert.throws(() => requireFresh(store(false, 0), 'the ledger', 0), Unavailable);
    assert.throws(
      () => requireFresh(store(true, 0), 'the ledger', MAX_SILENCE + 1),
      /the ledger is out of date/,
    );
    assert.throws(() => requireFresh(store(true, Number.NEGATIVE_INFINITY), 'the ledger', 0), Unavailable);
  });
  test('one heard of within 150 s is', () => requireFresh(store(true, 0), 'the ledger', MAX_SILENCE));
});

describe('a text that admins change', () => {
  const problems: string[] = [];
  const reader = () =>
    lastGood({
      parse: parseDefaults,
      absent: () => undefined,
      onProblem: (problem) => problems.push(problem),
    });
  test('the last good one stays in use', () => {
    const text = reader();
    assert.equal(text.current(), undefined);
    text.update('shutdown: maybe');
    assert.equal(text.current(), undefined);
    assert.match(text.problem() ?? '', /defaults\.shutdown/);
    text.update('shutdown: false');
    assert.equal(text.current()?.shutdown, false);
    assert.equal(text.problem(), undefined);
    text.update('stp: [');
    assert.equal(text.current()?.shutdown, false);
    text.update(undefined);
    assert.equal(text.current(), undefined);
    assert.equal(problems.length, 2);
  });
  test('is read once per change', () => {
    let reads = 0;
    let stored: unknown = { metadata: { name: 'x' }, data: { k: 'one' } };
    let synced = false;
    const informer = {
      hasSynced: () => synced,
      store: { get: () => stored as never, list: () => [], byIndex: () => [] },
    };
    const text = watchedText(
      informer,
      { namespace: 'n', name: 'x', key: 'k' },
      lastGood({ parse: (read) => `${++reads} ${read}`, absent: () => 'absent', onProblem: () => {} }),
    );
    assert.equal(text().current(), undefined);
    synced = true;
    assert.equal(text().current(), '1 one');
    assert.equal(text().current(), '1 one');
    stored = { metadata: { name: 'x' }, data: { other: 'x' } };
    assert.equal(text().current(), 'absent');
    stored = undefined;
    assert.equal(text().current(), 'absent');
    stored = { metadata: { name: 'x' }, data: { k: 'two' } };
    assert.equal(text().current(), '2 two');
  });
});
