import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cpuTimer } from '../../test/support/cpu-timer.ts';
import { BUILT_IN_DEFAULTS } from '../../lib/ports/defaults.ts';
import type { PortDefaults } from '../../lib/ports/defaults.ts';
import { resolveRequest } from '../../lib/ports/resolve.ts';
import type { InterfaceSpec } from '../../crds/types.gen.ts';
import { mutateInterface } from './mutate-interface.ts';
import type { ReviewedObject } from '../review/admission-review.ts';

const DEFAULTS = 'network.as.a.service/defaults';
const EXPAND = 'network.as.a.service/expand';
const BUILT_IN_TEXT = '{"trunk":false,"shutdown":true,"stp":"portfast"}';
const TODAY: PortDefaults = { trunk: true, shutdown: false, stp: 'network' };

function incoming(services: unknown, annotations?: Record<string, string>): ReviewedObject {
  return {
    apiVersion: 'network.as.a.service/v1',
    kind: 'Interface',
    metadata: { name: 'request-001', namespace: 'tenant-a', ...(annotations && { annotations }) },
    spec: { services },
  };
}

function servicesOf(object: ReviewedObject): unknown {
  return (object.spec as { services: unknown }).services;
}

const service = (changes: object = {}) => ({ devicename: 'deviceA', ports: ['1'], vlan: 10, ...changes });
const complete = (changes: object = {}) => ({
  ...service(),
  ...{ trunk: false, shutdown: true, stp: 'portfast' },
  ...changes,
});

function mutate(services: unknown, annotations?: Record<string, string>) {
  return mutateInterface(incoming(services, annotations), undefined, BUILT_IN_DEFAULTS, true).object;
}

describe('ports', () => {
  const cases: [what: string, ports: unknown, expected: unknown][] = [
    ['a range is expanded', ['1-5'], ['1', '2', '3', '4', '5']],
    ['numbers become text', [16, 2], ['2', '16']],
    ['sorted as numbers', ['10', '9', '1-2'], ['1', '2', '9', '10']],
    ['breakout ports', ['49/2-3', '49/1'], ['49/1', '49/2', '49/3']],
    ['each port once', ['1-3', '2', 2], ['1', '2', '3']],
    ['a list with one bad item stays as it was written', ['1-3', '5-1'], ['1-3', '5-1']],
    ['S-08 1-2-3 stays for validation', ['1-2-3'], ['1-2-3']],
    ['S-10 other digits stay for validation', ['１'], ['１']],
    ['S-11 an alias stays for validation', ['01'], ['01']],
    ['exactly 512 are expanded', ['1-512'], Array.from({ length: 512 }, (_, i) => String(i + 1))],
    ['more than 512 stay', ['1-513'], ['1-513']],
    ['more than 512 in two ranges stay', ['1-500', '501-513'], ['1-500', '501-513']],
    ['S-06 a huge range stays', ['0-4294967295'], ['0-4294967295']],
    ['an empty list', [], []],
    ['not a list', 'all', 'all'],
    ['null', null, null],
    ['an item that is neither text nor number', [{}], [{}]],
  ];
  for (const [what, ports, expected] of cases) {
    test(what, () => {
      assert.deepEqual(servicesOf(mutate([service({ ports })])), [complete({ ports: expected })]);
    });
  }
  test('a service without ports gets none', () => {
    const { ports: _, ...portless } = service();
    assert.deepEqual(
      (servicesOf(mutate([portless])) as object[]).map((written) => 'ports' in written),
      [false],
    );
  });
});

describe('what is left out is filled in', () => {
  test('from the built-in defaults', () => {
    assert.deepEqual(servicesOf(mutate([service()])), [complete()]);
  });
  test('what is there stays', () => {
    const explicit = complete({ trunk: true, shutdown: false, stp: 'normal' });
    assert.deepEqual(servicesOf(mutate([explicit])), [explicit]);
  });
  test('null is not left out: it stays for the schema', () => {
    const odd = complete({ trunk: null, shutdown: null, stp: null });
    assert.deepEqual(servicesOf(mutate([odd])), [odd]);
  });
  test('trunk is not filled in where vlans or nativeVlan ask for an explicit one', () => {
    const trunks = [service({ vlans: ['20-30'] }), service({ nativeVlan: 5 })];
    const { object } = mutateInterface(incoming(trunks), undefined, TODAY, true);
    for (const written of servicesOf(object) as object[]) assert.ok(!('trunk' in written));
  });
  test('nothing else is touched', () => {
    const odd = complete({ unknown: { deep: [1] }, description: 'x' });
    const object = { ...incoming([odd]), status: { conditions: [] } };
    const mutated = mutateInterface(object, undefined, BUILT_IN_DEFAULTS, true).object;
    assert.deepEqual(mutated, {
      ...object,
      metadata: { ...object.metadata, annotations: { [DEFAULTS]: BUILT_IN_TEXT } },
    });
  });
  for (const spec of [
    undefined,
    null,
    'text',
    {},
    { services: null },
    { services: {} },
    { services: [null, 1] },
  ]) {
    test(`a spec that is ${JSON.stringify(spec)} stays as it is`, () => {
      const object = { ...incoming([]), spec };
      assert.deepEqual(mutateInterface(object, undefined, BUILT_IN_DEFAULTS, true).object.spec, spec);
    });
  }
  test('S-07 more services than the schema allows cost nothing', () => {
    const many = Array.from({ length: 10_000 }, () => service({ ports: ['1-512'] }));
    const used = cpuTimer();
    assert.equal(servicesOf(mutate(many)), many);
    assert.ok(used() < 2000);
  });
});

describe('defaults annotation', () => {
  test('CREATE stores the defaults used', () => {
    const { object } = mutateInterface(incoming([service()]), undefined, TODAY, true);
    assert.equal(object.metadata.annotations?.[DEFAULTS], '{"trunk":true,"shutdown":false,"stp":"network"}');
    assert.deepEqual(servicesOf(object), [complete(TODAY)]);
  });
  test('UPDATE uses those of the creation, not today’s', () => {
    const old = incoming([complete()], { [DEFAULTS]: BUILT_IN_TEXT });
    const now = incoming([service(), service({ ports: ['2'] })], { [DEFAULTS]: BUILT_IN_TEXT });
    const { object } = mutateInterface(now, old, TODAY, true);
    assert.deepEqual(servicesOf(object), [complete(), complete({ ports: ['2'] })]);
    assert.equal(object.metadata.annotations?.[DEFAULTS], BUILT_IN_TEXT);
  });
  test('UPDATE without the annotation takes today’s and stores them', () => {
    const old = incoming([complete()], { [DEFAULTS]: BUILT_IN_TEXT });
    const { object } = mutateInterface(incoming([service()]), old, TODAY, true);
    assert.deepEqual(servicesOf(object), [complete(TODAY)]);
    assert.equal(object.metadata.annotations?.[DEFAULTS], '{"trunk":true,"shutdown":false,"stp":"network"}');
  });
  test('other annotations stay', () => {
    assert.deepEqual(mutate([service()], { team: 'x' }).metadata.annotations, {
      team: 'x',
      [DEFAULTS]: BUILT_IN_TEXT,
    });
  });
  for (const text of [
    '',
    'no',
    '{',
    '{"stp":"x\\n!"}',
    '{"vlan":1}',
    '{"shutdown":"no"}',
    '[]',
    '1',
    'x'.repeat(2000),
  ]) {
    test(`malformed ${JSON.stringify(text.slice(0, 20))} is not guessed at`, () => {
      const object = incoming([service()], { [DEFAULTS]: text });
      const mutated = mutateInterface(object, undefined, BUILT_IN_DEFAULTS, true).object;
      if (text === '') assert.deepEqual(servicesOf(mutated), [complete()]);
      else assert.deepEqual(mutated, object);
    });
  }
});

describe('spec as written', () => {
  test('annotation expand "false" keeps it, and still stores the defaults', () => {
    const { object } = mutateInterface(
      incoming([service({ ports: ['1-5'] })], { [EXPAND]: 'false' }),
      undefined,
      TODAY,
      true,
    );
    assert.deepEqual(servicesOf(object), [service({ ports: ['1-5'] })]);
    assert.ok(object.metadata.annotations?.[DEFAULTS] !== undefined);
  });
  test('any other value of the annotation does not', () => {
    assert.deepEqual(servicesOf(mutate([service({ ports: ['1-2'] })], { [EXPAND]: 'False' })), [
      complete({ ports: ['1', '2'] }),
    ]);
  });
  test('the platform can turn expansion off', () => {
    const { object } = mutateInterface(incoming([service({ ports: ['1-5'] })]), undefined, TODAY, false);
    assert.deepEqual(servicesOf(object), [service({ ports: ['1-5'] })]);
  });
});

describe('warnings', () => {
  const shut = (services: unknown, old?: unknown) =>
    mutateInterface(
      incoming(services),
      old === undefined ? undefined : incoming(old),
      BUILT_IN_DEFAULTS,
      true,
    ).shutByDefault;
  test('a service without shutdown is told of', () => {
    assert.deepEqual(shut([service()]), [{ device: 'deviceA', ports: ['1'] }]);
  });
  test('an explicit shutdown is not', () => {
    assert.deepEqual(shut([service({ shutdown: true }), service({ shutdown: false })]), []);
  });
  test('defaults that bring ports up are not', () => {
    assert.deepEqual(mutateInterface(incoming([service()]), undefined, TODAY, true).shutByDefault, []);
  });
  test('a service that was there before, raw or expanded, is not', () => {
    const again = [service({ ports: ['1-2'] }), service({ ports: ['9'] })];
    assert.deepEqual(shut(again, [complete({ ports: ['1', '2'] })]), [{ device: 'deviceA', ports: ['9'] }]);
    assert.deepEqual(shut(again, [service({ ports: ['1-2'] })]), [{ device: 'deviceA', ports: ['9'] }]);
  });
});

test('S-29 running it on its own result changes nothing', () => {
  const inputs = [
    [service({ ports: ['1-5', 7] })],
    [service({ ports: ['5-1'] }), service()],
    [service({ vlans: ['20'] })],
    [service({ ports: ['1-600'] })],
    [null, 'x', {}],
  ];
  for (const services of inputs) {
    for (const expand of [true, false]) {
      const once = mutateInterface(incoming(services), undefined, TODAY, expand).object;
      const twice = mutateInterface(once, undefined, BUILT_IN_DEFAULTS, expand).object;
      assert.deepEqual(twice, once);
    }
  }
});

test('S-29 raw and mutated forms count the same', () => {
  const services = [
    service({ ports: ['1-5', 7] }),
    service({ devicename: 'deviceB', ports: ['49/1-4'], shutdown: false }),
  ];
  const mutated = mutateInterface(incoming(services), undefined, TODAY, true).object;
  const raw = resolveRequest({ services }, 'r', TODAY);
  const expanded = resolveRequest(mutated.spec as InterfaceSpec, 'r', BUILT_IN_DEFAULTS);
  assert.ok('request' in raw && 'request' in expanded);
  const settings = (from: typeof raw) => [...from.request.devices].map(([name, { ports }]) => [name, ports]);
  assert.deepEqual(settings(raw), settings(expanded));
});

test('the object given is not changed', () => {
  const object = incoming([service({ ports: ['1-5'] })]);
  const before = structuredClone(object);
  mutateInterface(object, undefined, TODAY, true);
  assert.deepEqual(object, before);
});

test('S-38 an object that has no name yet is mutated like any other', () => {
  const { name: _, ...metadata } = incoming([]).metadata;
  const object = {
    ...incoming([service()]),
    metadata: { ...metadata, generateName: 'request-' },
  } as ReviewedObject;
  const mutated = mutateInterface(object, undefined, BUILT_IN_DEFAULTS, true).object;
  assert.deepEqual(servicesOf(mutated), [complete()]);
  assert.equal(mutated.metadata.name, undefined);
});
