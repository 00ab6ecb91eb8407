import type { ConfirmedClaim, Ledger, OtherClaim, PortEntry } from '../../crds/types.gen.ts';

const UID = '3f8e1c52-0d5e-4c0e-9a57-6f1f0d3a2b11';
const OTHER_UID = '9b2d7a40-6a4f-4b0a-8a35-1d0c7e5f4a22';

/** A top claim with all that the ledger writes. */
export const TOP: PortEntry = {
  vlan: 10,
  trunk: true,
  shutdown: true,
  stp: 'portfast',
  vlans: '5,100-110',
  nativeVlan: 7,
  description: 'request-001',
  annotations: {
    namespace: 'tenant-a',
    owner: 'request-001',
    uid: UID,
    generation: 1,
    timestamp: '2026-01-02T03:04:05.678Z',
    since: 4,
  },
};

/** The same in `status.confirmed`. */
export const CONFIRMED: ConfirmedClaim = {
  vlan: 10,
  trunk: true,
  shutdown: true,
  stp: 'portfast',
  vlans: '5,100-110',
  nativeVlan: 7,
  description: 'request-001',
  namespace: 'tenant-a',
  owner: 'request-001',
  uid: UID,
  generation: 1,
};

/** A reserved claim, to stand in `others`. */
export const RESERVED: OtherClaim = {
  vlan: 100,
  trunk: false,
  shutdown: false,
  stp: 'normal',
  description: 'request-002',
  owner: 'request-002',
  uid: OTHER_UID,
  generation: 1,
  attempt: 0,
};

const { attempt: _attempt, ...unmarked } = RESERVED;
/** A shadowed claim, to stand in `others`. */
export const SHADOWED: OtherClaim = { ...unmarked, timestamp: '2026-01-01T03:04:05.678Z' };

/** A port that is free until its only claim is activated. */
export const RESERVED_ONLY: PortEntry = { annotations: { namespace: 'tenant-b' }, others: [RESERVED] };

export const ACCEPTED: Readonly<Record<string, Ledger>> = {
  'an empty ledger': {},
  'a top claim': { '1': TOP },
  'a port that is only reserved': { '20': RESERVED_ONLY },
  'a top claim over a reserved and a shadowed one': { '49/1': { ...TOP, others: [RESERVED, SHADOWED] } },
  '16 other claims': {
    '1': { ...TOP, others: Array.from({ length: 16 }, (_, index) => ({ ...RESERVED, uid: `u-${index}` })) },
  },
  '1024 ports': Object.fromEntries(Array.from({ length: 1024 }, (_, port) => [String(port), TOP])),
};

const { owner, uid, generation, timestamp, since, ...nobody } = TOP.annotations;
const { annotations, ...settings } = TOP;
const TOGETHER = 'settings and owner stand together or not at all';
const EITHER = 'a claim is reserved (attempt) or active (timestamp), never both';

/** Ledgers that are no ledgers; typed loosely, as only a faulty writer would write them. */
export const REFUSED: Readonly<Record<string, { ledger: Record<string, unknown>; message: string }>> = {
  'an empty entry': {
    ledger: { '1': { annotations: { namespace: 'tenant-a' } } },
    message: 'an entry without a claim must be removed',
  },
  'an entry with an empty list of claims': {
    ledger: { '1': { annotations: { namespace: 'tenant-a' }, others: [] } },
    message: 'an entry without a claim must be removed',
  },
  'an entry without annotations': { ledger: { '1': settings }, message: 'annotations: Required value' },
  'an entry without namespace': {
    ledger: { '1': { ...TOP, annotations: { owner, uid } } },
    message: 'namespace: Required',
  },
  'settings without owner': { ledger: { '1': { ...TOP, annotations: nobody } }, message: TOGETHER },
  'settings without owner beside a reservation': {
    ledger: { '1': { ...TOP, annotations: nobody, others: [RESERVED] } },
    message: TOGETHER,
  },
  'one setting beside a reservation': {
    ledger: { '1': { ...RESERVED_ONLY, vlans: '5' } },
    message: TOGETHER,
  },
  'a uid beside a reservation': {
    ledger: { '1': { ...RESERVED_ONLY, annotations: { namespace: 'tenant-b', uid } } },
    message: TOGETHER,
  },
  'an owner without settings': { ledger: { '1': { annotations } }, message: TOGETHER },
  ...Object.fromEntries(
    ['vlan', 'trunk', 'shutdown', 'stp', 'description'].map((field) => [
      `a top claim without ${field}`,
      { ledger: { '1': { ...TOP, [field]: undefined } }, message: TOGETHER },
    ]),
  ),
  ...Object.fromEntries(
    Object.keys({ uid, generation, timestamp, since }).map((field) => [
      `a top claim without ${field}`,
      { ledger: { '1': { ...TOP, annotations: { ...annotations, [field]: undefined } } }, message: TOGETHER },
    ]),
  ),
  // The rules count fields: nothing else may pass for one of them.
  'an unknown field in place of the owner': {
    ledger: { '1': { ...TOP, annotations: { ...nobody, uid, generation, timestamp, since, holder: owner } } },
    message: TOGETHER,
  },
  'an unknown field in place of a setting': {
    ledger: { '1': { ...TOP, stp: undefined, spanningTree: 'portfast' } },
    message: TOGETHER,
  },
  'an unknown field in place of a claim': {
    ledger: { '1': { annotations: { namespace: 'tenant-a' }, claims: [RESERVED], more: 1 } },
    message: 'an entry without a claim must be removed',
  },
  'null in place of the owner': {
    ledger: { '1': { ...TOP, annotations: { ...annotations, owner: null } } },
    message: TOGETHER,
  },
  'null in place of a setting': {
    ledger: { '1': { ...TOP, stp: null } },
    message: TOGETHER,
  },
  'a claim that is both reserved and active': {
    ledger: { '1': { ...TOP, others: [{ ...RESERVED, timestamp }] } },
    message: EITHER,
  },
  'a claim that is neither reserved nor active': {
    ledger: { '1': { ...TOP, others: [unmarked] } },
    message: EITHER,
  },
  'an incomplete claim among others': {
    ledger: { '1': { ...TOP, others: [{ ...RESERVED, trunk: undefined }] } },
    message: 'trunk: Required value',
  },
  '17 other claims': {
    ledger: { '1': { ...TOP, others: Array.from({ length: 17 }, () => RESERVED) } },
    message: 'Too many: 17',
  },
  '1025 ports': {
    ledger: Object.fromEntries(Array.from({ length: 1025 }, (_, port) => [String(port), TOP])),
    message: 'Too many: 1025',
  },
  'VLAN 4095': { ledger: { '1': { ...TOP, vlan: 4095 } }, message: 'less than or equal to 4094' },
  'free text as stp': { ledger: { '1': { ...TOP, stp: 'portfast\nend' } }, message: 'Unsupported value' },
  'a long list of VLANs': { ledger: { '1': { ...TOP, vlans: '1'.repeat(321) } }, message: 'Too long' },
};
