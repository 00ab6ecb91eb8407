/** Specs of a Tenant that the schema takes or refuses. The tests name each case. */

type Change = Readonly<Record<string, unknown>>;

export interface AcceptedTenant {
  readonly name: string;
  readonly spec: Change;
}

export interface RefusedTenant extends AcceptedTenant {
  /** Field of the cause. */
  readonly field: string;
  readonly message: string | RegExp;
}

const repeat = <T>(count: number, item: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => item(index));

/** A spec with one good grant, changed. */
const grant = (change: Change): Change => ({
  grants: [{ devices: ['deviceA'], ports: ['1-5'], vlans: [10], ...change }],
});
/** A spec with one good member, changed. */
const member = (change: Change): Change => ({
  members: [{ kind: 'User', name: 'oidc:user@tenant-a.example', role: 'Editor', ...change }],
});

export const ACCEPTED: readonly AcceptedTenant[] = [
  { name: 'a spec that grants nothing', spec: {} },
  {
    name: 'ports and VLANs as numbers, text and ranges',
    spec: grant({ ports: [7, '8', '1-5', '49/1-4'], vlans: [10, '11', '100-199'] }),
  },
  { name: 'every port', spec: grant({ ports: ['*'] }) },
  { name: 'the least and the greatest VLAN', spec: grant({ vlans: ['1-4094', 1, 4094] }) },
  {
    name: 'ranges of devices in any case',
    spec: grant({ devices: ['leaf[1-20]', 'Rack[0-9].dc1', '[1-2]', 'a[1-2]-b'] }),
  },
  {
    name: 'a group of the inventory in place of devices',
    spec: grant({ devices: undefined, groups: ['leafs'] }),
  },
  { name: 'both, with all flags', spec: grant({ groups: ['leafs'], trunk: true, shared: true }) },
  { name: 'no port at all', spec: { maxPorts: 0 } },
  {
    name: 'users and groups in both roles',
    spec: {
      members: [
        { kind: 'User', name: 'same', role: 'Editor' },
        { kind: 'Group', name: 'same', role: 'Viewer' },
        { kind: 'Group', name: 'oidc:Réseau équipe 2', role: 'Viewer' },
      ],
    },
  },
  {
    name: '256 members and 64 grants',
    spec: {
      members: repeat(256, (index) => ({ kind: 'User', name: `user-${index}`, role: 'Viewer' })),
      grants: repeat(64, () => ({
        devices: repeat(64, (index) => `leaf${index}`),
        ports: ['*'],
        vlans: [10],
      })),
    },
  },
];

export const REFUSED: readonly RefusedTenant[] = [
  {
    name: 'a grant of no device',
    spec: grant({ devices: undefined }),
    field: 'spec.grants[0]',
    message: 'at least one device',
  },
  {
    name: 'a grant of an empty list of devices',
    spec: grant({ devices: [] }),
    field: 'spec.grants[0]',
    message: 'at least one device',
  },
  {
    name: 'a grant without ports',
    spec: grant({ ports: undefined }),
    field: 'spec.grants[0].ports',
    message: 'Required value',
  },
  {
    name: 'a grant of an empty list of ports',
    spec: grant({ ports: [] }),
    field: 'spec.grants[0].ports',
    message: 'at least 1 items',
  },
  {
    name: 'a grant without VLANs',
    spec: grant({ vlans: undefined }),
    field: 'spec.grants[0].vlans',
    message: 'Required value',
  },
  {
    name: 'a named port',
    spec: grant({ ports: ['Ethernet1'] }),
    field: 'spec.grants[0].ports[0]',
    message: 'should match',
  },
  {
    name: 'a star with more',
    spec: grant({ ports: ['*-5'] }),
    field: 'spec.grants[0].ports[0]',
    message: 'should match',
  },
  {
    name: 'every VLAN by a star',
    spec: grant({ vlans: ['*'] }),
    field: 'spec.grants[0].vlans[0]',
    message: 'should match',
  },
  {
    name: 'S-17 VLAN 0',
    spec: grant({ vlans: [0] }),
    field: 'spec.grants[0].vlans[0]',
    message: 'greater than or equal to 1',
  },
  {
    name: 'S-17 VLAN 4095',
    spec: grant({ vlans: ['4000-4095'] }),
    field: 'spec.grants[0].vlans[0]',
    message: 'should match',
  },
  {
    name: 'every device by a star',
    spec: grant({ devices: ['*'] }),
    field: 'spec.grants[0].devices[0]',
    message: 'should match',
  },
  {
    name: 'two ranges in one name',
    spec: grant({ devices: ['r[1-2]s[1-2]'] }),
    field: 'spec.grants[0].devices[0]',
    message: 'should match',
  },
  {
    name: 'a range with leading zeros',
    spec: grant({ devices: ['leaf[01-09]'] }),
    field: 'spec.grants[0].devices[0]',
    message: 'should match',
  },
  {
    name: '65 grants',
    spec: { grants: repeat(65, () => ({ devices: ['a'], ports: [1], vlans: [1] })) },
    field: 'spec.grants',
    message: 'Too many',
  },
  {
    name: 'a limit below nothing',
    spec: { maxPorts: -1 },
    field: 'spec.maxPorts',
    message: 'greater than or equal to 0',
  },
  {
    name: 'a member of another kind',
    spec: member({ kind: 'ServiceAccount' }),
    field: 'spec.members[0].kind',
    message: 'Unsupported value',
  },
  {
    name: 'a role of another name',
    spec: member({ role: 'cluster-admin' }),
    field: 'spec.members[0].role',
    message: 'Unsupported value',
  },
  {
    name: 'S-59 a user of the system',
    spec: member({ name: 'system:admin' }),
    field: 'spec.members[0].name',
    message: 'must not be a name of the system',
  },
  {
    name: 'S-59 a group of the system',
    spec: member({ kind: 'Group', name: 'system:authenticated' }),
    field: 'spec.members[0].name',
    message: 'must not be a name of the system',
  },
  {
    name: 'a name with a line break',
    spec: member({ name: 'user\nroot' }),
    field: 'spec.members[0].name',
    message: 'should match',
  },
  {
    name: 'a name that turns the direction of writing',
    spec: member({ name: 'user\u202Etoor' }),
    field: 'spec.members[0].name',
    message: 'should match',
  },
  {
    name: 'the same member twice',
    spec: {
      members: [
        { kind: 'User', name: 'same', role: 'Editor' },
        { kind: 'User', name: 'same', role: 'Viewer' },
      ],
    },
    field: 'spec.members[1]',
    message: 'Duplicate value',
  },
];
