import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cpuTimer } from '../../test/support/cpu-timer.ts';
import fc from 'fast-check';
import { canonicalDevice, canonicalPort, comparePorts, isDeviceName } from './port.ts';
import { MAX_PORTS, compressPorts, countPorts, expandPort, parsePortList } from './range.ts';

const part = fc.integer({ min: 0, max: 9999 });
const port = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));

function reasonOf(result: unknown): string | undefined {
  return (result as { reason?: string }).reason;
}

test('ranges expand their last part', () => {
  assert.deepEqual(expandPort('1-5'), ['1', '2', '3', '4', '5']);
  assert.deepEqual(expandPort('49/1-4'), ['49/1', '49/2', '49/3', '49/4']);
  assert.deepEqual(expandPort('1/2/3-4'), ['1/2/3', '1/2/4']);
  assert.deepEqual(expandPort('7-7'), ['7']);
  assert.deepEqual(expandPort('7'), ['7']);
  assert.deepEqual(expandPort(7), ['7']);
  assert.deepEqual(expandPort(0), ['0']);
});

test('a list of ports keeps its order and drops repeats', () => {
  assert.deepEqual(parsePortList('7,1-3,2,49/1-2'), ['7', '1', '2', '3', '49/1', '49/2']);
  assert.deepEqual(parsePortList(''), []);
  assert.equal(reasonOf(parsePortList('1,')), 'InvalidPort');
  assert.equal(reasonOf(parsePortList('1, 2')), 'InvalidPort');
  assert.equal(reasonOf(parsePortList('0-4000,1/0-4000')), 'TooManyPorts');
});

test('compressing sorts as the ports stand on the switch', () => {
  assert.equal(compressPorts(['10', '9', '49/2', '49/1', '49', '1', '2', '3']), '1-3,9-10,49,49/1-2');
  assert.equal(compressPorts([]), '');
  assert.equal(compressPorts(['5', '5']), '5');
});

test('parse and compress are inverse', () => {
  fc.assert(
    fc.property(fc.array(port, { maxLength: 200 }), (ports) => {
      const unique = [...new Set(ports)].sort(comparePorts);
      assert.deepEqual(parsePortList(compressPorts(ports)), unique);
    }),
  );
});

test('the order of ports is total', () => {
  fc.assert(
    fc.property(port, port, port, (a, b, c) => {
      assert.equal(Math.sign(comparePorts(a, b)), -Math.sign(comparePorts(b, a)));
      assert.equal(comparePorts(a, b) === 0, a === b);
      if (comparePorts(a, b) <= 0 && comparePorts(b, c) <= 0) assert.ok(comparePorts(a, c) <= 0);
    }),
  );
});

describe('S-06 a huge range costs nothing', () => {
  for (const item of ['1-999999999', '0-4294967295', '0-9999', '1-4097', `1-${'9'.repeat(1_000_000)}`]) {
    test(item.slice(0, 20), () => {
      const used = cpuTimer();
      for (let i = 0; i < 1000; i++)
        assert.match(reasonOf(expandPort(item)) ?? '', /InvalidPort|TooManyPorts/);
      assert.ok(used() < 2000);
    });
  }
  test('the largest range allowed expands', () => {
    assert.equal(countPorts(`1-${MAX_PORTS}`), MAX_PORTS);
    assert.equal([expandPort(`1-${MAX_PORTS}`)].flat().length, MAX_PORTS);
    assert.deepEqual(expandPort('0-9999'), {
      reason: 'TooManyPorts',
      message: 'Range "0-9999" has 10000 ports, at most 4096 are allowed',
    });
  });
});

test('S-08 a range that runs backwards or is malformed is refused', () => {
  assert.deepEqual(expandPort('5-1'), { reason: 'InvalidPort', message: 'Range "5-1" runs backwards' });
  assert.deepEqual(expandPort('49/4-1'), { reason: 'InvalidPort', message: 'Range "49/4-1" runs backwards' });
  for (const item of [
    '1--5',
    '1-',
    '-',
    '-5',
    '1-2-3',
    '1,3',
    '1-5,7',
    '1/-2',
    '/1',
    '1/',
    '1//2',
    '1/2/3/4',
    '1-2/3',
  ]) {
    assert.equal(reasonOf(expandPort(item)), 'InvalidPort', item);
  }
});

test('S-09 what JavaScript takes for a number is no port', () => {
  for (const item of [
    '-1',
    '+1',
    '1.0',
    '1e1',
    '0x1',
    '',
    ' ',
    ' 1',
    '1 ',
    '1\n',
    '\t1',
    '1;reload',
    '1_0',
    '0b1',
    '١',
  ]) {
    assert.equal(reasonOf(expandPort(item)), 'InvalidPort', JSON.stringify(item));
    assert.equal(canonicalPort(item), undefined, JSON.stringify(item));
  }
  for (const item of [-1, 1.5, NaN, Infinity, -Infinity, 10000, 2 ** 53]) {
    assert.equal(reasonOf(expandPort(item)), 'InvalidPort', String(item));
    assert.equal(canonicalPort(item), undefined);
  }
});

test('S-10 only ASCII names ports and devices', () => {
  for (const item of ['１', '١', '1\u200b', '\u202e1', '²', '1\u0301', '𝟙']) {
    assert.equal(canonicalPort(item), undefined, item);
    assert.equal(reasonOf(expandPort(item)), 'InvalidPort');
  }
  // Kelvin sign, Cyrillic, composed and decomposed, full width, zero width
  for (const name of ['device\u212A', 'dеvicea', 'd\u00e9vice', 'de\u0301vice', 'ｄevice', 'device\u200ba']) {
    assert.equal(isDeviceName(name), false, name);
  }
  assert.notEqual(canonicalDevice('\u212A'), 'k');
});

test('S-10 a message never carries the characters themselves', () => {
  const result = expandPort('1\u202e\u001b[31m\n');
  assert.ok(!Array.isArray(result));
  assert.match(result.message, /^[\x20-\x7e…]*$/);
});

test('S-11 no other spelling of a port is taken', () => {
  for (const item of [
    '01',
    '001',
    '1/01',
    'Ethernet1',
    'Et1',
    'et1',
    'e1',
    'Ethernet1/1',
    'Eth 1',
    '1.',
    '1/1/1/1',
    '10000',
  ]) {
    assert.equal(canonicalPort(item), undefined, item);
    assert.equal(reasonOf(expandPort(item)), 'InvalidPort', item);
  }
});

test('S-11 texts name the same port exactly when their canonical forms are equal', () => {
  // The physical port is the tuple of numbers.
  const anyText = fc.oneof(port, fc.string({ maxLength: 8 }), fc.stringMatching(/^[0-9/]{1,8}$/));
  fc.assert(
    fc.property(anyText, anyText, (a, b) => {
      const [x, y] = [canonicalPort(a), canonicalPort(b)];
      if (x === undefined || y === undefined) return;
      const physical = (text: string): string => text.split('/').map(Number).join('/');
      assert.equal(x === y, physical(a) === physical(b));
      assert.equal(canonicalPort(x), x);
    }),
  );
  // A breakout port is not its parent.
  assert.notEqual(canonicalPort('49/1'), canonicalPort('49'));
});

test('S-12 a device has one name', () => {
  assert.equal(canonicalDevice('DeviceA'), canonicalDevice('devicea'));
  assert.equal(isDeviceName('devicea.'), false);
  assert.equal(isDeviceName('-devicea'), false);
  assert.equal(isDeviceName(''), false);
  assert.equal(isDeviceName('a'.repeat(64)), false);
  assert.equal(isDeviceName('a'.repeat(63)), true);
  // A long name and a short one are two devices; the inventory knows one of them only.
  assert.notEqual(canonicalDevice('devicea.example.net'), canonicalDevice('devicea'));
});
