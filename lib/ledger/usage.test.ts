import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OtherClaim, PortEntry } from '../../crds/types.gen.ts';
import type { ResolvedRequest, Settings } from '../ports/resolve.ts';
import { activeSettings, heldCounts, ownSettings, portsAfter } from './usage.ts';

const SETTINGS: Settings = { vlan: 10, trunk: false, shutdown: true, stp: 'portfast', description: 'x' };
const top = (namespace: string, uid: string, others?: OtherClaim[]): PortEntry => ({
  ...SETTINGS,
  annotations: { namespace, owner: uid, uid, generation: 1, timestamp: '2026-01-02T00:00:00.000Z', since: 1 },
  ...(others && { others }),
});
const other = (uid: string, state: Pick<OtherClaim, 'attempt' | 'timestamp'>): OtherClaim => ({
  ...SETTINGS,
  ...{ vlan: 20, owner: uid, uid, generation: 1 },
  ...state,
});
const shadowed = (uid: string) => other(uid, { timestamp: '2026-01-01T00:00:00.000Z' });
const reserved = (uid: string) => other(uid, { attempt: 0 });

const LEDGER = {
  spec: {
    1: top('a', 'u1'),
    2: top('a', 'u1', [shadowed('u2')]),
    3: { annotations: { namespace: 'a' }, others: [reserved('u1')] },
    4: top('b', 'u9'),
  },
};
const ledgers = new Map([['d', LEDGER]]);

function request(device: string, ...ports: string[]): ResolvedRequest {
  const listed = new Map(ports.map((port) => [port, SETTINGS]));
  return { devices: new Map([[device, { written: device, ports: listed, fields: new Map() }]]) };
}

describe('the ports of a namespace', () => {
  test('count once, whatever kind of claim holds them', () => {
    assert.deepEqual(
      [...heldCounts(LEDGER)],
      [
        ['a', 3],
        ['b', 1],
      ],
    );
  });
  test('have the settings of all active claims, on top and shadowed', () => {
    const found = activeSettings(LEDGER, 'a').map(({ port, uid, settings }) => [port, uid, settings.vlan]);
    assert.deepEqual(found, [
      ['1', 'u1', 10],
      ['2', 'u1', 10],
      ['2', 'u2', 20],
    ]);
  });
  test('are a request’s own where it has an active claim', () => {
    assert.deepEqual(ownSettings(LEDGER, '2', 'u2'), { ...SETTINGS, vlan: 20 });
    assert.equal(ownSettings(LEDGER, '3', 'u1'), undefined);
    assert.equal(ownSettings(LEDGER, '9', 'u1'), undefined);
    assert.equal(ownSettings(undefined, '1', 'u1'), undefined);
  });
});

describe('how many ports a namespace would hold', () => {
  test('with a new request: those it holds, and the new ones', () => {
    assert.deepEqual(portsAfter(ledgers, 'a', '', request('d', '2', '5', '6')), { after: 5, added: 2 });
    assert.deepEqual(portsAfter(ledgers, 'a', '', request('other', '1')), { after: 4, added: 1 });
  });
  test('with a port of another namespace: as if it were free, for it is refused anyway', () => {
    assert.deepEqual(portsAfter(ledgers, 'a', '', request('d', '4')), { after: 4, added: 1 });
  });
  test('after a change: less what only this request holds and gives up', () => {
    // Port 2 stays: u2 holds it as well.
    assert.deepEqual(portsAfter(ledgers, 'a', 'u1', request('d', '5')), { after: 2, added: 1 });
    assert.deepEqual(portsAfter(ledgers, 'a', 'u1', request('other', '5')), { after: 2, added: 1 });
    assert.deepEqual(portsAfter(ledgers, 'a', 'u1', request('d', '1', '2', '3')), { after: 3, added: 0 });
  });
});
