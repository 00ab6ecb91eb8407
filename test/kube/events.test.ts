// Events on a real API server, which checks every field of them. Time is virtual.
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { client } from '../../lib/kube/client.ts';
import { connect } from '../../lib/kube/connection.ts';
import { cutBytes, eventRecorder } from '../../lib/kube/events.ts';
import type { EventInput } from '../../lib/kube/events.ts';
import { CONFIG_MAPS, EVENTS, NAMESPACES } from '../../lib/kube/resources.ts';
import type { KubeEvent } from '../../lib/kube/resources.ts';
import { apiServer } from '../support/api-server.ts';
import { startFaultProxy } from '../support/fault-proxy.ts';
import { recordedLog } from './recorded-log.ts';
import { virtualClock } from './virtual-clock.ts';

const controlPlane = await apiServer({ controllerManager: false });
const proxy = await startFaultProxy({ kubeconfig: controlPlane.kubeconfig });
const connection = await connect({ kubeconfig: proxy.kubeconfig });
let names = 0;

after(async () => {
  await connection.close();
  await proxy.stop();
});

async function setUp() {
  const regarding = await client(connection, CONFIG_MAPS).create({
    metadata: { namespace: 'default', name: `events-${++names}` },
  });
  const clock = virtualClock(Date.now());
  const log = recordedLog();
  const recorder = eventRecorder({
    connection,
    reportingController: 'network.as.a.service/test',
    clock,
    log,
  });
  const input: EventInput = {
    regarding,
    type: 'Warning',
    reason: 'PortTakeOver',
    action: 'Claim',
    note: 'Port 1 went',
  };
  const stored = async (): Promise<KubeEvent[]> => {
    const { items } = await client(connection, EVENTS).list({ namespace: 'default' });
    return items.filter((event) => event.regarding?.name === regarding.metadata.name);
  };
  return { clock, log, recorder, input, stored, regarding };
}

test('an event says what, why, by whom, about which object', async () => {
  const { recorder, input, stored, regarding, log } = await setUp();
  recorder.event(input);
  await recorder.stop();
  const [event, ...others] = await stored();
  assert.deepEqual(others, []);
  assert.equal(event?.reason, 'PortTakeOver');
  assert.equal(event.action, 'Claim');
  assert.equal(event.type, 'Warning');
  assert.equal(event.note, 'Port 1 went');
  assert.equal(event.reportingController, 'network.as.a.service/test');
  assert.equal(event.regarding?.uid, regarding.metadata.uid);
  assert.equal(event.regarding?.kind, 'ConfigMap');
  assert.deepEqual(log.lines, []);
});

test('the same event again raises the count of one series', async () => {
  const { clock, recorder, input, stored } = await setUp();
  for (let count = 0; count < 5; count++) {
    recorder.event(input);
    await clock.advance(1000);
  }
  recorder.event({ ...input, note: 'Port 2 went' });
  await recorder.stop();
  const counts = (await stored()).map(({ note, series }) => `${note}: ${series?.count ?? 'no series'}`);
  assert.deepEqual(counts.toSorted(), ['Port 1 went: 5', 'Port 2 went: no series']);
});

test('a flood of one event is few writes', async () => {
  const { clock, recorder, input } = await setUp();
  const before = proxy.requests.length;
  for (let count = 0; count < 600; count++) {
    recorder.event(input);
    await clock.advance(100);
  }
  await recorder.stop();
  const writes = proxy.requests.slice(before).length;
  assert.ok(writes >= 2 && writes <= 8, `${writes} writes in a minute`);
});

test('a flood of different events on one object is cut, others are not', async () => {
  const { recorder, input, stored } = await setUp();
  const other = await setUp();
  for (let count = 0; count < 100; count++) recorder.event({ ...input, note: `Port ${count} went` });
  recorder.event(other.input);
  await recorder.stop();
  assert.equal((await stored()).length, 25);
  assert.equal((await other.stored()).length, 1);
});

test('after six quiet minutes the same event is a new one', async () => {
  const { clock, recorder, input, stored } = await setUp();
  recorder.event(input);
  await clock.advance(6 * 60_000);
  recorder.event(input);
  await recorder.stop();
  assert.equal((await stored()).length, 2);
});

test('a note is cut at 1024 bytes, never inside a character', async () => {
  const { recorder, input, stored } = await setUp();
  recorder.event({ ...input, note: 'ü'.repeat(600) });
  await recorder.stop();
  const note = (await stored())[0]?.note ?? '';
  assert.equal(note, `${'ü'.repeat(510)}…`);
  assert.equal(cutBytes('short', 1024), 'short');
  assert.equal(Buffer.byteLength(cutBytes('x'.repeat(1025), 1024)), 1024);
});

test('an event about a cluster-scoped object is stored in namespace default', async () => {
  const { recorder, input } = await setUp();
  const regarding = await client(connection, NAMESPACES).get({ name: 'kube-public' });
  recorder.event({ ...input, regarding });
  await recorder.stop();
  const { items } = await client(connection, EVENTS).list({ namespace: 'default' });
  assert.equal(items.filter((event) => event.regarding?.name === 'kube-public').length, 1);
});

test('a lost answer makes no second event, and a server in trouble is tried again', async () => {
  const { clock, recorder, input, stored } = await setUp();
  proxy.fault({ match: ({ method }) => method === 'POST', drop: 'after', times: 1 });
  proxy.fault({ match: ({ method }) => method === 'POST', status: 503, times: 1 });
  recorder.event(input);
  // The pauses between tries are virtual, the tries are real: time passes until all is sent.
  const passing = setInterval(() => void clock.advance(100), 5);
  await recorder.stop(3_600_000);
  clearInterval(passing);
  assert.equal((await stored()).length, 1);
});

test('an event that cannot be stored throws nothing and is logged', async () => {
  const { recorder, input, log } = await setUp();
  const metadata = { ...input.regarding.metadata, namespace: 'no-such-namespace' };
  recorder.event({ ...input, regarding: { ...input.regarding, metadata } });
  recorder.event({ ...input, reason: '' });
  await recorder.stop();
  assert.equal(log.lines.filter(({ message }) => message === 'Dropped an event').length, 2);
});

test('nothing is recorded after the stop, and a server that hangs does not hold it up', async () => {
  const { clock, recorder, input, stored } = await setUp();
  const release = proxy.fault({ match: ({ method }) => method === 'POST', hang: 'before' });
  recorder.event(input);
  const stopped = recorder.stop();
  await clock.advance(3000);
  await stopped;
  release();
  recorder.event(input);
  assert.deepEqual(await stored(), []);
});
