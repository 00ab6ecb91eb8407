import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { cpuTimer } from '../../test/support/cpu-timer.ts';
import { BUILT_IN_DEFAULTS } from '../../lib/ports/defaults.ts';
import type { Log } from '../../lib/kube/log.ts';
import { silentLog } from '../../lib/kube/log.ts';
import type { TenantSpec } from '../../crds/types.gen.ts';
import { grantBook } from '../../lib/grants/grant-book.ts';
import { readTenant } from '../../lib/grants/read-tenant.ts';
import type { Settings } from '../../lib/ports/settings.ts';
import type { AdmissionResponse } from '../review/admission-response.ts';
import { loadPolicy } from '../policy/policy.ts';
import type { Review } from '../review/admission-review.ts';
import { readKnownDevices } from '../sources/known-devices.ts';
import { Unavailable } from '../unavailable.ts';
import type { DenialStatus } from './denial-status.ts';
import type { Facts, Holder } from './facts.ts';
import { validateHandler } from './validate-handler.ts';
import type { ValidateOptions } from './validate-handler.ts';

const policy = await loadPolicy();

const DEVICE = {
  ...{ platform: 'eos', groups: [], uplinks: '49', reserved: '', reservedVlans: '1' },
  ...{ unused: 'parked', mode: 'enforce', adopt: true },
};
const known = readKnownDevices(JSON.stringify({ devices: { devicea: { ...DEVICE, ports: '1-49' } } }));
const foreign: Holder = { namespace: 'tenant-b', request: 'request-002', uid: 'u-2' };

function facts(changes: Partial<Facts> = {}): Facts {
  return {
    device: (name) => known.get(name),
    holder: () => undefined,
    unreachable: () => false,
    grants: () => grantBook([], known),
    held: () => undefined,
    portsAfter: () => ({ after: 0, added: 0 }),
    ...changes,
  };
}

function handler(changes: Partial<ValidateOptions> = {}) {
  return validateHandler({
    policy,
    facts: () => facts(),
    defaults: () => BUILT_IN_DEFAULTS,
    settings: { hideOwners: false, requireTenant: false },
    log: silentLog,
    ...changes,
  });
}

function review(
  services: unknown = [{ devicename: 'deviceA', ports: ['1-3'], vlan: 10 }],
  metadata: object = {},
): Review {
  return {
    ...{
      uid: 'r-1',
      operation: 'CREATE',
      namespace: 'tenant-a',
      name: 'request-001',
      user: 'ann',
      userUid: '',
      dryRun: false,
    },
    object: {
      metadata: { name: 'request-001', namespace: 'tenant-a', uid: 'u-1', ...metadata },
      spec: { services },
    },
  };
}

test('a request for free ports is allowed', async () => {
  assert.deepEqual(await handler()(review()), { uid: 'r-1', allowed: true });
});

test('ports of another tenant are denied, each named', async () => {
  const answer = await handler({
    facts: () => facts({ holder: (_, port) => (port === '2' ? foreign : undefined) }),
  })(review());
  assert.equal(answer.allowed, false);
  assert.equal(
    answer.status?.message,
    'Port 2@deviceA is owned by a different tenant: tenant-b (request request-002)',
  );
});

test('S-23 age gives no right: an older request that adds a port of a newer one of another tenant is denied', async () => {
  const services = (ports: string) => [{ devicename: 'deviceA', ports: [ports], vlan: 10 }];
  const metadata = { creationTimestamp: '2020-01-01T00:00:00Z', generation: 2 };
  const { object: oldObject } = review(services('1'), metadata);
  const answer = await handler({
    facts: () => facts({ holder: (_, port) => (port === '2' ? foreign : undefined) }),
  })({ ...review(services('1-2'), metadata), operation: 'UPDATE', oldObject });
  assert.equal(answer.allowed, false);
  assert.match(answer.status?.message ?? '', /^Port 2@deviceA is owned by a different tenant/);
});

test('a request with a malformed port is told of its other problems too', async () => {
  const answer = await handler({
    facts: () => facts({ holder: (_, port) => (port === '2' ? foreign : undefined) }),
  })(
    review([
      { devicename: 'deviceA', ports: ['9-5', '1-3', '49'], vlan: 10 },
      { devicename: 'deviceX', ports: ['1'], vlan: 10 },
    ]),
  );
  assert.equal(answer.allowed, false);
  assert.equal(
    answer.status?.message,
    [
      'Range "9-5" runs backwards',
      'Device deviceX does not exist',
      'Port 2@deviceA is owned by a different tenant: tenant-b (request request-002)',
      'Port 49@deviceA is an uplink',
    ].join(', '),
  );
});

test('a request with a malformed port alone is denied', async () => {
  const answer = await handler()(review([{ devicename: 'deviceA', ports: ['9-5', '1-3'], vlan: 10 }]));
  assert.equal(answer.allowed, false);
  assert.equal(answer.status?.message, 'Range "9-5" runs backwards');
});

test('a request with malformed VLANs is told where they stand, and of its other problems too', async () => {
  const told = async (ports: string[]) => {
    const vlans = ['20', '200-100'];
    const answer = await handler()(review([{ devicename: 'deviceA', ports, vlan: 10, trunk: true, vlans }]));
    const { details } = answer.status as DenialStatus;
    return details.causes.slice(0, -1).map(({ reason, field, message }) => [reason, field, message]);
  };
  const backwards = ['InvalidVlan', 'spec.services[0].vlans', 'VLAN range "200-100" runs backwards'];
  assert.deepEqual(await told(['1']), [backwards]);
  assert.deepEqual(await told(['1', '49']), [
    backwards,
    ['PortNotDelegable', 'spec.services[0].ports[1]', 'Port 49@deviceA is an uplink'],
  ]);
});

test('S-39 S-56 where owners are hidden, no answer names another tenant', async () => {
  const hiding = handler({
    facts: () => facts({ holder: () => foreign }),
    settings: { hideOwners: true, requireTenant: false },
  });
  const text = JSON.stringify(await hiding(review()));
  assert.match(text, /Port 1@deviceA is owned by a different tenant"/);
  assert.doesNotMatch(text, /tenant-b|request-002/);
});

test('a device that does not answer is warned of', async () => {
  const answer = await handler({ facts: () => facts({ unreachable: () => true }) })(review());
  assert.deepEqual(answer.warnings, [
    'DeviceUnreachable: deviceA does not answer now, the change waits for it',
  ]);
});

describe('the grants of a Tenant', () => {
  const grants = [
    { devices: ['DEVICEA'], ports: ['1-20'], vlans: ['100-199'] },
    { devices: ['deviceA'], ports: ['30-31'], vlans: [300], trunk: true },
  ];
  const bind = (spec: TenantSpec, changes: Partial<Facts> = {}) => {
    const tenant = readTenant({ metadata: { name: 'tenant-a' }, spec });
    const book = grantBook(tenant === undefined ? [] : [tenant], known);
    return handler({ facts: () => facts({ grants: () => book, ...changes }) });
  };
  const ask = (service: object) => review([{ devicename: 'deviceA', ports: ['1-3'], vlan: 100, ...service }]);
  const causes = async (answer: Promise<AdmissionResponse>) => {
    const { details } = (await answer).status as unknown as DenialStatus;
    return details.causes.slice(0, -1).map(({ reason, field, message }) => [reason, field, message]);
  };

  test('permit what they say', async () => {
    assert.equal((await bind({ grants })(ask({}))).allowed, true);
  });
  test('S-17 deny another VLAN, and say which are granted', async () => {
    assert.deepEqual(await causes(bind({ grants })(ask({ vlan: 20 }))), [
      [
        'VlanNotPermitted',
        'spec.services[0].vlan',
        'VLAN 20 is not granted to tenant-a on deviceA; granted are 100-199',
      ],
    ]);
  });
  test('deny another port, and say which are granted', async () => {
    assert.deepEqual(await causes(bind({ grants })(ask({ ports: ['20-21'] }))), [
      [
        'PortNotPermitted',
        'spec.services[0].ports[0]',
        'Port 21@deviceA is not granted to tenant-a; granted are 1-20,30-31',
      ],
    ]);
  });
  test('S-18 deny a VLAN of a trunk, each where it stands', async () => {
    const trunk = { ports: ['30'], trunk: true, vlan: 300, nativeVlan: 1000, vlans: ['300', '100-102'] };
    const told = await causes(bind({ grants })(ask(trunk)));
    assert.deepEqual(
      told.map(([reason, field, message]) => [reason, field, message?.replace(/ is not.*/, '')]),
      [
        ['VlanNotPermitted', 'spec.services[0].nativeVlan', 'VLAN 1000'],
        ['VlanNotPermitted', 'spec.services[0].vlans[1]', 'VLAN 100-102'],
      ],
    );
  });
  test('name the ports where only some of a service lack a VLAN', async () => {
    const told = await causes(bind({ grants })(ask({ ports: ['19-20', '30-31'], vlan: 300 })));
    assert.deepEqual(
      told.map(([, , message]) => message),
      ['VLAN 300 is not granted to tenant-a on deviceA; granted are 100-199 (ports 19-20)'],
    );
  });
  test('deny nothing that the request holds already, and everything else', async () => {
    const held: Settings = { ...BUILT_IN_DEFAULTS, vlan: 20, description: 'request-001' };
    const holds = { held: (_: string, port: string) => (port === '40' ? held : undefined) };
    const update = { ...ask({ ports: ['40'], vlan: 20 }), operation: 'UPDATE' as const };
    assert.equal((await bind({ grants }, holds)(update)).allowed, true);
    // A new request of the same uid is none that holds anything.
    assert.equal((await bind({ grants }, holds)(ask({ ports: ['40'], vlan: 20 }))).allowed, false);
    const more = { ...ask({ ports: ['40-41'], vlan: 20 }), operation: 'UPDATE' as const };
    assert.match(
      (await bind({ grants }, holds)(more)).status?.message ?? '',
      /^Port 41@deviceA is not granted/,
    );
  });
  test('deny more ports than the limit, with need, limit and how many too many', async () => {
    const counted = { portsAfter: () => ({ after: 9, added: 3 }) };
    assert.deepEqual(await causes(bind({ grants, maxPorts: 8 }, counted)(ask({}))), [
      [
        'PortLimitExceeded',
        'spec.services',
        'tenant-a would hold 9 ports over all devices, its limit is 8: 1 too many',
      ],
    ]);
  });
  test('never permit what belongs to the platform', async () => {
    const all = [{ devices: ['deviceA'], ports: ['*'], vlans: ['1-4094'], trunk: true }];
    const told = await causes(bind({ grants: all })(ask({ ports: ['49'], vlan: 1 })));
    assert.deepEqual(
      told.map(([reason]) => reason),
      ['PortNotDelegable', 'VlanReserved'],
    );
  });
  test('S-57 who may not have a port is not told who has it', async () => {
    const answer = await bind({ grants }, { holder: () => foreign })(ask({ ports: ['40'] }));
    assert.doesNotMatch(JSON.stringify(answer), /tenant-b/);
  });
});

test('S-05 default denies where a Tenant is required', async () => {
  const answer = await handler({ settings: { hideOwners: false, requireTenant: true } })(review());
  assert.match(answer.status?.message ?? '', /Namespace tenant-a belongs to no tenant/);
});

describe('S-05 whatever fails, the request is denied', () => {
  const fail = (error: unknown) => () => {
    throw error;
  };
  const broken = new Error('broken');
  const cases: [what: string, changes: Partial<ValidateOptions>][] = [
    ['facts not synced', { facts: fail(new Unavailable('the ledger is not read yet')) }],
    ['facts', { facts: fail(broken) }],
    ['a text thrown', { facts: fail('text') }],
    ['defaults', { defaults: fail(broken) }],
    ['the inventory', { facts: () => facts({ device: fail(broken) }) }],
    [
      'the ports of a device',
      { facts: () => facts({ device: () => ({ portState: fail(broken), reservedVlans: [], groups: [] }) }) },
    ],
    ['the holders', { facts: () => facts({ holder: fail(broken) }) }],
    ['the grants', { facts: () => facts({ grants: fail(broken) }) }],
    ['reachability', { facts: () => facts({ unreachable: fail(broken) }) }],
    ['the policy throws', { policy: { digest: 'x', evaluate: fail(broken) } }],
    ...[undefined, null, [], [{}], {}, true, [{ result: true }], [{ result: { allow: true } }]].map(
      (result): [string, Partial<ValidateOptions>] => [
        `the policy decides ${JSON.stringify(result)}`,
        { policy: { digest: 'x', evaluate: () => result } },
      ],
    ),
    [
      'the policy allows and denies',
      {
        policy: {
          digest: 'x',
          evaluate: () => [{ result: { allow: true, denials: [{}], warnings: [] } }],
        },
      },
    ],
  ];
  for (const [what, changes] of cases) {
    test(what, async () => {
      const answer = await handler(changes)(review());
      assert.equal(answer.allowed, false);
      assert.equal(answer.uid, 'r-1');
      assert.equal(answer.status?.code, 422);
      assert.match(answer.status?.message ?? '', /^The request cannot be checked now/);
      assert.doesNotMatch(JSON.stringify(answer), /broken|text thrown/);
    });
  }
});

describe('S-07 S-19 a spec that the schema would not pass is denied, not guessed at', () => {
  const good = { devicename: 'deviceA', ports: ['1'], vlan: 10 };
  const cases: unknown[] = [
    null,
    'text',
    {},
    [],
    [null],
    [{}],
    [{ ...good, ports: [] }],
    [{ ...good, ports: '1-3' }],
    [{ ...good, ports: [{}] }],
    [{ ...good, ports: Array.from({ length: 513 }, () => '1') }],
    [{ ...good, vlan: '10' }],
    [{ ...good, vlan: undefined }],
    [{ ...good, shutdown: 'no' }],
    [{ ...good, shutdown: 1 }],
    [{ ...good, trunk: 'yes' }],
    [{ ...good, stp: 7 }],
    [{ ...good, vlans: '10' }],
    [{ ...good, devicename: 7 }],
    Array.from({ length: 65 }, () => good),
  ];
  for (const services of cases) {
    test(JSON.stringify(services).slice(0, 70), async () => {
      assert.equal((await handler()(review(services))).allowed, false);
    });
  }
});

test('S-13 one port twice with unequal settings is denied, with equal ones allowed', async () => {
  const one = { devicename: 'deviceA', ports: ['1-3'], vlan: 10 };
  const twice = (changes: object) => review([one, { ...one, devicename: 'DEVICEA', ports: [2], ...changes }]);
  assert.equal((await handler()(twice({}))).allowed, true);
  const { status } = await handler()(twice({ vlan: 20 }));
  assert.match(status?.message ?? '', /Port 2@DEVICEA is listed twice/);
});

test('S-30 what another webhook made of the request counts, not what we made of it', async () => {
  const edited = [
    { devicename: 'deviceA', ports: ['1', '49'], vlan: 10, trunk: false, shutdown: true, stp: 'portfast' },
  ];
  const { status } = await handler()(review(edited));
  assert.equal(status?.message, 'Port 49@deviceA is an uplink');
});

test('S-85 each decision is logged, without what was asked for', async () => {
  const lines: { fields: Record<string, unknown>; message: string }[] = [];
  const write = (fields: object, message: string) => lines.push({ fields: { ...fields }, message });
  const log: Log = { ...silentLog, info: write, error: write };
  await handler({ log })(review());
  await handler({ log, facts: () => facts({ holder: () => foreign }) })(review());
  await handler({
    log,
    facts: () => {
      throw new Unavailable('x');
    },
  })(review());
  const [allowed, denied, failed] = lines;
  assert.ok(allowed !== undefined);
  const { ms, ...fields } = allowed.fields;
  assert.ok(typeof ms === 'number' && ms >= 0);
  assert.deepEqual(fields, {
    ...{
      uid: 'r-1',
      user: 'ann',
      namespace: 'tenant-a',
      name: 'request-001',
      operation: 'CREATE',
      dryRun: false,
    },
    ...{ devices: 1, ports: 3, allowed: true, reasons: [], policy: policy.digest },
  });
  assert.equal(allowed.message, 'decision: allowed');
  assert.deepEqual(denied?.fields['reasons'], ['PortOwnedByOtherTenant']);
  assert.deepEqual(failed?.fields['reasons'], ['PolicyUnavailable']);
});

test('S-71 text of 100,000 characters costs little', async () => {
  for (const text of ['1-'.repeat(50_000), '9'.repeat(100_000), 'a-'.repeat(50_000), '-'.repeat(100_000)]) {
    const used = cpuTimer();
    await handler()(review([{ devicename: text, ports: [text], vlan: 10, vlans: [text] }]));
    await handler()(review(undefined, { annotations: { 'network.as.a.service/defaults': text } }));
    assert.ok(used() < 2000);
  }
});
