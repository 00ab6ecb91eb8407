import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, test } from 'node:test';
import ssh2 from 'ssh2';
import { virtualClock } from './clock.ts';
import { generateHostKey, readHostKey } from './host-key.ts';
import { startEosSim } from './server.ts';
import type { EosSim } from './server.ts';
import { newSshKeyPair } from './ssh-key-pair.ts';
import { PROMPT, execute, login, openShell } from './testing/shell.ts';
import type { Shell } from './testing/shell.ts';

const ADMIN = { username: 'admin', password: 'pw' };
const clientKey = newSshKeyPair();
const otherKey = newSshKeyPair();
const clock = virtualClock();

let sim: EosSim;
const shells: Shell[] = [];

async function shell(rows?: number): Promise<Shell> {
  const opened = await openShell(sim, ADMIN, rows);
  shells.push(opened);
  return opened;
}

/** A shell that does not page. */
async function quiet(): Promise<Shell> {
  const opened = await shell();
  await opened.command('terminal length 0');
  return opened;
}

before(async () => {
  sim = await startEosSim({
    hostname: 'devicea',
    ports: 8,
    clock,
    users: [
      { name: 'admin', password: 'pw', privilege: 15 },
      { name: 'robot', publicKey: clientKey.public, privilege: 15 },
      { name: 'guest', password: 'guest' },
    ],
  });
});

after(() => sim.stop());

afterEach(() => {
  sim.clearFaults();
  for (const opened of shells.splice(0)) opened.close();
  sim.device.startup = 'hostname devicea\n';
  sim.restart({ reload: true });
});

describe('login', () => {
  test('by password, by keyboard-interactive and by key', async () => {
    for (const credentials of [
      ADMIN,
      { ...ADMIN, tryKeyboard: true },
      { username: 'robot', privateKey: clientKey.private },
    ]) {
      const { output, status } = await execute(sim, credentials, 'show hostname');
      assert.match(output, /^Hostname: devicea\n/);
      assert.equal(status, 0);
    }
  });

  test('wrong passwords, unknown users and foreign keys are refused', async () => {
    for (const credentials of [
      { username: 'admin', password: 'wrong' },
      { username: 'admin', password: '' },
      { username: 'robot', password: '' },
      { username: 'nobody', password: 'pw' },
      { username: 'robot', privateKey: otherKey.private },
      { username: 'admin', privateKey: clientKey.private },
    ]) {
      await assert.rejects(login(sim, credentials), /authentication/i, JSON.stringify(credentials.username));
    }
  });

  test('the host key is the one told, and is a valid pin', () => {
    const key = generateHostKey();
    assert.deepEqual(readHostKey(key.privateKey), key);
    assert.match(sim.hostKeyPublic, /^ssh-ed25519 AAAA/);
    assert.match(sim.hostKeyFingerprint, /^SHA256:[A-Za-z0-9+/]{43}$/);
  });

  test('the first prompt follows a status request, the second login names the first', async () => {
    await shell();
    const { greeting } = await shell();
    assert.match(
      greeting,
      /^Last login: Thu Jan {2}1 \d\d:\d\d:\d\d 2026 from 127\.0\.0\.1\r\n.\[5ndevicea#$/,
    );
  });

  test('the login banner comes before authentication, the motd after', async () => {
    sim.configure('banner login', 'Authorised only', 'EOF', 'banner motd', 'Welcome', 'EOF');
    const client = new ssh2.Client();
    const banner = new Promise<string>((resolve) => client.once('banner', resolve));
    client.on('error', () => {});
    client.connect({ host: sim.address, port: sim.sshPort, ...ADMIN, hostVerifier: () => true });
    assert.match(await banner, /^Authorised only\r?\n$/);
    client.end();
    assert.match((await shell()).greeting, /Welcome\r\n/);
  });

  test('an account without privilege starts at > and must enable', async () => {
    const guest = await openShell(sim, { username: 'guest', password: 'guest' });
    assert.match(guest.greeting, /devicea>$/);
    assert.match(
      await guest.command('show running-config'),
      /% Invalid input \(privileged mode required\)\r\n/,
    );
    assert.match(await guest.command('enable'), /devicea#$/);
    guest.close();
  });
});

describe('terminal', () => {
  test('echoes what is typed, answers with CRLF, prompts again', async () => {
    const opened = await shell();
    assert.equal(
      await opened.command('terminal length 0'),
      'terminal length 0\r\nPagination disabled.\r\ndevicea#',
    );
  });

  test('pages long answers unless told not to', async () => {
    const opened = await shell(10);
    opened.send('show running-config\r');
    assert.match(
      await opened.until(/--More-- $/),
      /^show running-config\r\n! Command: show running-config\r\n/,
    );
    opened.send('\r');
    await opened.until(/--More-- $/);
    opened.send(' ');
    await opened.until(/--More-- $/);
    opened.send('q');
    await opened.until(PROMPT);
    await opened.command('terminal length 0');
    assert.match(await opened.command('show running-config'), /\r\nend\r\ndevicea#$/);
  });

  test('lines can be edited before they are sent', async () => {
    const opened = await quiet();
    opened.send('nonsense\x15show hostnamf\x7fe\n');
    assert.match(await opened.until(/FQDN.*\r\ndevicea#$/s), /Hostname: devicea/);
    opened.send('half a line\x03');
    assert.match(await opened.until(/\^C\r\ndevicea#$/), /half a line\^C/);
  });

  test('a paste is answered line by line, in order', async () => {
    const opened = await quiet();
    opened.send('configure session one\ninterface Ethernet1\ndescription pasted\nend\n');
    await opened.until(/\(config-s-one-if-Et1\)#end\r\ndevicea#$/);
    assert.match(await opened.command('show session-config named one diffs'), /\+ {3}description pasted/);
  });

  test('a bulk load ends at Ctrl-D on an empty line, not at one behind text', async () => {
    const opened = await quiet();
    await opened.command('configure session one');
    opened.send('copy terminal: session-config\nhostname half');
    await opened.until(/half$/);
    opened.send('\x04');
    opened.send('\n\x04');
    assert.match(await opened.until(/\(config-s-one\)#$/), /Copy completed successfully\.\r\n/);
  });

  test('a line longer than a terminal takes is cut, not stored whole', async () => {
    const opened = await quiet();
    opened.send(`${'x'.repeat(100_000)}\n`);
    const output = await opened.until(PROMPT);
    assert.ok(output.length < 40_000);
    assert.match(output, /% Invalid input\r\n/);
  });

  test('exit ends the connection channel', async () => {
    const client = await login(sim, ADMIN);
    const code = await new Promise((resolve, reject) => {
      client.shell({ rows: 24 }, (error, channel) => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        channel.on('exit', resolve);
        channel.resume();
        channel.end('exit\n');
      });
    });
    assert.equal(code, 0);
    client.destroy();
  });

  test('a shell without a pty neither echoes nor prompts', async () => {
    const client = await login(sim, ADMIN);
    const output = await new Promise<string>((resolve, reject) => {
      client.shell(false, (error, channel) => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        let text = '';
        channel.on('data', (data: Buffer) => (text += data.toString()));
        channel.on('close', () => resolve(text));
        channel.end('show hostname\nbogus\n');
      });
    });
    client.destroy();
    assert.equal(output, 'Hostname: devicea\nFQDN:     devicea\n> bogus\n% Invalid input at line 2\n');
  });
});

describe('exec channel', () => {
  test('runs the lines of its command; errors name command and line and set the status', async () => {
    assert.deepEqual(await execute(sim, ADMIN, 'show running-config interfaces ethernet 2-3'), {
      output: 'interface Ethernet2\ninterface Ethernet3\n',
      status: 0,
    });
    assert.deepEqual(await execute(sim, ADMIN, 'show hostname\nshow nothing'), {
      output: 'Hostname: devicea\nFQDN:     devicea\n> show nothing\n% Invalid input at line 2\n',
      status: 1,
    });
    assert.deepEqual(await execute(sim, { username: 'guest', password: 'guest' }, 'show running-config'), {
      output: '> show running-config\n% Invalid input (privileged mode required) at line 1\n',
      status: 1,
    });
    const json = await execute(sim, { username: 'guest', password: 'guest' }, 'enable\nshow version | json');
    assert.equal((JSON.parse(json.output) as { version: string }).version, '4.35.0F');
  });
});

describe('a push', () => {
  async function armed(opened: Shell): Promise<void> {
    await opened.command('configure session naas-1-ab');
    await opened.command('rollback clean-config');
    opened.send(
      'copy terminal: session-config\nhostname devicea\ninterface Ethernet1\n   shutdown\nend\n\x04',
    );
    assert.match(await opened.until(PROMPT), /Copy completed successfully/);
    assert.match(await opened.command('show session-config diffs'), /\r\n\+ {3}shutdown\r\n/);
    assert.match(await opened.command('commit timer 00:01:00'), /^commit timer 00:01:00\r\ndevicea#$/);
  }

  test('is confirmed from a new connection and saved', async () => {
    await armed(await quiet());
    const second = await quiet();
    assert.match(await second.command('show configuration sessions detail'), /commit timer: naas-1-ab/);
    assert.match(await second.command('configure session naas-1-ab commit'), /commit\r\ndevicea#$/);
    clock.advance(120_000);
    assert.match(sim.runningConfig(), /Ethernet1\n {3}shutdown/);
    await second.command('write memory');
    assert.equal(sim.startupConfig(), `${sim.runningConfig()}\n`);
  });

  test('reverts by itself when nobody confirms', async () => {
    await armed(await quiet());
    clock.advance(60_000);
    assert.doesNotMatch(sim.runningConfig(), /shutdown/);
  });

  test('survives the connection that made it', async () => {
    const opened = await quiet();
    await opened.command('configure session orphan');
    opened.close();
    await opened.closed;
    assert.match(await (await quiet()).command('show configuration sessions'), / orphan +pending *\r\n/);
  });
});

describe('faults', () => {
  test('latency delays each answer', async () => {
    const opened = await quiet();
    sim.faults.latencyMs = 40;
    const begin = performance.now();
    await opened.command('show clock');
    await opened.command('show clock');
    assert.ok(performance.now() - begin >= 79);
  });

  test('a slow login delays the first prompt', async () => {
    sim.armFault({ loginDelayMs: 60 }, 1);
    const begin = performance.now();
    await shell();
    assert.ok(performance.now() - begin >= 59);
  });

  test('duplicate echo repeats the typed line', async () => {
    const opened = await quiet();
    sim.armFault({ duplicateEcho: true }, 1);
    assert.match(await opened.command('show clock'), /^show clock\r\ndevicea#show clock\r\n/);
    assert.match(await opened.command('show clock'), /^show clock\r\n(?!devicea)/);
  });

  test('the first input after login can be echoed and lost', async () => {
    sim.armFault({ dropFirstInput: true }, 1);
    const opened = await shell();
    assert.equal(await opened.command('terminal length 0'), 'terminal length 0\r\ndevicea#');
    assert.match(await opened.command('terminal length 0'), /Pagination disabled/);
  });

  test('a width can close the channel', async () => {
    sim.faults.closeOnWidth = 32767;
    const opened = await shell();
    await assert.rejects(opened.command('terminal width 32767'), /connection ended/);
    assert.match(await (await shell()).command('terminal width 512'), /Width set to 512 columns/);
  });

  test('connections can be limited, refused and cut', async () => {
    sim.restart();
    const opened = await shell();
    sim.faults.connectionLimit = 1;
    await assert.rejects(login(sim, ADMIN));
    sim.clearFaults();
    sim.armFault({ refuseConnections: true }, 1);
    await assert.rejects(login(sim, ADMIN));
    await shell();
    sim.restart();
    await opened.closed;
  });

  test('authentication can be refused', async () => {
    sim.faults.refuseAuth = true;
    await assert.rejects(login(sim, ADMIN), /authentication/i);
  });

  test('the connection breaks at a byte, after exactly that many', async () => {
    sim.armFault({ disconnectAtByte: 100 }, 1);
    const opened = await shell();
    const greeting = opened.greeting.length;
    const error = await opened.command('show running-config').then(
      () => assert.fail('connection stayed'),
      (reason: Error) => reason.message,
    );
    const text = JSON.parse(error.slice('connection ended after '.length)) as string;
    assert.equal(greeting + text.length, 100);
  });

  test('the connection breaks before its n-th command is answered', async () => {
    sim.armFault({ disconnectAtCommand: 2 }, 1);
    const opened = await shell();
    await opened.command('configure session one');
    await assert.rejects(opened.command('hostname never'), /connection ended/);
    assert.deepEqual(
      sim.device.sessions.list().map(({ name, state }) => [name, state]),
      [['one', 'pending']],
    );
  });

  test('the connection breaks before or after a commit', async () => {
    for (const when of ['before', 'after'] as const) {
      sim.armFault({ disconnectAtCommit: when }, 1);
      const opened = await quiet();
      await opened.command(`configure session ${when}`);
      await opened.command(`hostname ${when}`);
      await assert.rejects(opened.command('commit timer 00:01:00'), /connection ended/);
      assert.equal(sim.device.timer?.session, when === 'after' ? 'after' : undefined);
    }
    clock.advance(60_000);
    assert.match(sim.runningConfig(), /hostname devicea\n/);
  });

  test('management lost by a commit comes back when the timer expires', async () => {
    sim.armFault({ managementLoss: true }, 1);
    const opened = await quiet();
    await opened.command('configure session one');
    await opened.command('commit timer 00:01:00');
    await assert.rejects(login(sim, ADMIN));
    clock.advance(60_000);
    await shell();
  });

  test('saving can fail', async () => {
    const opened = await quiet();
    sim.armFault({ saveFails: true }, 1);
    assert.match(await opened.command('write memory'), /\r\n% Error copying .*\r\n/);
    assert.match(await opened.command('write memory'), /Copy completed successfully/);
  });

  test("somebody else's session and timer are in the way", async () => {
    for (const name of ['a', 'b', 'c', 'd']) sim.openForeignSession(name);
    sim.armForeignTimer('theirs', 60, 'interface Ethernet8', 'description theirs');
    const opened = await quiet();
    await opened.command('configure session mine');
    assert.match(
      await opened.command('commit'),
      /% Cannot commit session mine: session theirs is pending commit timer/,
    );
    await opened.command('end');
    assert.match(
      await opened.command('configure session sixth'),
      /% Maximum number of pending sessions has been reached/,
    );
  });

  test('a restart cuts connections and keeps sessions, a reload loses them', async () => {
    const opened = await quiet();
    await opened.command('configure session one');
    sim.restart();
    await opened.closed;
    assert.equal(sim.device.sessions.list().length, 1);
    sim.restart({ reload: true });
    assert.equal(sim.device.sessions.list().length, 0);
  });
});

test('startup-config outlives the process', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'eos-sim-'));
  const options = {
    hostname: 'deviceb',
    ports: 2,
    users: [{ name: 'admin', password: 'pw', privilege: 15 }],
    startupConfig: 'hostname fromfile\n',
    stateFile: join(directory, 'startup'),
  };
  try {
    const first = await startEosSim(options);
    assert.match(first.runningConfig(), /hostname fromfile/);
    first.configure('hostname saved');
    first.device.save();
    await first.stop();
    assert.match(readFileSync(options.stateFile, 'utf8'), /hostname saved/);
    const second = await startEosSim(options);
    assert.match(second.runningConfig(), /hostname saved/);
    await second.stop();
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a switch with 1024 ports prints whole over an exec channel', async () => {
  const big = await startEosSim({
    hostname: 'big',
    ports: 1024,
    users: [{ ...ADMIN, name: 'admin', privilege: 15 }],
  });
  try {
    big.configure('interface Ethernet1-1024', `description ${'x'.repeat(80)}`, 'switchport mode trunk');
    const { output, status } = await execute(big, ADMIN, 'show running-config');
    assert.equal(output, `${big.runningConfig()}\n`);
    assert.equal(status, 0);
  } finally {
    await big.stop();
  }
});

test('bad options are named', async () => {
  const good = { hostname: 'x', ports: 1, users: [] };
  await assert.rejects(startEosSim({ ...good, ports: 0 }), /^Error: ports: 0/);
  await assert.rejects(startEosSim({ ...good, version: '5' }), /^Error: version: "5"/);
  await assert.rejects(startEosSim({ ...good, hostKey: 'x' }), /^Error: hostKey: /);
  await assert.rejects(
    startEosSim({ ...good, users: [{ name: 'u', publicKey: 'x' }] }),
    /users\.u\.publicKey/,
  );
});
