import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import ssh2 from 'ssh2';
import type { InventoryDevice } from '../../lib/inventory/device.ts';
import { parseInventory } from '../../lib/inventory/parse.ts';
import type { DeviceConnection, Target } from '../../services/enforcer/driver.ts';
import { eos } from '../../services/enforcer/drivers/eos/driver.ts';
import { fingerprint } from '../../services/enforcer/drivers/ssh/host-key.ts';
import { startEosSim } from '../../topo/eos-sim/server.ts';
import { newSshKeyPair } from '../../topo/eos-sim/ssh-key-pair.ts';
import { flood, rogueSsh, rogueTcp } from './rogue.ts';
import { CANARY } from './stage.ts';

const OTHER_KEY = `SHA256:${'A'.repeat(43)}`;

function target(port: number, more: Partial<Target>): Target {
  return {
    name: 'leaf',
    hostname: '127.0.0.1',
    port,
    username: 'naas',
    password: CANARY,
    hostKeys: [],
    ...more,
  };
}

function dial(to: Target, timeoutMs = 5_000): Promise<unknown> {
  return eos.connect(to, { signal: new AbortController().signal, timeoutMs });
}

function leafWith(extras: object): InventoryDevice {
  const hosts = JSON.stringify({ leaf: { platform: 'eos', connection_options: { ssh: { extras } } } });
  return parseInventory({ hosts }).devices.get('leaf') ?? assert.fail();
}

test('S-67 a changed host key is refused before any login', async () => {
  const rogue = await rogueSsh({ accept: () => true });
  await assert.rejects(dial(target(rogue.port, { hostKeys: [OTHER_KEY] })), { kind: 'host-key-unknown' });
  assert.deepEqual(rogue.methods, []);
});

test('S-67 without a pinned key no password is ever sent, and the message says which key was shown', async () => {
  const rogue = await rogueSsh({ accept: () => true });
  const shown = fingerprint(Buffer.from(rogue.publicKey.split(' ')[1] ?? '', 'base64'));
  await assert.rejects(dial(target(rogue.port, {})), (error: Error) => {
    assert.equal(Reflect.get(error, 'kind'), 'host-key-unknown');
    assert.ok(error.message.includes(shown), error.message);
    assert.ok(!error.message.includes(CANARY));
    return true;
  });
  assert.deepEqual(rogue.methods, []);
});

test('S-67 without a pinned key a public key may be tried, and nothing after it', async () => {
  const rogue = await rogueSsh({ accept: () => false });
  const { private: privateKey } = newSshKeyPair();
  await assert.rejects(dial(target(rogue.port, { privateKey })), { kind: 'host-key-unknown' });
  assert.deepEqual(rogue.methods, ['publickey']);
  assert.deepEqual(rogue.passwords, []);
});

test('a switch without a pinned key that takes the public key is connected', async () => {
  const { private: privateKey, public: publicKey } = newSshKeyPair();
  const sim = await startEosSim({
    hostname: 'leaf',
    ports: 1,
    users: [{ name: 'naas', publicKey, privilege: 15 }],
  });
  try {
    const connection = await eos.connect(target(sim.sshPort, { privateKey }), {
      signal: new AbortController().signal,
      timeoutMs: 5_000,
    });
    assert.ok((await connection.facts()).serial);
    connection.close();
  } finally {
    await sim.stop();
  }
});

for (const [kind, key] of [
  ['ed25519', generateKeyPairSync('ed25519')],
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 })],
  ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' })],
  ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' })],
  ['P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' })],
] as const) {
  test(`a switch takes the login with an inventory's ${kind} key that OpenSSL 3 wrote`, async () => {
    const written = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    assert.match(written, /^-----BEGIN PRIVATE KEY-----/);
    const { privateKey = '' } = leafWith({ private_key: written });
    const parsed = ssh2.utils.parseKey(privateKey);
    assert.ok(!(parsed instanceof Error));
    const publicKey = `${parsed.type} ${parsed.getPublicSSH().toString('base64')}`;
    const sim = await startEosSim({
      hostname: 'leaf',
      ports: 1,
      users: [{ name: 'naas', publicKey, privilege: 15 }],
    });
    try {
      const { password: _, ...keyOnly } = target(sim.sshPort, { privateKey, hostKeys: [sim.hostKeyPublic] });
      const connection = (await dial(keyOnly)) as DeviceConnection;
      assert.ok((await connection.facts()).serial);
      connection.close();
    } finally {
      await sim.stop();
    }
  });
}

test('a key that cannot be read is told as that: no switch is blamed, and nothing is sent', async () => {
  const rogue = await rogueSsh({ accept: () => true });
  const { privateKey } = generateKeyPairSync('ed25519');
  const unread = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const folded = newSshKeyPair().private.replaceAll('\n', ' ');
  for (const hostKeys of [[rogue.publicKey], []]) {
    for (const text of [unread, folded]) {
      await assert.rejects(dial(target(rogue.port, { privateKey: text, hostKeys })), (error: Error) => {
        assert.equal(Reflect.get(error, 'kind'), 'auth-failed');
        assert.match(
          error.message,
          /extras\.private_key of leaf cannot be read: give the text of an unencrypted/,
        );
        for (const part of text.split(/\s/).filter((word) => /^[\w+/=]{12,}$/.test(word))) {
          assert.ok(!String(error.stack).includes(part) && !String(error.cause).includes(part));
        }
        return true;
      });
    }
  }
  assert.deepEqual(rogue.methods, []);
});

test('a login without user name, or without anything to show, is told as that', async () => {
  const rogue = await rogueSsh({ accept: () => true });
  const { username: _, ...nameless } = target(rogue.port, { hostKeys: [rogue.publicKey] });
  await assert.rejects(dial(nameless), {
    kind: 'auth-failed',
    message: /^leaf has no username in the inventory/,
  });
  const { password: __, ...empty } = target(rogue.port, { hostKeys: [rogue.publicKey] });
  await assert.rejects(dial(empty), {
    kind: 'auth-failed',
    message: /^leaf has neither password nor private key in the inventory/,
  });
  assert.deepEqual(rogue.methods, []);
});

test('a pinned fingerprint is as good as a pinned key', async () => {
  const sim = await startEosSim({
    hostname: 'leaf',
    ports: 1,
    users: [{ name: 'naas', password: CANARY, privilege: 15 }],
  });
  try {
    for (const key of [sim.hostKeyFingerprint, sim.hostKeyPublic, `${sim.hostKeyPublic} leaf`]) {
      const connection = await eos.connect(target(sim.sshPort, { hostKeys: [OTHER_KEY, key] }), {
        signal: new AbortController().signal,
        timeoutMs: 5_000,
      });
      connection.close();
    }
  } finally {
    await sim.stop();
  }
});

test('S-67 a refused password is sent once, by one method', async () => {
  const rogue = await rogueSsh({ accept: () => false });
  await assert.rejects(dial(target(rogue.port, { hostKeys: [rogue.publicKey] })), { kind: 'auth-failed' });
  assert.deepEqual(rogue.methods, ['password']);
});

for (const [what, algorithms] of [
  ['key exchange', { kex: ['diffie-hellman-group14-sha1', 'diffie-hellman-group1-sha1'] }],
  ['cipher', { cipher: ['aes128-cbc', '3des-cbc'] }],
] as const) {
  test(`S-67 a server that only offers an old ${what} is refused before any login`, async () => {
    const rogue = await rogueSsh({ algorithms: algorithms as never, accept: () => true });
    await assert.rejects(dial(target(rogue.port, { hostKeys: [rogue.publicKey] })), { kind: 'unreachable' });
    assert.deepEqual(rogue.methods, []);
  });
}

test('S-67 a server that says nothing is given up in time', async () => {
  const port = await rogueTcp(() => undefined);
  const start = performance.now();
  await assert.rejects(dial(target(port, { hostKeys: [OTHER_KEY] }), 200), { kind: 'unreachable' });
  assert.ok(performance.now() - start < 2_000);
});

test('S-67 a server that floods before the login is cut off', async () => {
  const port = await rogueTcp((socket) => flood(socket, 'not SSH at all\r\n'));
  await assert.rejects(dial(target(port, { hostKeys: [OTHER_KEY] })), { kind: 'unreachable' });
});

test('S-67 a switch that shows no prompt is given up in time', async () => {
  const rogue = await rogueSsh({ accept: () => true, shell: (channel) => channel.write('Welcome\r\n') });
  await assert.rejects(dial(target(rogue.port, { hostKeys: [rogue.publicKey] }), 300), {
    kind: 'unreachable',
  });
});

test('S-67 a switch that floods the terminal is cut off', async () => {
  const rogue = await rogueSsh({
    accept: () => true,
    shell: (channel) => flood(channel, 'flood flood flood\r\n'),
  });
  await assert.rejects(dial(target(rogue.port, { hostKeys: [rogue.publicKey] }), 20_000), {
    kind: 'protocol',
  });
});

test('S-67 a switch that floods the answer to a command is cut off', async () => {
  let typed = '';
  const rogue = await rogueSsh({
    accept: () => true,
    shell: (channel) => {
      channel.write('leaf#');
      channel.on('data', (data: Buffer) => {
        typed += data.toString();
        channel.write(data);
        if (typed.endsWith('version | json\n')) flood(channel, 'flood flood flood\r\n');
        else if (typed.endsWith('\n')) channel.write('ok\r\nleaf#');
      });
    },
  });
  const connection = await eos.connect(target(rogue.port, { hostKeys: [rogue.publicKey] }), {
    signal: new AbortController().signal,
    timeoutMs: 5_000,
  });
  await assert.rejects(connection.facts(), { kind: 'protocol' });
});
