import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { newSshKeyPair } from '../../topo/eos-sim/ssh-key-pair.ts';
import { parseCatalog, toCatalog } from './catalog.ts';
import { InventoryError } from './device.ts';
import type { InventoryDevice } from './device.ts';
import { parseInventory } from './parse.ts';
import type { InventoryFiles } from './parse.ts';
import { sliceInventory } from './slice.ts';

const ED25519 = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g';
const KEY = newSshKeyPair().private;
const FINGERPRINT = `SHA256:${'A'.repeat(43)}`;

function device(files: InventoryFiles, name = 'leaf1'): InventoryDevice {
  const found = parseInventory(files).devices.get(name);
  assert.ok(found !== undefined);
  return found;
}

function problemsOf(files: InventoryFiles): readonly string[] {
  try {
    parseInventory(files);
  } catch (error) {
    assert.ok(error instanceof InventoryError, String(error));
    return error.problems;
  }
  return [];
}

describe('Nornir’s inheritance', () => {
  const groups = `
b: {hostname: from-b, platform: eos, groups: [top], data: {x: b, y: b}}
a: {groups: [deep], data: {x: a}}
deep: {username: from-deep, data: {x: deep, z: deep}}
top: {username: from-top, port: 2022, data: {z: top, w: top}}
`;
  const defaults = 'username: from-defaults\npassword: from-defaults\ndata: {w: defaults, v: defaults}';

  test('a host takes what it lacks from its groups, depth first in order, then from the defaults', () => {
    const leaf = device({ hosts: 'leaf1: {groups: [a, b], data: {own: 1}}', groups, defaults });
    assert.equal(leaf.hostname, 'from-b');
    assert.equal(leaf.username, 'from-deep');
    assert.equal(leaf.password, 'from-defaults');
    assert.equal(leaf.port, 2022);
    assert.deepEqual(leaf.data, { own: 1, x: 'a', z: 'deep', y: 'b', w: 'top', v: 'defaults' });
    assert.deepEqual(leaf.groups, ['a', 'deep', 'b', 'top', 'global']);
  });

  test('a value of data comes whole from the nearest, it is not merged', () => {
    const leaf = device({
      hosts: 'leaf1: {platform: eos, groups: [g], data: {d: {a: 1}}}',
      groups: 'g: {data: {d: {b: 2}}}',
    });
    assert.deepEqual(leaf.data, { d: { a: 1 } });
  });

  test('the platform’s own settings are inherited key by key', () => {
    const leaf = device({
      hosts: `leaf1: {platform: eos, groups: [g], data: {naas: {hostKeys: ["${FINGERPRINT}"], mode: pause}}}`,
      groups: 'g: {data: {naas: {ports: ["1-4", "49/1-2"], uplinks: 49/1-2, mode: alert}}}',
    });
    assert.deepEqual(leaf.ports, ['1', '2', '3', '4', '49/1', '49/2']);
    assert.deepEqual(leaf.uplinks, ['49/1', '49/2']);
    assert.equal(leaf.mode, 'pause');
    assert.deepEqual(leaf.hostKeys, [FINGERPRINT]);
  });

  test('connection options of ssh come before the host’s own, those of others are passed over', () => {
    const leaf = device({
      hosts: `leaf1: {hostname: h, port: 1, username: u, platform: eos, connection_options: {ssh: {port: 2, extras: {private_key: ${JSON.stringify(KEY)}}}, napalm: {extras: {optional_args: {}}}}}`,
    });
    assert.equal(leaf.port, 2);
    assert.equal(leaf.username, 'u');
    assert.equal(leaf.privateKey, KEY);
  });

  test('the seed’s inventory is read; what it does not say is safe', () => {
    const leaf = device(
      {
        hosts: 'DeviceA: {hostname: 172.17.0.1, port: 9000, username: admin, password: admin, platform: eos}',
      },
      'devicea',
    );
    assert.equal(leaf.name, 'devicea');
    assert.deepEqual([leaf.adopt, leaf.mode, leaf.unused], [false, 'enforce', 'parked']);
    assert.deepEqual([leaf.ports, leaf.hostKeys, leaf.groups], [[], [], ['global']]);
  });
});

describe('what is wrong is told with its path', () => {
  const cases: [string, InventoryFiles, RegExp][] = [
    [
      'S-12 two hosts of one name',
      { hosts: 'leaf1: {platform: eos}\nLEAF1: {platform: eos}' },
      /hosts\.LEAF1: a host of that name exists/,
    ],
    [
      'an unknown group',
      { hosts: 'leaf1: {platform: eos, groups: [nope]}' },
      /hosts\.leaf1\.groups: item 1 \(line 1\) is not in the groups file/,
    ],
    [
      'a cycle of groups',
      { hosts: '{}', groups: 'a: {groups: [b]}\nb: {groups: [a]}' },
      /groups\.\w\.groups: .* is a cycle/,
    ],
    [
      'a group of itself',
      { hosts: '{}', groups: 'a: {groups: [a]}' },
      /groups\.a\.groups: groups\.a → groups\.a is a cycle/,
    ],
    ['no platform', { hosts: 'leaf1: {}' }, /hosts\.leaf1\.platform: is missing/],
    [
      'a platform without driver',
      { hosts: 'leaf1: {platform: ios}' },
      /hosts\.leaf1\.platform: is not supported; there is eos/,
    ],
    [
      'an unknown key',
      { hosts: 'leaf1:\n  platform: eos\n  user: x' },
      /hosts\.leaf1: a key is not known \(line 3\); allowed are hostname/,
    ],
    [
      'an unknown key of the connection',
      { hosts: 'leaf1:\n  platform: eos\n  connection_options:\n    ssh:\n      key: x' },
      /hosts\.leaf1\.connection_options\.ssh: a key is not known \(line 5\)/,
    ],
    [
      'S-48 a name with YAML or template text',
      { hosts: '"a\\nb: {}": {platform: eos}' },
      /hosts: a name cannot name a device \(line 1\)/,
    ],
    ['a name that Kubernetes refuses', { hosts: 'a..b: {platform: eos}' }, /cannot name a device/],
    ['a name of 64 characters', { hosts: `${'a'.repeat(64)}: {platform: eos}` }, /at most 63/],
    [
      'S-10 a name outside ASCII',
      { hosts: 'device\u212A: {platform: eos}' },
      /a name cannot name a device \(line 1\)/,
    ],
    [
      'a hostname with an option',
      { hosts: 'leaf1: {platform: eos, hostname: "-oProxyCommand=x"}' },
      /hosts\.leaf1\.hostname/,
    ],
    [
      'a TCP port out of range',
      { hosts: 'leaf1: {platform: eos, port: 70000}' },
      /hosts\.leaf1\.port: must be a TCP port/,
    ],
    [
      'a number as password',
      { hosts: 'leaf1: {platform: eos, password: 1234}' },
      /hosts\.leaf1\.password: must be text/,
    ],
    ['an uplink that is no port', naas('ports: "1-4", uplinks: "5"'), /naas\.uplinks: 5 not in ports/],
    [
      'a reserved port that is no port',
      naas('ports: "1-4", reserved: [9]'),
      /naas\.reserved: 9 not in ports/,
    ],
    [
      'S-08 a range that runs backwards',
      naas('ports: "4-1"'),
      /hosts\.leaf1\.data\.naas\.ports: item 1 is not a port or a range of ports that runs upwards/,
    ],
    ['S-11 another spelling of a port', naas('ports: [Ethernet1]'), /naas\.ports: item 1 is not a port/],
    ['too many ports', naas('ports: 0-4000'), /has 4001 ports, at most 1024/],
    ['S-17 a VLAN out of range', naas('reservedVlans: [0]'), /naas\.reservedVlans: item 1 is not a VLAN/],
    ['an unknown setting', naas('port: "1"'), /data\.naas: a key is not known \(line 1\); allowed are ports/],
    ['adopt as a word', naas('adopt: "true"'), /naas\.adopt: must be true, false or sha256:/],
    ['adopt with half a hash', naas('adopt: "sha256:abc"'), /naas\.adopt/],
    ['an unknown mode', naas('mode: off-line'), /naas\.mode: must be enforce, alert or pause/],
    [
      'a host key of another type',
      naas(`hostKeys: ["ssh-rsa ${ED25519.split(' ')[1]}"]`),
      /naas\.hostKeys: item 1 is not a host key/,
    ],
    ['an MD5 fingerprint', naas('hostKeys: ["MD5:aa:bb"]'), /is not a host key/],
    ['a boot token in clear', naas('bootToken: "secret"'), /naas\.bootToken: must be the SHA-256/],
    [
      'a private key’s path',
      { hosts: 'leaf1: {platform: eos, connection_options: {ssh: {extras: {private_key: /root/key}}}}' },
      /private_key: must be the text/,
    ],
    [
      'S-20 an alias bomb',
      { hosts: `a: &a [x]\n${'b: [*a]\n'.replace('*a', Array(99).fill('*a').join(', '))}` },
      /hosts: uses more than 64 aliases/,
    ],
    [
      'S-16 a prototype',
      { hosts: 'leaf1: {platform: eos, data: {__proto__: {x: 1}}}' },
      /"__proto__" is not allowed/,
    ],
    ['duplicate keys', { hosts: 'leaf1: {platform: eos}\nleaf1: {platform: eos}' }, /hosts: .*unique/],
  ];
  for (const [name, files, expected] of cases) {
    test(name, () => {
      const found = problemsOf(files);
      assert.ok(
        found.some((problem) => expected.test(problem)),
        JSON.stringify(found),
      );
    });
  }

  test('all of it at once', () => {
    assert.equal(
      problemsOf({ hosts: 'a: {}\nb: {platform: eos, port: 0}\nc: {platform: eos, x: 1}' }).length,
      3,
    );
  });

  test('a password is never part of a message', () => {
    const found = problemsOf({
      hosts: 'leaf1: {platform: eos, password: "S3CRET\\nx", username: ["S3CRET"]}',
    });
    assert.equal(found.length, 2);
    assert.ok(!found.join().includes('S3CRET'));
  });
});

test('host keys in both forms are taken', () => {
  assert.deepEqual(
    device(naas(`hostKeys: ["${ED25519}", "${ED25519} comment", "${FINGERPRINT}"]`)).hostKeys.length,
    3,
  );
});

describe('the catalog', () => {
  const canaries = [
    'CANARY-user',
    'CANARY-password',
    'CANARY-host',
    'CANARY-data',
    ...KEY.split('\n').filter((line) => /^[\w+/=]{20,}$/.test(line)),
    FINGERPRINT,
    'c0ffee'.padEnd(64, '0'),
  ];
  const hosts = `
Leaf1:
  hostname: CANARY-host
  username: CANARY-user
  password: CANARY-password
  platform: eos
  groups: [fabric]
  connection_options: {ssh: {extras: {private_key: ${JSON.stringify(KEY)}}}}
  data:
    token: CANARY-data
    naas: {ports: "1-54", uplinks: "53-54", reserved: [1], reservedVlans: "1,1002-1005", adopt: true, hostKeys: ["${FINGERPRINT}"], bootToken: "${'c0ffee'.padEnd(64, '0')}"}
leaf2: {platform: eos}
`;
  const inventory = parseInventory({ hosts, groups: 'fabric: {}' });

  test('S-63 holds no credential, address or data', () => {
    const text = toCatalog(inventory);
    for (const canary of canaries) assert.ok(!text.includes(canary), canary);
    assert.ok(!/CANARY/i.test(text));
  });

  test('is read back as the same devices', () => {
    const { devices } = parseCatalog(toCatalog(inventory));
    const leaf = devices.get('leaf1');
    assert.equal(leaf?.ports.length, 54);
    assert.deepEqual(leaf?.uplinks, ['53', '54']);
    assert.equal(leaf?.reservedVlans, '1,1002-1005');
    for (const [name, found] of devices) {
      for (const [key, value] of Object.entries(found)) {
        assert.deepEqual(
          value,
          inventory.devices.get(name)?.[key as keyof InventoryDevice],
          `${name}.${key}`,
        );
      }
    }
  });

  test('is the same text for the same inventory in another order', () => {
    const other = parseInventory({
      hosts: `leaf2: {platform: eos}\n${hosts.replace(/leaf2.*\n/, '')}`,
      groups: 'fabric: {}',
    });
    assert.equal(toCatalog(other), toCatalog(inventory));
  });

  test('that is broken is refused', () => {
    for (const text of ['', '{}', '[]', '{"devices": {"a": {}}}', '{"devices": {"a": {"ports": "5-1"}}}']) {
      assert.throws(() => parseCatalog(text), InventoryError);
    }
  });

  test('a slice is read back as the same devices and holds no other', () => {
    const slice = sliceInventory(inventory, ['LEAF1']);
    const { devices } = parseInventory({ hosts: slice });
    assert.deepEqual([...devices.keys()], ['leaf1']);
    assert.deepEqual(devices.get('leaf1'), inventory.devices.get('leaf1'));
    assert.throws(() => sliceInventory(inventory, ['leaf9']), /"leaf9" is not in the inventory/);
  });
});

function naas(settings: string): InventoryFiles {
  return { hosts: `leaf1: {platform: eos, data: {naas: {${settings}}}}` };
}
