import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cpuTimer } from '../../test/support/cpu-timer.ts';
import type { InterfaceSpec, Service } from '../../crds/types.gen.ts';
import { compressPorts } from './range.ts';
import { BUILT_IN_DEFAULTS, parseDefaults, resolveRequest } from './resolve.ts';
import type { RequestProblem, ResolvedRequest } from './resolve.ts';

const service = (over: Partial<Service> = {}): Service => ({
  devicename: 'deviceA',
  ports: ['1-3'],
  vlan: 10,
  ...over,
});

function resolved(...services: Service[]): ResolvedRequest {
  const result = resolveRequest({ services }, 'request-001', BUILT_IN_DEFAULTS);
  assert.ok('request' in result, JSON.stringify(result));
  return result.request;
}

function problems(...services: Service[]): RequestProblem[] {
  const result = resolveRequest({ services }, 'request-001', BUILT_IN_DEFAULTS);
  assert.ok('problems' in result);
  return result.problems;
}

test('a request is expanded and completed with the defaults', () => {
  const device = resolved(
    service({ vlans: ['30', '20-22'], nativeVlan: 5, trunk: true, shutdown: false }),
  ).devices.get('devicea');
  assert.ok(device !== undefined);
  assert.equal(device.written, 'deviceA');
  assert.equal(compressPorts(device.ports.keys()), '1-3');
  assert.deepEqual(device.ports.get('2'), {
    vlan: 10,
    trunk: true,
    shutdown: false,
    stp: 'portfast',
    description: 'request-001',
    vlans: '20-22,30',
    nativeVlan: 5,
  });
  assert.equal(device.fields.get('2'), 'spec.services[0].ports[0]');
});

test('the walk-through’s first request resolves', () => {
  const request = resolved(
    { devicename: 'deviceA', ports: ['1-15', '16'], vlan: 10, trunk: true },
    { devicename: 'deviceB', ports: ['1-10', '11'], vlan: 110 },
  );
  assert.equal(compressPorts(request.devices.get('devicea')?.ports.keys() ?? []), '1-16');
  assert.equal(compressPorts(request.devices.get('deviceb')?.ports.keys() ?? []), '1-11');
  assert.equal(request.devices.get('deviceb')?.ports.get('1')?.trunk, false);
});

test('S-29 the raw and the expanded form are the same request', () => {
  const raw = service({ ports: ['11-13', 15, '16'] });
  const expanded = {
    ...raw,
    ports: ['11', '12', '13', '15', '16'],
    trunk: false,
    shutdown: true,
    stp: 'portfast' as const,
  };
  assert.deepEqual(
    resolved(raw).devices.get('devicea')?.ports,
    resolved(expanded).devices.get('devicea')?.ports,
  );
});

test('S-07 a request with too many ports is refused before it is expanded', () => {
  const services = Array.from({ length: 10_000 }, () =>
    service({ ports: Array.from({ length: 1000 }, () => '0-4000') }),
  );
  const used = cpuTimer();
  const found = problems(...services);
  assert.ok(used() < 2000);
  assert.deepEqual(
    found.map(({ reason, field }) => ({ reason, field })),
    [{ reason: 'TooManyPorts', field: 'spec.services[0].ports[1]' }],
  );
});

test('S-08 a bad range is told with its field', () => {
  const [problem] = problems(service({ ports: ['1', '5-1'] }));
  assert.deepEqual(problem, {
    reason: 'InvalidPort',
    message: 'Range "5-1" runs backwards',
    field: 'spec.services[0].ports[1]',
    device: 'deviceA',
  });
});

test('S-12 names that differ in case are one device', () => {
  const request = resolved(service({ ports: ['1'] }), service({ devicename: 'DEVICEa', ports: ['2'] }));
  assert.deepEqual([...request.devices.keys()], ['devicea']);
  assert.equal(compressPorts(request.devices.get('devicea')?.ports.keys() ?? []), '1-2');
});

describe('S-13 a port listed twice', () => {
  test('with other settings is refused in one service list', () => {
    const [problem, ...others] = problems(
      service(),
      service({ devicename: 'devicea', ports: ['3-4'], vlan: 20 }),
    );
    assert.equal(others.length, 0);
    assert.equal(problem?.reason, 'DuplicatePort');
    assert.equal(problem?.field, 'spec.services[1].ports[0]');
    assert.match(
      problem?.message ?? '',
      /^Port 3@devicea is listed twice .*spec\.services\[0\]\.ports\[0\]$/,
    );
  });
  test('with equal settings is fine', () => {
    assert.equal(resolved(service({ ports: ['1-3', '2'] }), service()).devices.get('devicea')?.ports.size, 3);
  });
  test('is the same when one says a default and the other does not', () => {
    assert.equal(resolved(service(), service({ shutdown: true, stp: 'portfast' })).devices.size, 1);
  });
});

test('S-10 a device name outside ASCII does not exist', () => {
  const [problem] = problems(service({ devicename: 'device\u212A' }));
  assert.equal(problem?.reason, 'DeviceUnknown');
  assert.equal(problem?.message, 'Device "device\\u212a" does not exist');
});

test('VLANs of a trunk need a trunk', () => {
  assert.deepEqual(
    problems(service({ vlans: ['20'], nativeVlan: 5 })).map(({ field }) => field),
    ['spec.services[0].vlans', 'spec.services[0].nativeVlan'],
  );
});

test('S-17 VLAN ids out of range are refused with their field', () => {
  for (const vlan of [0, 4095, -1, 1.5]) {
    assert.equal(problems(service({ vlan }))[0]?.field, 'spec.services[0].vlan');
  }
});

test('S-16 inherited names are no devices and no ports', () => {
  const spec: InterfaceSpec = { services: [service({ devicename: 'constructor', ports: ['1'] })] };
  const result = resolveRequest(spec, 'r', BUILT_IN_DEFAULTS);
  assert.ok('request' in result && result.request.devices.get('constructor')?.ports.size === 1);
});

describe('the defaults file', () => {
  test('what is missing is built in', () => {
    assert.deepEqual(parseDefaults(''), { trunk: false, stp: 'portfast', shutdown: true });
    assert.deepEqual(parseDefaults('shutdown: false'), { trunk: false, stp: 'portfast', shutdown: false });
    assert.deepEqual(parseDefaults(JSON.stringify(BUILT_IN_DEFAULTS)), BUILT_IN_DEFAULTS);
  });
  const bad: [string, RegExp][] = [
    ['trunk: 1', /defaults\.trunk: is "1", must be true or false/],
    ['shutdown: "no"', /defaults\.shutdown/],
    ['shutdown: no', /defaults\.shutdown/],
    ['stp: off', /defaults\.stp: .*portfast, network or normal/],
    ['stp: "portfast\\n!"', /defaults\.stp/],
    ['vlan: 1', /defaults\.vlan: is not known/],
    ['[]', /must be a mapping/],
    ['trunk: true\ntrunk: false', /unique/],
    ['__proto__: {trunk: true}', /__proto__/],
    ['{', /defaults/],
  ];
  for (const [text, message] of bad) {
    test(`S-19 ${JSON.stringify(text)} is refused`, () => assert.throws(() => parseDefaults(text), message));
  }
});
