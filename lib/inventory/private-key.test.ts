import assert from 'node:assert/strict';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { describe, test } from 'node:test';
import ssh2 from 'ssh2';
import { newSshKeyPair } from '../../topo/eos-sim/ssh-key-pair.ts';
import { InventoryError } from './device.ts';
import { parseInventory } from './parse.ts';
import { privateKeyReader } from './private-key.ts';
import { sliceInventory } from './slice.ts';

const KEYS: readonly [string, KeyObject][] = [
  ['ed25519', generateKeyPairSync('ed25519').privateKey],
  ['RSA', generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey],
  ['P-256', generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey],
  ['P-384', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey],
  ['P-521', generateKeyPairSync('ec', { namedCurve: 'P-521' }).privateKey],
];

const pkcs8 = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** An OpenSSH key of another kind than ed25519; those of ssh2 that it cannot read itself are thrown away. */
function openSsh(type: 'rsa' | 'ecdsa', bits: number): string {
  for (;;) {
    const { private: text } = ssh2.utils.generateKeyPairSync(type as 'rsa', { bits });
    if (!(ssh2.utils.parseKey(text) instanceof Error)) return text;
  }
}

function usable(text: string): string {
  const key = privateKeyReader()(text);
  assert.ok('text' in key, JSON.stringify(key));
  return key.text;
}

/** The public half, as the SSH client sees it. */
function publicKey(text: string): Buffer {
  const parsed = ssh2.utils.parseKey(text);
  assert.ok(!(parsed instanceof Error));
  assert.ok(parsed.isPrivateKey());
  return parsed.getPublicSSH();
}

describe('a key that OpenSSL 3 writes is put into a form that SSH reads', () => {
  for (const [kind, key] of KEYS) {
    test(kind, () => {
      const text = usable(pkcs8(key));
      const parsed = ssh2.utils.parseKey(text);
      assert.ok(!(parsed instanceof Error));
      const shown = createPublicKey(parsed.getPublicPEM()).export({ type: 'spki', format: 'der' });
      assert.deepEqual(shown, createPublicKey(key).export({ type: 'spki', format: 'der' }));
      // As read, and equal each time: a slice must say the same as the inventory.
      assert.equal(usable(text), text);
      assert.equal(usable(pkcs8(key)), text);
    });
  }

  test('also many ed25519 keys, whatever their bytes are', () => {
    for (let count = 0; count < 500; count += 1) {
      const key = generateKeyPairSync('ed25519').privateKey;
      const { x = '' } = key.export({ format: 'jwk' });
      assert.deepEqual(publicKey(usable(pkcs8(key))).subarray(-32), Buffer.from(x, 'base64url'));
    }
  });

  test('what stands around the key goes', () => {
    const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const text = `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${key.export({ type: 'sec1', format: 'pem' }).toString()}`;
    publicKey(usable(text));
  });
});

describe('a key that SSH reads stays as it is', () => {
  const forms: [string, string][] = [
    ['OpenSSH ed25519', newSshKeyPair().private],
    ['OpenSSH RSA', openSsh('rsa', 2048)],
    ['OpenSSH ECDSA', openSsh('ecdsa', 256)],
    ['OpenSSH ECDSA of 521 bits', openSsh('ecdsa', 521)],
    ...KEYS.filter(([kind]) => kind === 'RSA').map(([kind, key]): [string, string] => [
      `PKCS #1 ${kind}`,
      key.export({ type: 'pkcs1', format: 'pem' }).toString(),
    ]),
    ...KEYS.filter(([kind]) => kind.startsWith('P-')).map(([kind, key]): [string, string] => [
      `SEC 1 ${kind}`,
      key.export({ type: 'sec1', format: 'pem' }).toString(),
    ]),
  ];
  for (const [what, text] of forms) {
    test(what, () => {
      for (const written of [text, text.trim(), `\n${text}\n`, text.replaceAll('\n', '\r\n')]) {
        assert.equal(usable(written), written);
        publicKey(written);
      }
    });
  }
});

describe('a key that SSH cannot read is a problem of the inventory, told without the key', () => {
  const [, ed25519] = KEYS[0] ?? assert.fail();
  const [, rsa] = KEYS[1] ?? assert.fail();
  const ssh = newSshKeyPair().private;
  const passphrase = { cipher: 'aes-256-cbc', passphrase: 'x' };
  const lines = ssh.trim().split('\n');
  const cases: [string, string, RegExp][] = [
    ['a path', '/root/.ssh/id_ed25519', /must be the text of a private key, not a path/],
    ['folded lines', ssh.replaceAll('\n', ' '), /cannot be read: .* unencrypted .* line breaks/],
    ['folded lines of PKCS #8', pkcs8(ed25519).replaceAll('\n', ' '), /cannot be read/],
    ['line breaks written as \\n', ssh.replaceAll('\n', '\\n'), /cannot be read/],
    ['no line breaks', ssh.replaceAll('\n', ''), /cannot be read/],
    ['lines that are indented', ssh.replaceAll('\n', '\n  '), /cannot be read/],
    ['the first line alone', lines[0] ?? '', /cannot be read/],
    ['the last line missing', lines.slice(0, -1).join('\n'), /cannot be read/],
    ['a line missing', lines.toSpliced(2, 1).join('\n'), /cannot be read/],
    ['cut off', `${lines.slice(0, -2).join('\n')}\n${lines.at(-1)}`, /cannot be read/],
    ['PKCS #8 cut off', pkcs8(rsa).replace(/.*\n(?=-----END)/, ''), /cannot be read/],
    [
      'a passphrase',
      rsa.export({ type: 'pkcs8', format: 'pem', ...passphrase }).toString(),
      /is encrypted, .*passphrase/,
    ],
    [
      'a passphrase of old',
      rsa.export({ type: 'pkcs1', format: 'pem', ...passphrase }).toString(),
      /is encrypted/,
    ],
    [
      'a passphrase of OpenSSH',
      ssh2.utils.generateKeyPairSync('ed25519', { cipher: 'aes256-ctr', passphrase: 'x', rounds: 1 }).private,
      /is encrypted/,
    ],
    ['another kind', pkcs8(generateKeyPairSync('x25519').privateKey), /of a kind that SSH does not use/],
    [
      'another curve',
      pkcs8(generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey),
      /of a kind that SSH does not use: give an ed25519/,
    ],
    [
      'a public key',
      createPublicKey(rsa).export({ type: 'spki', format: 'pem' }).toString().replaceAll('PUBLIC', 'PRIVATE'),
      /cannot be read/,
    ],
  ];
  for (const [what, text, words] of cases) {
    test(what, () => {
      const options = { connection_options: { ssh: { extras: { private_key: text } } } };
      const hosts = JSON.stringify({ leaf1: { platform: 'eos', ...options } });
      assert.throws(
        () => parseInventory({ hosts }),
        (error) => {
          assert.ok(error instanceof InventoryError);
          const [problem = ''] = error.problems;
          assert.match(problem, /^hosts\.leaf1\.connection_options\.ssh\.extras\.private_key: /);
          assert.match(problem, words);
          for (const part of text.split(/\s/).filter((word) => /^[\w+/=]{12,}$/.test(word))) {
            assert.ok(!String(error.stack).includes(part));
          }
          return true;
        },
      );
    });
  }

  test('a key of a group or of the defaults is named there', () => {
    const broken = 'connection_options: {ssh: {extras: {private_key: PRIVATE KEY}}}';
    for (const [files, path] of [
      [{ groups: `fabric: {${broken}}` }, 'groups.fabric'],
      [{ defaults: broken }, 'defaults'],
    ] as const) {
      assert.throws(
        () => parseInventory({ hosts: '{}', ...files }),
        new RegExp(`${path}.connection_options.ssh.extras.private_key: cannot be read`),
      );
    }
  });
});

test('a text that many hosts share is read once', () => {
  const readKey = privateKeyReader();
  const text = pkcs8(KEYS[0]?.[1] ?? assert.fail());
  // Reading it again would give another object.
  assert.equal(readKey(text), readKey(text));
});

test('a slice has the key in the form that SSH reads', () => {
  const private_key = pkcs8(KEYS[0]?.[1] ?? assert.fail());
  const hosts = JSON.stringify({
    leaf1: { platform: 'eos', connection_options: { ssh: { extras: { private_key } } } },
  });
  const inventory = parseInventory({ hosts });
  const again = parseInventory({ hosts: sliceInventory(inventory, ['leaf1']) });
  assert.deepEqual(again.devices.get('leaf1'), inventory.devices.get('leaf1'));
  publicKey(again.devices.get('leaf1')?.privateKey ?? '');
});
