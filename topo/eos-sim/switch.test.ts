import assert from 'node:assert/strict';
import { test } from 'node:test';
import { virtualClock } from './clock.ts';
import type { VirtualClock } from './clock.ts';
import { profileOf } from './profile.ts';
import { CommandError, Switch } from './switch.ts';

const MINUTE = 60_000;

function setup(version = '4.35.0F'): { device: Switch; clock: VirtualClock; saved: string[] } {
  const clock = virtualClock();
  const saved: string[] = [];
  const device = new Switch({
    hostname: 'devicea',
    hardware: { ports: 4 },
    profile: profileOf(version),
    clock,
    serial: 'SIM1',
    persist: (text) => void saved.push(text),
  });
  return { device, clock, saved };
}

function edit(device: Switch, name: string, ...lines: string[]) {
  const session = device.openSession(name, 'admin', 'vty3');
  assert.deepEqual(device.load(session.config, lines.join('\n')), []);
  return session;
}

function refuses(action: () => void, pattern: RegExp): void {
  assert.throws(action, (error) => error instanceof CommandError && pattern.test(error.message));
}

test('a session starts as a copy of the running configuration; commit puts it in its place', () => {
  const { device } = setup();
  device.configure(['interface Ethernet1', 'shutdown']);
  const session = edit(device, 'one', 'interface Ethernet2', 'shutdown');
  assert.ok(!device.runningConfig().includes('Ethernet2\n   shutdown'));
  device.commit(session, 'admin');
  assert.match(device.runningConfig(), /Ethernet1\n {3}shutdown\n!\ninterface Ethernet2\n {3}shutdown/);
});

test('rollback clean-config makes the load a replacement: what is not declared goes, VLANs too', () => {
  const { device } = setup();
  device.configure(['vlan 10,20', 'interface Ethernet1', 'shutdown']);
  const session = device.openSession('one', 'admin', 'vty3');
  device.cleanSession(session);
  device.load(session.config, 'hostname devicea\nvlan 20');
  device.commit(session, 'admin');
  assert.match(device.runningConfig(), /\nvlan 20\n/);
  assert.doesNotMatch(device.runningConfig(), /shutdown/);
});

test('commit overwrites what changed meanwhile: last writer wins', () => {
  const { device } = setup();
  const session = edit(device, 'one', 'interface Ethernet1', 'description session');
  device.configure(['interface Ethernet2', 'description by hand']);
  device.commit(session, 'admin');
  assert.doesNotMatch(device.runningConfig(), /by hand/);
});

test('the diff is unified, against the running configuration, and empty without a change', () => {
  const { device } = setup();
  const session = device.openSession('naas-1', 'admin', 'vty3');
  assert.equal(device.diff(session), '');
  device.load(session.config, 'interface Ethernet1\ndescription x');
  assert.deepEqual(device.diff(session).split('\n').slice(0, 3), [
    '--- system:/running-config',
    '+++ session:/naas-1-session-config',
    '@@ -5,6 +5,7 @@',
  ]);
  assert.match(device.diff(session), /\n\+ {3}description x\n/);
});

test('a commit timer that expires brings the configuration of before back', () => {
  const { device, clock } = setup();
  const before = device.runningConfig();
  device.commit(edit(device, 'one', 'interface Ethernet1', 'shutdown'), 'admin', MINUTE);
  const after = device.runningConfig();
  assert.notEqual(after, before);
  clock.advance(MINUTE - 1);
  assert.equal(device.runningConfig(), after);
  clock.advance(1);
  assert.equal(device.runningConfig(), before);
  assert.equal(device.timer, undefined);
  assert.equal(device.sessions.get('one')?.state, 'aborted');
});

test('confirming by name keeps the change and disarms the timer', () => {
  const { device, clock } = setup();
  device.commit(edit(device, 'one', 'interface Ethernet1', 'shutdown'), 'admin', MINUTE);
  device.commitByName('one', 'admin');
  clock.advance(10 * MINUTE);
  assert.match(device.runningConfig(), /shutdown/);
  assert.equal(device.sessions.get('one')?.state, 'completed');
});

test('aborting an armed session by name takes it back at once', () => {
  const { device } = setup();
  const before = device.runningConfig();
  device.commit(edit(device, 'one', 'interface Ethernet1', 'shutdown'), 'admin', MINUTE);
  device.abortByName('one');
  assert.equal(device.runningConfig(), before);
  assert.equal(device.timer, undefined);
});

test('expiry also undoes what was changed by hand under the timer', () => {
  const { device, clock } = setup();
  device.commit(edit(device, 'one', 'interface Ethernet1', 'shutdown'), 'admin', MINUTE);
  device.configure(['interface Ethernet2', 'description by hand']);
  clock.advance(MINUTE);
  assert.doesNotMatch(device.runningConfig(), /by hand/);
});

test('an armed timer refuses other commits and names its session', () => {
  const { device } = setup();
  const other = edit(device, 'two', 'interface Ethernet2', 'shutdown');
  device.commit(edit(device, 'one', 'interface Ethernet1', 'shutdown'), 'admin', MINUTE);
  refuses(() => device.commit(other, 'admin'), /session one is pending commit timer/);
  refuses(() => device.commitByName('two', 'admin', MINUTE), /pending commit timer/);
  device.commitByName('one', 'admin');
  device.commitByName('two', 'admin');
});

test('a commit that changes nothing still arms its timer', () => {
  const { device } = setup();
  device.commit(device.openSession('one', 'admin', 'vty3'), 'admin', MINUTE);
  assert.equal(device.timer?.session, 'one');
});

test('states of an armed session differ between releases', () => {
  for (const [version, state] of [
    ['4.22.1F', 'pendingCommitTimer'],
    ['4.31.2F', 'pendingCommitTimer'],
    ['4.32.0F', 'committed'],
    ['4.35.0F', 'committed'],
  ] as const) {
    const { device } = setup(version);
    device.commit(device.openSession('one', 'admin', 'vty3'), 'admin', MINUTE);
    assert.equal(device.sessions.get('one')?.state, state, version);
  }
});

test('a finished or armed session cannot be entered again', () => {
  const { device } = setup();
  device.commit(device.openSession('one', 'admin', 'vty3'), 'admin', MINUTE);
  refuses(() => device.openSession('one', 'admin', 'vty3'), /already pendingCommitTimer/);
  device.commitByName('one', 'admin');
  refuses(() => device.openSession('one', 'admin', 'vty3'), /already completed/);
});

test('a session aborted by somebody else can no longer be committed by who is in it', () => {
  const { device } = setup();
  const session = edit(device, 'one', 'interface Ethernet1', 'shutdown');
  device.abortByName('one');
  refuses(() => device.commit(session, 'admin'), /aborted/);
  refuses(() => device.commitByName('one', 'admin'), /aborted/);
  refuses(() => device.commitByName('never', 'admin'), /not found/);
  // Made anew it is an unchanged copy.
  assert.equal(device.diff(device.openSession('one', 'admin', 'vty3')), '');
  refuses(() => device.commit(session, 'admin'), /aborted/);
});

test('five sessions may be pending, one finished is remembered', () => {
  const { device, clock } = setup();
  for (const name of ['a', 'b', 'c', 'd', 'e']) device.openSession(name, 'admin', 'vty3');
  refuses(
    () => device.openSession('f', 'admin', 'vty3'),
    /Maximum number of pending sessions has been reached/,
  );
  device.openSession('a', 'admin', 'vty3'); // entering an open one is no new one
  device.commitByName('a', 'admin');
  clock.advance(1);
  device.commitByName('b', 'admin');
  assert.equal(device.sessions.get('a'), undefined);
  assert.equal(device.sessions.get('b')?.state, 'completed');
});

test('an open session times out after a day', () => {
  const { device, clock } = setup();
  device.openSession('one', 'admin', 'vty3');
  clock.advance(24 * 60 * MINUTE);
  refuses(() => device.commitByName('one', 'admin'), /not found/);
});

test('every commit leaves a checkpoint of what was before; restoring is immediate', () => {
  const { device } = setup();
  const before = device.runningConfig();
  device.commit(edit(device, 'one', 'interface Ethernet1', 'shutdown'), 'admin');
  assert.deepEqual(
    device.checkpoints.map(({ name }) => name),
    ['ckp-20260101-0'],
  );
  device.restoreCheckpoint('ckp-20260101-0');
  assert.equal(device.runningConfig(), before);
  refuses(() => device.restoreCheckpoint('ckp-none'), /not found/);
});

test('twenty checkpoints are kept, their numbers go on', () => {
  const { device } = setup();
  for (let index = 0; index < 22; index++)
    device.commit(device.openSession(`s${index}`, 'admin', 'v'), 'admin');
  assert.equal(device.checkpoints.length, 20);
  assert.equal(device.checkpoints.at(-1)?.name, 'ckp-20260101-21');
});

test('a reload loses sessions and what was not saved', () => {
  const { device, saved } = setup();
  device.configure(['interface Ethernet1', 'description saved']);
  device.save();
  device.configure(['interface Ethernet1', 'description lost']);
  device.openSession('one', 'admin', 'vty3');
  device.reload();
  assert.match(device.runningConfig(), /description saved/);
  assert.equal(device.sessions.list().length, 0);
  assert.equal(saved.length, 1);
});

test('faults: a commit refused, a save that fails, a line refused; each as often as armed', () => {
  const { device } = setup();
  device.faults.arm(
    { rejectCommit: 'Subnet 10.0.0.0/24 overlaps', saveFails: true, rejectLine: 'vlan 66' },
    1,
  );
  const session = device.openSession('one', 'admin', 'vty3');
  assert.deepEqual(
    device.load(session.config, 'interface Ethernet1\nswitchport access vlan 66').map(({ number }) => number),
    [2],
  );
  refuses(() => device.commit(session, 'admin'), /overlaps/);
  refuses(() => device.save(), /No space/);
  device.commit(session, 'admin');
  device.save();
  assert.deepEqual(device.load(device.running, 'interface Ethernet1\nswitchport access vlan 66'), []);
});

test('every running configuration is remembered: of a commit, of what takes it back, of a hand and of a boot', () => {
  const { device, clock } = setup();
  const session = edit(device, 'one', 'interface Ethernet1', 'description session');
  device.commit(session, 'admin', MINUTE);
  clock.advance(MINUTE);
  device.configure(['interface Ethernet2', 'description by hand']);
  device.reload();
  const told = device.shown.map(({ text }) => /description .*/.exec(text)?.[0]);
  assert.deepEqual(told, [undefined, 'description session', undefined, 'description by hand', undefined]);
  assert.deepEqual(
    device.shown.map(({ number }) => number),
    [1, 2, 3, 4, 5],
  );
  assert.equal((device.shown[2]?.at ?? 0) - (device.shown[1]?.at ?? 0), MINUTE);
});
