/** Inputs for the policy whose decisions are kept in `golden.json`: every combination of the facts that matter. */

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

const REQUEST = {
  operation: 'CREATE',
  namespace: 'tenant-a',
  name: 'request-001',
  uid: 'u-1',
  user: 'ann',
  dryRun: false,
};
const SETTINGS = { hideOwners: false, requireTenant: false };
const DEVICE = { device: 'devicea', written: 'deviceA', field: 'spec.services[0].devicename', known: true };
const PORT = {
  ...{ device: 'devicea', written: 'deviceA', port: '1', field: 'spec.services[0].ports[0]' },
  ...{ state: 'delegable', trunk: false, vlan: 10, holder: null },
};
const VLAN = {
  ...{ device: 'devicea', written: 'deviceA', field: 'spec.services[0].vlan', from: 10, to: 10 },
  reserved: [
    { from: 1, to: 1 },
    { from: 4000, to: 4010 },
  ],
};
const GOOD = {
  request: REQUEST,
  devices: [DEVICE],
  ports: [PORT],
  vlans: [VLAN],
  tenant: null,
  settings: SETTINGS,
};

const TENANT = { name: 'tenant-a', limit: null };
/** Everything of it granted to tenant-a. */
const GRANTED_PORT = { ...PORT, granted: true, trunkGranted: true };
const GRANTED_VLAN = { ...VLAN, ungranted: '' };
const GRANTED = { ...GOOD, tenant: TENANT, ports: [GRANTED_PORT], vlans: [GRANTED_VLAN] };

const HOLDERS: Readonly<Record<string, Json>> = {
  free: null,
  self: { namespace: 'tenant-a', request: 'request-001', uid: 'u-1' },
  own: { namespace: 'tenant-a', request: 'request-002', uid: 'u-2' },
  namesake: { namespace: 'tenant-b', request: 'request-001', uid: 'u-1' },
  foreign: { namespace: 'tenant-b', request: 'request-002', uid: 'u-2' },
  prefix: { namespace: 'tenant-a2', request: 'request-002', uid: 'u-3' },
};
const VLANS: Readonly<Record<string, [number, number]>> = {
  plain: [10, 10],
  reserved: [1, 1],
  last: [4094, 4094],
  across: [3990, 4005],
  all: [1, 4094],
};
/** What a faulty or hostile host might send instead of a fact. */
const ODD: Readonly<Record<string, Json>> = {
  null: null,
  false: false,
  true: true,
  zero: 0,
  number: 7,
  empty: '',
  text: 'tenant-a',
  list: [],
  object: {},
};

/** Name and input of each case; the order is fixed. */
export function goldenInputs(): [name: string, input: Json][] {
  return [...wellFormed(), ...granted(), ...incomplete(), ...odd(), ...several()];
}

function* wellFormed(): Generator<[string, Json]> {
  for (const state of ['delegable', 'uplink', 'reserved', 'unknown']) {
    for (const [who, holder] of Object.entries(HOLDERS)) {
      for (const hideOwners of [false, true]) {
        const settings = { ...SETTINGS, hideOwners };
        const name = `port ${state}, holder ${who}, owners ${hideOwners ? 'hidden' : 'shown'}`;
        yield [name, { ...GOOD, ports: [{ ...PORT, state, holder }], settings }];
      }
    }
  }
  for (const [what, [from, to]] of Object.entries(VLANS)) {
    for (const operation of ['CREATE', 'UPDATE']) {
      const request = { ...REQUEST, operation };
      yield [`VLAN ${what}, ${operation}`, { ...GOOD, request, vlans: [{ ...VLAN, from, to }] }];
    }
  }
  for (const requireTenant of [false, true]) {
    for (const tenant of [null, TENANT]) {
      const name = `tenant ${tenant === null ? 'none' : 'there'}, ${requireTenant ? 'required' : 'not required'}`;
      yield [name, { ...GOOD, tenant, settings: { ...SETTINGS, requireTenant } }];
    }
  }
  yield ['device unknown', { ...GOOD, devices: [{ ...DEVICE, known: false }] }];
}

/** What a Tenant's grants permit. */
function* granted(): Generator<[string, Json]> {
  for (const name of ['tenant-a', 'tenant-b']) {
    for (const requireTenant of [false, true]) {
      const settings = { ...SETTINGS, requireTenant };
      const what = `granted to ${name}, Tenant ${requireTenant ? 'required' : 'not required'}`;
      yield [what, { ...GRANTED, settings, tenant: { ...TENANT, name } }];
    }
  }
  for (const mode of ['access', 'trunk']) {
    for (const port of ['port granted', 'port not granted']) {
      for (const trunks of ['trunks granted', 'trunks not granted']) {
        for (const who of ['free', 'own', 'foreign']) {
          const facts = {
            ...{ granted: port === 'port granted', trunkGranted: trunks === 'trunks granted' },
            ...{ trunk: mode === 'trunk', holder: HOLDERS[who] ?? null, words: 'not granted' },
          };
          const name = `${mode}, ${port}, ${trunks}, holder ${who}`;
          yield [name, { ...GRANTED, ports: [{ ...PORT, ...facts }] }];
        }
      }
    }
  }
  for (const ungranted of ['', '10', '10-12,20']) {
    const vlans = [{ ...VLAN, ungranted, words: 'not granted' }];
    yield [`VLANs without a grant: "${ungranted}"`, { ...GRANTED, vlans }];
  }
  for (const [after, added, max] of [
    [8, 2, 8],
    [9, 2, 8],
    [9, 0, 8],
    [1, 1, 0],
  ] as const) {
    const limit = { after, added, max, words: 'too many' };
    const name = `${after} ports of at most ${max}, ${added} of them new`;
    yield [name, { ...GRANTED, tenant: { ...TENANT, limit } }];
  }
  const trunk = { ...GRANTED_PORT, trunk: true };
  for (const field of ['granted', 'trunkGranted']) {
    yield [`granted trunk without ${field}`, { ...GRANTED, ports: [without(trunk, field)] }];
  }
  yield ['granted VLAN without ungranted', { ...GRANTED, vlans: [without(GRANTED_VLAN, 'ungranted')] }];
  for (const [what, value] of Object.entries(ODD)) {
    yield [`granted is ${what}`, { ...GRANTED, ports: [{ ...GRANTED_PORT, granted: value }] }];
    yield [`trunkGranted is ${what}`, { ...GRANTED, ports: [{ ...trunk, trunkGranted: value }] }];
    yield [`ungranted is ${what}`, { ...GRANTED, vlans: [{ ...GRANTED_VLAN, ungranted: value }] }];
    yield [`tenant of what is granted is ${what}`, { ...GRANTED, tenant: value }];
    yield [`tenant.name is ${what}`, { ...GRANTED, tenant: { ...TENANT, name: value } }];
    yield [`tenant.limit is ${what}`, { ...GRANTED, tenant: { ...TENANT, limit: value } }];
  }
}

function* incomplete(): Generator<[string, Json]> {
  for (const field of Object.keys(GOOD)) yield [`without ${field}`, without(GOOD, field)];
  for (const field of Object.keys(REQUEST)) {
    yield [`without request.${field}`, { ...GOOD, request: without(REQUEST, field) }];
  }
  for (const field of Object.keys(PORT))
    yield [`port without ${field}`, { ...GOOD, ports: [without(PORT, field)] }];
  for (const field of Object.keys(VLAN))
    yield [`VLAN without ${field}`, { ...GOOD, vlans: [without(VLAN, field)] }];
  for (const field of Object.keys(DEVICE)) {
    yield [`device without ${field}`, { ...GOOD, devices: [without(DEVICE, field)] }];
  }
}

function* odd(): Generator<[string, Json]> {
  for (const [what, value] of Object.entries(ODD)) {
    for (const field of Object.keys(GOOD)) yield [`${field} is ${what}`, { ...GOOD, [field]: value }];
    for (const field of ['state', 'holder']) {
      yield [`port ${field} is ${what}`, { ...GOOD, ports: [{ ...PORT, [field]: value }] }];
    }
    yield [`port is ${what}`, { ...GOOD, ports: [value] }];
    yield [`holder.namespace is ${what}`, { ...GOOD, ports: [{ ...PORT, holder: { namespace: value } }] }];
    for (const field of ['from', 'to', 'reserved']) {
      yield [`VLAN ${field} is ${what}`, { ...GOOD, vlans: [{ ...VLAN, [field]: value }] }];
    }
    yield [`device known is ${what}`, { ...GOOD, devices: [{ ...DEVICE, known: value }] }];
    yield [`request.namespace is ${what}`, { ...GOOD, request: { ...REQUEST, namespace: value } }];
    yield [`settings.hideOwners is ${what}`, { ...GOOD, settings: { ...SETTINGS, hideOwners: value } }];
  }
}

/** Requests with more than one port: one objection among many must not get lost. */
function* several(): Generator<[string, Json]> {
  for (const at of [0, 1, 47]) {
    const ports = Array.from({ length: 48 }, (_, index) => ({
      ...PORT,
      port: String(index + 1),
      holder: index === at ? (HOLDERS['foreign'] ?? null) : null,
    }));
    yield [`48 ports, the one at ${at} foreign`, { ...GOOD, ports }];
  }
}

function without(object: { readonly [key: string]: Json }, field: string): Json {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== field));
}
