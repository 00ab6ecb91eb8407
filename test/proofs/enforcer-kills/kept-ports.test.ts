import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keptPorts } from './kept-ports.ts';
import type { Request } from './requests.ts';

const request = (name: string, vlan: number, ports: number[]): Request => ({
  ...{ uid: name, namespace: 'tenant-a', name, generation: 1, vlan, ports },
  ...{ trunk: false, shutdown: false, stp: 'normal', timestamp: '2026-01-01T00:00:00Z', since: 0 },
});

test('a port that a request left and came back to, while the model was on its way, keeps what was confirmed', () => {
  const confirmed = [request('web', 140, [2, 8, 12]), request('db', 131, [10])];
  const model = [request('web', 150, [8, 10])];
  const ledger = [request('web', 160, [2, 4, 10]), request('db', 161, [6])];
  assert.deepEqual(keptPorts(confirmed, model, ledger), [request('web', 140, [2])]);
});

test('no other port does', () => {
  const confirmed = [request('web', 140, [2])];
  // Given up for good, taken by the model, by another request later, and with a model that does not lag.
  assert.deepEqual(keptPorts(confirmed, [request('web', 150, [4])], [request('web', 160, [4])]), []);
  assert.deepEqual(keptPorts(confirmed, [request('web', 150, [2])], [request('web', 160, [2])]), []);
  assert.deepEqual(keptPorts(confirmed, [], [request('db', 161, [2])]), []);
  const model = [request('web', 150, [4])];
  assert.deepEqual(keptPorts(confirmed, model, model), []);
});
