import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { hasDevice, readDevice } from './device-set.ts';
import type { DeviceSet } from './device-set.ts';
import { hasPort, printPorts, readPorts, unitePorts } from './port-set.ts';
import type { PortSet } from './port-set.ts';

function devices(...items: string[]): DeviceSet {
  const read = items.map(readDevice);
  return {
    names: new Set(read.flatMap((one) => ('name' in one ? [one.name] : []))),
    ranges: read.flatMap((one) => ('range' in one ? [one.range] : [])),
    groups: new Set(['leafs']),
  };
}

function ports(...items: (string | number)[]): PortSet {
  return unitePorts(
    items.map((item) => {
      const read = readPorts(item);
      if ('message' in read) throw new Error(read.message);
      return read;
    }),
  );
}

describe('the switches of a grant', () => {
  const has = (item: string, name: string) => hasDevice(devices(item), name, { groups: [] });
  test('are named in any case of letters', () => {
    assert.ok(has('DeviceA', 'devicea'));
    assert.ok(has('LEAF[1-20]', 'leaf7'));
  });
  test('of a range are those whose number is in it, written without leading zeros', () => {
    const inside = ['leaf1', 'leaf9', 'leaf10', 'leaf20'];
    const outside = [
      'leaf0',
      'leaf21',
      'leaf01',
      'leaf',
      'leaf1a',
      'xleaf1',
      'leaf1-2',
      'leaf200',
      'leaf1.5',
    ];
    assert.deepEqual(
      inside.filter((name) => !has('leaf[1-20]', name)),
      [],
    );
    assert.deepEqual(
      outside.filter((name) => has('leaf[1-20]', name)),
      [],
    );
  });
  test('of a range may go on after the number', () => {
    assert.ok(has('r[1-2].dc1', 'r2.dc1'));
    assert.ok(!has('r[1-2].dc1', 'r2.dc11'));
    // The number must not be taken from both ends.
    assert.ok(!has('a1[1-1]1b', 'a11b'));
  });
  test('are those of a group of the inventory, whatever they are called', () => {
    assert.ok(hasDevice(devices(), 'anything', { groups: ['site', 'leafs'] }));
    assert.ok(!hasDevice(devices(), 'leafs', { groups: ['LEAFS'] }));
  });
  test('cannot be read where a range runs backwards or a name cannot be one', () => {
    assert.deepEqual(readDevice('leaf[20-1]'), { problem: 'Range "leaf[20-1]" runs backwards' });
    for (const item of [
      '',
      '*',
      'leaf[1-2',
      '-[1-2]',
      'leaf[01-2]',
      'a[1-2][3-4]',
      'leaf\n',
      `${'l'.repeat(63)}[1-2]`,
    ]) {
      assert.match((readDevice(item) as { problem: string }).problem, /is not a device or a range/, item);
    }
  });
});

describe('the ports of a grant', () => {
  test('are single ones and ranges, also on modules', () => {
    const set = ports(7, '1-3', '3-5', '49/1-4');
    assert.equal(printPorts(set), '1-5,7,49/1-4');
    const inside = ['1', '5', '7', '49/1', '49/4'];
    const outside = ['0', '6', '8', '49', '49/0', '49/5', '49/1/1', '4/1'];
    assert.deepEqual(
      inside.filter((port) => !hasPort(set, port)),
      [],
    );
    assert.deepEqual(
      outside.filter((port) => hasPort(set, port)),
      [],
    );
  });
  test('are all of them for "*", whatever else is listed', () => {
    const set = ports('*', 3);
    assert.ok(hasPort(set, '49/1'));
    assert.equal(printPorts(set), 'every port that may be delegated');
  });
  test('are joined, whatever order they are listed in', () => {
    assert.equal(printPorts(ports('60-70', '49/1', '1-100', '49/2', '49/1/1')), '1-100,49/1-2,49/1/1');
  });
});
