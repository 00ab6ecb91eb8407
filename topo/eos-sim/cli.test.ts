import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cli } from './cli.ts';
import { virtualClock } from './clock.ts';
import { profileOf } from './profile.ts';
import { Switch } from './switch.ts';

const MINUTE = 60_000;

function setup(options: { version?: string; privilege?: number; enablePassword?: string } = {}) {
  const clock = virtualClock();
  const device = new Switch({
    hostname: 'localhost',
    hardware: { ports: 4 },
    profile: profileOf(options.version ?? '4.35.0F'),
    clock,
    serial: 'SIM1',
  });
  let terminals = 5;
  const open = () =>
    new Cli(device, {
      user: 'admin',
      privilege: options.privilege ?? 15,
      terminal: `vty${terminals++}`,
      enablePassword: options.enablePassword,
    });
  return { device, clock, cli: open(), open };
}

function say(cli: Cli, ...lines: string[]): string {
  return lines.map((line) => cli.line(line).output).join('');
}

test('prompts are those of the recorded sessions', () => {
  const { cli } = setup({ privilege: 1 });
  const expected: [string, string][] = [
    ['', 'localhost>'],
    ['enable', 'localhost#'],
    ['configure terminal', 'localhost(config)#'],
    ['end', 'localhost#'],
    ['configure session scrapli_cfg_1614820200', 'localhost(config-s-scrapl)#'],
    ['rollback clean-config', 'localhost(config-s-scrapl)#'],
    ['interface Ethernet1', 'localhost(config-s-scrapl-if-Et1)#'],
    ['!', 'localhost(config-s-scrapl-if-Et1)#'],
    ['   no switchport', 'localhost(config-s-scrapl-if-Et1)#'],
    ['interface Management1', 'localhost(config-s-scrapl-if-Ma1)#'],
    ['no ip routing', 'localhost(config-s-scrapl)#'],
    ['control-plane', 'localhost(config-s-scrapl-cp)#'],
    ['management api http-commands', 'localhost(config-s-scrapl-mgmt-api-http-cmds)#'],
    ['management telnet', 'localhost(config-s-scrapl-mgmt-telnet)#'],
    ['!', 'localhost(config-s-scrapl-mgmt-telnet)#'],
    ['banner login', ''],
    ['No startup-config was found.', ''],
    ['EOF', 'localhost(config-s-scrapl)#'],
    ['interface Ethernet2-4', 'localhost(config-s-scrapl-if-Et2-4)#'],
    ['exit', 'localhost(config-s-scrapl)#'],
    ['abort', 'localhost#'],
    ['disable', 'localhost>'],
  ];
  for (const [line, prompt] of expected) {
    if (line !== '') cli.line(line);
    assert.equal(cli.prompt, prompt, line);
  }
});

test('answers are those of the recorded sessions', () => {
  const { cli } = setup({ version: '4.22.1F' });
  const answers: [string, string][] = [
    ['terminal length 0', 'Pagination disabled.\n'],
    ['terminal width 32767', 'Width set to 32767 columns.\n'],
    ['show version | i Software image version', 'Software image version: 4.22.1F\n'],
    ['copy running-config startup-config', 'Copy completed successfully.\n'],
    ['write memory', 'Copy completed successfully.\n'],
    ['configure session one', ''],
    ['show session-config diffs', '\n'],
    ['banner login', "Enter TEXT message. Type 'EOF' on its own line to end.\n"],
    ['x', ''],
    ['EOF', ''],
    ['bogus', '% Invalid input\n'],
    ['interface', '% Incomplete command\n'],
    ['commit', ''],
  ];
  for (const [line, output] of answers) assert.equal(cli.line(line).output, output, line);
});

test('the enable password is asked for without echo', () => {
  const { cli } = setup({ privilege: 1, enablePassword: 'secret' });
  cli.line('enable');
  assert.equal(cli.prompt, 'Password: ');
  assert.equal(cli.hidden, true);
  assert.equal(cli.line('wrong').output, '% Bad secret\n');
  assert.equal(cli.prompt, 'localhost>');
  say(cli, 'enable', 'secret');
  assert.equal(cli.prompt, 'localhost#');
});

test('without privilege nothing is shown or changed', () => {
  const { cli, device } = setup({ privilege: 1 });
  const before = device.runningConfig();
  for (const line of [
    'show running-config',
    'configure',
    'configure session x',
    'write memory',
    'copy a b',
    'configure session x abort',
  ]) {
    assert.equal(cli.line(line).error, 'Invalid input (privileged mode required)', line);
  }
  assert.equal(device.runningConfig(), before);
  assert.equal(device.sessions.list().length, 0);
});

test('commands may be abbreviated as long as they are unambiguous', () => {
  const { cli } = setup();
  assert.equal(say(cli, 'sh run int et2-3'), 'interface Ethernet2\ninterface Ethernet3\n');
  assert.equal(
    say(cli, 'conf t', 'int et1', 'desc hello', 'end', 'sh run int et1'),
    'interface Ethernet1\n   description hello\n',
  );
  say(cli, 'conf', 'int et1');
  assert.equal(cli.line('s').error, 'Ambiguous command');
});

test('show running-config of two ports prints as in the transcript of the original', () => {
  const { cli } = setup();
  for (const [port, vlan, request] of [
    [2, 100, 'request-002'],
    [3, 10, 'request-001'],
  ] as const) {
    say(cli, 'configure', `interface Ethernet${port}`, `description ${request}`, 'spanning-tree portfast');
    say(cli, 'switchport mode trunk', `switchport trunk allowed vlan ${vlan}`, 'shutdown', 'end');
  }
  assert.equal(
    say(cli, 'sh run int eth2-3'),
    `interface Ethernet2
   description request-002
   shutdown
   switchport trunk allowed vlan 100
   switchport mode trunk
   spanning-tree portfast
interface Ethernet3
   description request-001
   shutdown
   switchport trunk allowed vlan 10
   switchport mode trunk
   spanning-tree portfast
`,
  );
});

test('copy terminal: takes all lines until Ctrl-D, tells the bad ones and yet completes', () => {
  const { cli, device } = setup();
  say(cli, 'configure session one', 'rollback clean-config');
  assert.equal(say(cli, 'copy terminal: session-config'), '');
  assert.equal(cli.prompt, '');
  say(
    cli,
    'interface Ethernet1',
    '   description loaded',
    '   bogus here',
    'banner motd',
    'hi',
    'EOF',
    'show version',
    'end',
  );
  assert.equal(
    cli.endOfInput().output,
    '> bogus here\n% Invalid input at line 3\n> show version\n% Invalid input at line 7\nCopy completed successfully.\n',
  );
  assert.equal(cli.prompt, 'localhost(config-s-one)#');
  assert.match(say(cli, 'show session-config diffs'), /\n\+ {3}description loaded\n/);
  say(cli, 'commit');
  assert.match(device.runningConfig(), /description loaded/);
});

test('copy terminal: outside a session is refused; Ctrl-C throws the text away', () => {
  const { cli } = setup();
  assert.equal(cli.line('copy terminal: session-config').error, 'Not in a configuration session');
  say(cli, 'configure session one', 'copy terminal: session-config', 'hostname x');
  cli.interrupt();
  assert.equal(cli.prompt, 'localhost(config-s-one)#');
  assert.equal(say(cli, 'show session-config diffs'), '\n');
});

test('a load can fail without naming a line', () => {
  const { cli, device } = setup();
  device.faults.arm({ rejectLoad: 'Cannot change mode; remove all members and try again.' }, 1);
  say(cli, 'configure session one', 'copy terminal: session-config', 'hostname x');
  assert.equal(
    cli.endOfInput().output,
    '% Cannot change mode; remove all members and try again.\nCopy completed successfully.\n',
  );
});

test('end and a lost connection leave the session pending; abort takes it away', () => {
  const { cli, device, open } = setup();
  say(cli, 'configure session one', 'interface Ethernet1', 'shutdown', 'end');
  assert.equal(device.sessions.get('one')?.state, 'pending');
  assert.match(say(cli, 'show session-config named one diffs'), /\+ {3}shutdown/);
  const other = open();
  say(other, 'configure session one');
  other.close();
  assert.equal(device.sessions.get('one')?.state, 'pending');
  say(cli, 'configure session one abort');
  assert.notEqual(device.sessions.get('one')?.state, 'pending');
});

test('abort in a sub-mode only leaves it on old releases', () => {
  const old = setup({ version: '4.22.1F' });
  say(old.cli, 'configure session one', 'interface Ethernet1', 'abort');
  assert.equal(old.cli.prompt, 'localhost(config-s-one)#');
  const recent = setup();
  say(recent.cli, 'configure session one', 'interface Ethernet1', 'abort');
  assert.equal(recent.cli.prompt, 'localhost#');
});

test('the sessions table of a release up to 4.31 has the time left in its row', () => {
  const { cli, clock } = setup({ version: '4.31.2F' });
  say(
    cli,
    'configure session naas-2-b',
    'end',
    'configure session naas-1-a',
    'commit timer 00:05:00',
    'configure session naas-2-b',
  );
  clock.advance(1000);
  assert.equal(
    say(cli, 'show configuration sessions detail'),
    `Maximum number of completed sessions: 1
Maximum number of pending sessions: 5

  Name     State              User  Terminal Commit Time Left Completed Time      Committed By
- -------- ------------------ ----- -------- ---------------- ------------------- ------------
* naas-2-b pending            admin vty5
  naas-1-a pendingCommitTimer                0:04:59          2026-01-01 00:00:00 admin
`,
  );
});

test('the sessions table of a release from 4.32 has the timer above it', () => {
  const { cli, clock } = setup();
  say(cli, 'configure session naas-1-a', 'commit timer 00:05:00');
  clock.advance(1000);
  assert.equal(
    say(cli, 'show configuration sessions detail'),
    `Maximum number of completed sessions: 1
Maximum number of pending sessions: 5
Merge on commit is disabled
Autosave to startup-config on commit is disabled

Session with pending commit timer: naas-1-a
Time left until commit timer expiry: in 0:04:59

  Name     State     User Terminal Completed Time      Committed By
- -------- --------- ---- -------- ------------------- ------------
  naas-1-a committed               2026-01-01 00:00:00 admin
`,
  );
});

test('the sessions as JSON, in both shapes', () => {
  const read = (version: string) => {
    const { cli, clock } = setup({ version });
    clock.advance(10_000);
    say(cli, 'configure session a', 'end', 'configure session b', 'commit timer 00:01:00');
    return JSON.parse(say(cli, 'show configuration sessions detail | json')) as Record<string, unknown>;
  };
  const pending = { state: 'pending', commitUser: '', description: '', instances: {} };
  const completedTime = Date.UTC(2026, 0, 1) / 1000 + 10;
  assert.deepEqual(read('4.31.2F'), {
    maxSavedSessions: 1,
    maxOpenSessions: 5,
    sessions: {
      a: pending,
      b: {
        state: 'pendingCommitTimer',
        commitUser: 'admin',
        description: '',
        instances: {},
        completedTime,
        commitBy: 70,
      },
    },
  });
  assert.deepEqual(read('4.35.0F'), {
    maxSavedSessions: 1,
    maxOpenSessions: 5,
    mergeOnCommit: false,
    saveToStartupConfigOnCommit: false,
    commitTimerSessionName: 'b',
    commitTimerExpireTime: 70,
    sessions: {
      a: pending,
      b: { state: 'committed', commitUser: 'admin', description: '', instances: {}, completedTime },
    },
  });
});

test('a session is printed as the running configuration will be', () => {
  const { cli, device } = setup();
  say(cli, 'configure session one', 'hostname after', 'interface Ethernet1', 'shutdown');
  const printed = say(cli, 'show session-config').split('\n');
  assert.equal(say(cli, 'show session-config named one'), printed.join('\n'));
  say(cli, 'commit');
  assert.deepEqual(printed.slice(1, -1), device.runningConfig().split('\n').slice(1));
  assert.equal(cli.prompt, 'after#');
});

test('commit timer takes hh:mm:ss and nothing else', () => {
  const { cli, device } = setup();
  say(cli, 'configure session one');
  for (const bad of [
    'commit timer',
    'commit timer 60',
    'commit timer 00:60:00',
    'commit timer 00:00:00',
    'commit now',
    'commit timer 00:01:00 x',
  ]) {
    assert.ok(cli.line(bad).error !== undefined, bad);
  }
  assert.match(device.sessions.get('one')?.state ?? '', /pending/);
  assert.equal(cli.line('commit timer 00:01:00').error, undefined);
  assert.equal(device.timer?.deadline, device.clock.now() + MINUTE);
});

test('show commands work inside configuration modes, exec ones do not', () => {
  const { cli } = setup();
  say(cli, 'configure session one', 'interface Ethernet1');
  assert.match(say(cli, 'show version'), /Arista vEOS-lab/);
  assert.equal(cli.prompt, 'localhost(config-s-one-if-Et1)#');
  assert.equal(cli.line('disable').error, 'Invalid input');
  assert.ok(cli.line('configure session two').error !== undefined);
  assert.equal(cli.prompt, 'localhost(config-s-one-if-Et1)#');
});

test('configure terminal changes the running configuration at once, also after a commit replaced it', () => {
  const { cli, device, open } = setup();
  const other = open();
  say(cli, 'configure', 'interface Ethernet1', 'description one');
  say(other, 'configure session s', 'hostname other', 'commit');
  say(cli, 'interface Ethernet2', 'description two');
  assert.match(device.runningConfig(), /hostname other[^]*description one[^]*description two/);
});

test('configure replace goes back to a copied file, or changes nothing', () => {
  const { cli, device } = setup();
  say(cli, 'copy running-config flash:rollback-0', 'configure', 'interface Ethernet1', 'shutdown', 'end');
  const changed = device.runningConfig();
  device.flash.set('broken', 'interface Ethernet99\n');
  assert.equal(cli.line('configure replace flash:broken').error, 'Invalid input at line 1');
  assert.equal(device.runningConfig(), changed);
  assert.equal(cli.line('configure replace flash:rollback-0').error, undefined);
  assert.doesNotMatch(device.runningConfig(), /shutdown/);
});

test('checkpoints can be listed, compared and restored', () => {
  const { cli } = setup();
  say(cli, 'configure session one', 'interface Ethernet1', 'shutdown', 'commit');
  assert.match(say(cli, 'show configuration checkpoints'), /\nckp-20260101-0 2026-01-01 00:00:00 admin\n/);
  assert.match(say(cli, 'diff checkpoint:ckp-20260101-0 running-config'), /\n\+ {3}shutdown\n/);
  say(cli, 'configure checkpoint restore ckp-20260101-0');
  assert.equal(say(cli, 'show running-config interfaces ethernet 1'), 'interface Ethernet1\n');
});

test('pipes filter text; JSON is refused where a command has none', () => {
  const { cli } = setup();
  assert.equal(say(cli, 'show running-config | include ^no ip'), 'no ip routing\n');
  assert.equal(say(cli, 'show running-config | section Ethernet2'), 'interface Ethernet2\n');
  assert.match(say(cli, 'show running-config | begin Management'), /^interface Management1\n!/);
  assert.doesNotMatch(say(cli, 'show running-config | exclude interface'), /interface/);
  assert.equal(
    (JSON.parse(say(cli, 'show version | json')) as { serialNumber: string }).serialNumber,
    'SIM1',
  );
  say(cli, 'configure session one');
  assert.equal(cli.line('show session-config diffs | json').error, 'This is an unconverted command');
  assert.equal(cli.line('show version | frobnicate').error, 'Invalid input');
});
