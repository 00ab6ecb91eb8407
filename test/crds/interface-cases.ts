/** Bodies of an Interface that the schema takes or refuses. The tests name each case. */

/** Changes to one entry of `spec.services`; undefined removes a field. */
export type ServiceChange = Readonly<Record<string, unknown>>;

export interface AcceptedCase {
  readonly name: string;
  readonly service: ServiceChange;
}

export interface RefusedCase extends AcceptedCase {
  /** Field of the cause, below `spec.services[0]`; '' is the entry itself. */
  readonly field: string;
  readonly message: string | RegExp;
}

const repeat = <T>(count: number, item: T): T[] => Array.from({ length: count }, () => item);

export const ACCEPTED: readonly AcceptedCase[] = [
  { name: 'numbers and text together', service: { ports: ['1-15', 16] } },
  { name: 'port 0', service: { ports: [0] } },
  { name: 'the greatest port number', service: { ports: [9999, '9999'] } },
  { name: 'ports of modules and breakouts', service: { ports: ['49/1', '49/1-4', '1/2/3', '1/2/3-4'] } },
  { name: '512 items', service: { ports: repeat(512, '1') } },
  { name: 'the least and the greatest VLAN', service: { vlan: 4094 } },
  { name: 'VLAN 1, which policies may refuse', service: { vlan: 1 } },
  {
    name: 'all settings',
    service: { trunk: true, shutdown: false, stp: 'network', vlans: [5, '100-4094'], nativeVlan: 7 },
  },
  { name: '32 further VLANs', service: { trunk: true, vlans: repeat(32, 9) } },
  { name: 'each kind of spanning-tree port', service: { stp: 'normal' } },
  { name: 'a device name with dots and capitals', service: { devicename: 'Rack-1.dc.Example' } },
  { name: 'a device name of 63 characters', service: { devicename: 'd'.repeat(63) } },
  { name: 'a description of 80 characters', service: { description: 'd'.repeat(80) } },
  {
    name: 'a description with punctuation',
    service: { description: 'To: db-1/eth0 (rack 4, unit #7) +a=b@c.' },
  },
];

const TOO_MANY = 'Too many';
const TOO_LONG = 'Too long';

export const REFUSED: readonly RefusedCase[] = [
  { name: 'no device', service: { devicename: undefined }, field: '.devicename', message: 'Required value' },
  { name: 'no ports', service: { ports: undefined }, field: '.ports', message: 'Required value' },
  { name: 'no VLAN', service: { vlan: undefined }, field: '.vlan', message: 'Required value' },
  {
    name: 'an empty list of ports',
    service: { ports: [] },
    field: '.ports',
    message: 'should have at least 1 items',
  },
  { name: '513 ports', service: { ports: repeat(513, 1) }, field: '.ports', message: TOO_MANY },
  {
    name: 'a port number above 9999',
    service: { ports: [10000] },
    field: '.ports[0]',
    message: 'less than or equal to 9999',
  },
  {
    name: 'text of 25 characters',
    service: { ports: ['1'.repeat(25)] },
    field: '.ports[0]',
    message: TOO_LONG,
  },
  { name: 'a named port', service: { ports: ['Ethernet1'] }, field: '.ports[0]', message: 'should match' },
  {
    name: 'a port of four parts',
    service: { ports: ['1/2/3/4'] },
    field: '.ports[0]',
    message: 'should match',
  },
  { name: 'a leading zero', service: { ports: ['01'] }, field: '.ports[0]', message: 'should match' },
  {
    name: 'a range over modules',
    service: { ports: ['1/1-2/4'] },
    field: '.ports[0]',
    message: 'should match',
  },
  {
    name: 'an object for a port',
    service: { ports: [{}] },
    field: '.ports[0]',
    message: 'must be of type integer,string',
  },
  {
    name: 'null for a port',
    service: { ports: [null] },
    field: '.ports[0]',
    message: 'must be of type integer,string',
  },
  {
    name: 'a device name with an underscore',
    service: { devicename: 'a_b' },
    field: '.devicename',
    message: 'should match',
  },
  {
    name: 'a device name that ends in a dot',
    service: { devicename: 'a.' },
    field: '.devicename',
    message: 'should match',
  },
  {
    name: 'an empty device name',
    service: { devicename: '' },
    field: '.devicename',
    message: 'should match',
  },
  {
    name: 'a device name that is a path',
    service: { devicename: '../a' },
    field: '.devicename',
    message: 'should match',
  },
  {
    name: 'a device name of 64 characters',
    service: { devicename: 'd'.repeat(64) },
    field: '.devicename',
    message: TOO_LONG,
  },
  {
    name: 'a description of 81 characters',
    service: { description: 'd'.repeat(81) },
    field: '.description',
    message: TOO_LONG,
  },
  {
    name: 'an empty description',
    service: { description: '' },
    field: '.description',
    message: 'should match',
  },
  {
    name: 'an unknown kind of spanning-tree port',
    service: { stp: 'edge' },
    field: '.stp',
    message: 'Unsupported value',
  },
  {
    name: 'further VLANs without trunk',
    service: { vlans: [5] },
    field: '.vlans',
    message: 'vlans needs trunk to be true',
  },
  {
    name: 'further VLANs on an access port',
    service: { trunk: false, vlans: [5] },
    field: '.vlans',
    message: 'vlans needs trunk to be true',
  },
  {
    name: 'a native VLAN without trunk',
    service: { nativeVlan: 5 },
    field: '.nativeVlan',
    message: 'nativeVlan needs trunk to be true',
  },
  {
    name: 'an empty list of further VLANs',
    service: { trunk: true, vlans: [] },
    field: '.vlans',
    message: 'at least 1 items',
  },
  {
    name: '33 further VLANs',
    service: { trunk: true, vlans: repeat(33, 9) },
    field: '.vlans',
    message: TOO_MANY,
  },
  {
    name: 'a word for a further VLAN',
    service: { trunk: true, vlans: ['all'] },
    field: '.vlans[0]',
    message: 'should match',
  },
];

/** Characters that end or change a line of a switch's configuration, by name. */
export const CONTROL_CHARACTERS: Readonly<Record<string, string>> = {
  'line feed': '\n',
  'carriage return': '\r',
  'vertical tab': '\v',
  'form feed': '\f',
  'next line (U+0085)': '\u0085',
  'line separator (U+2028)': '\u2028',
  'paragraph separator (U+2029)': '\u2029',
  NUL: '\0',
  tab: '\t',
  backspace: '\b',
  escape: '\u001b',
  delete: '\u007f',
};

/** Characters and words with a meaning on a switch's command line. */
export const COMMAND_LINE = [
  '!',
  'a ! b',
  'a?',
  'a|b',
  'a;b',
  '"a"',
  "'a'",
  '`a`',
  '$(a)',
  'a\\b',
  '<a>',
  '^C',
  '{{ a }}',
  '{% a %}',
  '-a',
  ' a',
  'a ',
];
