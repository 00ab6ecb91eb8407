import { many, opaqueMode, setting, submode } from './grammar.ts';
import type { Mode, Setting, Submode } from './grammar.ts';
import { INTERFACE_SUBMODE } from './interface-mode.ts';
import { parseVlanList } from './vlan-list.ts';

export const VLAN_RANK = 50;

/** `shutdown` is the default of an API service: `no shutdown` is the printed statement. */
const offByDefault = setting(90, 'shutdown', 1, { defaults: ['shutdown'], storesNo: true });
const onByDefault = setting(90, 'shutdown', 1);

const vlanMode: Mode = {
  settings: [
    setting(1, 'name <word>', 1),
    setting(2, 'state active|suspend', 1, { defaults: ['state active'] }),
    ...many(3, 'trunk group <word>'),
  ],
  submodes: [],
};

const vlans: Submode = {
  pattern: 'vlan <vlans>',
  mode: vlanMode,
  open(match) {
    const list = match.args[0] ?? '';
    const ids = parseVlanList(list);
    if (ids === undefined) return { refusal: 'Invalid input' };
    const blocks = ids.map((id) => ({ key: `vlan ${id}`, text: `vlan ${id}`, position: [VLAN_RANK, id] }));
    return { blocks, label: `vlan-${list}` };
  },
  permanent: ({ key }) => key === 'vlan 1',
};

const apiVrf = submode(
  80,
  'vrf <word>',
  { settings: [offByDefault], submodes: [] },
  ({ args }) => `vrf-${args[0]}`,
);
const httpCommands = opaqueMode(
  [
    'protocol <text>',
    'cors <text>',
    'default-services',
    'session <text>',
    'qos <text>',
    'idle-timeout <text>',
  ],
  { settings: [offByDefault], submodes: [apiVrf] },
);
const onService = opaqueMode(
  [
    'idle-timeout <text>',
    'authentication <text>',
    'connection <text>',
    'cipher <text>',
    'hostkey <text>',
    'ip <text>',
    'server-port <text>',
    'mac <text>',
    'key-exchange <text>',
    'log-level <text>',
  ],
  { settings: [onByDefault] },
);
const telnet = opaqueMode(['idle-timeout <text>', 'ip <text>', 'session-limit <text>'], {
  settings: [offByDefault],
});
const gnmi = opaqueMode(['transport <text>', 'provider <text>', 'port <text>', 'ssl <text>', 'vrf <text>'], {
  settings: [offByDefault],
});
const security = opaqueMode([
  'ssl <text>',
  'password <text>',
  'certificate <text>',
  'key <text>',
  'entropy <text>',
  'tls <text>',
  'cipher-list <text>',
  'trust <text>',
]);

const family = submode(
  70,
  'address-family <text>',
  opaqueMode([
    'neighbor <text>',
    'network <text>',
    'redistribute <text>',
    'bgp <text>',
    'route-target <text>',
  ]),
  () => 'router-bgp-af',
);
const bgpVrf = submode(
  80,
  'vrf <word>',
  opaqueMode([
    'neighbor <text>',
    'network <text>',
    'redistribute <text>',
    'rd <text>',
    'route-target <text>',
    'router-id <text>',
    'maximum-paths <text>',
  ]),
  ({ args }) => `router-bgp-vrf-${args[0]}`,
);
const bgp = opaqueMode(
  [
    'neighbor <text>',
    'network <text>',
    'redistribute <text>',
    'router-id <text>',
    'maximum-paths <text>',
    'bgp <text>',
    'distance <text>',
    'timers <text>',
    'aggregate-address <text>',
  ],
  { settings: [onByDefault], submodes: [family, bgpVrf] },
);
const ospf = opaqueMode(
  [
    'router-id <text>',
    'passive-interface <text>',
    'network <text>',
    'redistribute <text>',
    'area <text>',
    'max-lsa <text>',
    'maximum-paths <text>',
    'log-adjacency-changes <text>',
  ],
  {
    settings: [onByDefault],
  },
);
const accessList = opaqueMode([
  '<number:1-4294967295> <text>',
  'permit <text>',
  'deny <text>',
  'remark <text>',
  'counters <text>',
]);
const routeMap = opaqueMode([
  'match <text>',
  'set <text>',
  'description <text>',
  'continue <text>',
  'sub-route-map <text>',
]);

const SUBMODES: readonly Submode[] = [
  submode(
    20,
    'event-handler <word>',
    opaqueMode([
      'trigger <text>',
      'action <text>',
      'delay <text>',
      'timeout <text>',
      'threshold <text>',
      'asynchronous',
    ]),
    ({ args }) => `handler-${args[0]}`,
  ),
  submode(
    21,
    'daemon <word>',
    opaqueMode(['exec <text>', 'option <text>', 'heartbeat <text>'], { settings: [offByDefault] }),
    ({ args }) => `daemon-${args[0]}`,
  ),
  submode(
    40,
    'aaa group server radius|tacacs+ <word>',
    opaqueMode(['server <text>']),
    ({ args }) => `sg-${args[0]}`,
  ),
  vlans,
  submode(
    52,
    'vrf instance <word>',
    opaqueMode(['rd <text>', 'description <text>', 'route-target <text>']),
    ({ args }) => `vrf-${args[0]}`,
  ),
  INTERFACE_SUBMODE,
  submode(70, 'ip access-list <word>', accessList, ({ args }) => `acl-${args[0]}`),
  submode(70, 'ip access-list standard <word>', accessList, ({ args }) => `std-acl-${args[0]}`),
  submode(
    70,
    'ip prefix-list <word>',
    opaqueMode(['seq <text>', 'permit <text>', 'deny <text>']),
    ({ args }) => `ip-pfx-${args[0]}`,
  ),
  submode(
    80,
    'route-map <word> permit|deny <number:1-16777215>',
    routeMap,
    ({ args }) => `route-map-${args[0]}`,
    2,
  ),
  submode(
    85,
    'mlag configuration',
    opaqueMode(
      [
        'domain-id <text>',
        'local-interface <text>',
        'peer-address <text>',
        'peer-link <text>',
        'reload-delay <text>',
        'primary-priority <text>',
        'heartbeat-interval <text>',
        'dual-primary <text>',
      ],
      { settings: [onByDefault] },
    ),
    () => 'mlag',
  ),
  submode(88, 'router bgp <word>', bgp, () => 'router-bgp', 2),
  submode(88, 'router ospf <word>', ospf, () => 'router-ospf'),
  submode(
    90,
    'control-plane',
    opaqueMode(['ip <text>', 'ipv6 <text>'], {
      settings: [setting(50, 'service-policy input <word>', 2, { storesNo: true })],
    }),
    () => 'cp',
  ),
  submode(95, 'management api http-commands', httpCommands, () => 'mgmt-api-http-cmds'),
  submode(95, 'management api gnmi', gnmi, () => 'mgmt-api-gnmi'),
  submode(95, 'management api netconf', gnmi, () => 'mgmt-netconf'),
  submode(95, 'management console', onService, () => 'mgmt-console'),
  submode(95, 'management security', security, () => 'mgmt-security'),
  submode(95, 'management ssh', onService, () => 'mgmt-ssh'),
  submode(95, 'management telnet', telnet, () => 'mgmt-telnet'),
];

const SETTINGS: readonly Setting[] = [
  setting(10, 'alias <word> <text>', 2),
  setting(30, 'switchport default mode access|routed', 3, { defaults: ['switchport default mode access'] }),
  // Printed by every virtual EOS seen in the recorded traces.
  setting(31, 'transceiver qsfp default-mode <word>', 3, { initial: 'transceiver qsfp default-mode 4x10G' }),
  setting(32, 'service routing protocols model <word>', 4),
  ...many(32, 'service <text>', 'agent <text>', 'hardware <text>', 'platform <text>', 'queue-monitor <text>'),
  setting(33, 'logging console <word>', 2, { storesNo: true }),
  setting(33, 'logging level <word> <word>', 3),
  ...many(
    33,
    'logging buffered <text>',
    'logging host <text>',
    'logging source-interface <text>',
    'logging trap <text>',
    'logging facility <text>',
    'logging vrf <text>',
    'logging format <text>',
  ),
  setting(34, 'hostname <word>', 1),
  setting(35, 'ip host <word> <text>', 3),
  ...many(
    35,
    'ip name-server <text>',
    'ip domain-name <word>',
    'ip domain lookup <text>',
    'dns domain <word>',
  ),
  ...many(36, 'ntp <text>'),
  ...many(36, 'lldp <text>', 'lacp <text>', 'errdisable <text>', 'sflow <text>', 'monitor <text>'),
  ...many(37, 'snmp-server <text>'),
  setting(38, 'spanning-tree mode mstp|rstp|rapid-pvst|none', 2, { initial: 'spanning-tree mode mstp' }),
  ...many(
    38,
    'spanning-tree mst <text>',
    'spanning-tree priority <text>',
    'spanning-tree edge-port <text>',
    'spanning-tree vlan-id <text>',
    'no spanning-tree vlan-id <text>',
  ),
  setting(39, 'clock timezone <word>', 2),
  ...many(
    40,
    'aaa authentication <text>',
    'aaa accounting <text>',
    'radius-server <text>',
    'tacacs-server <text>',
    'role <text>',
  ),
  setting(40, 'aaa authorization exec default <text>', 4),
  setting(40, 'aaa authorization commands all default <text>', 5),
  setting(40, 'aaa root <text>', 2, { storesNo: true }),
  setting(41, 'enable password|secret <text>', 1),
  setting(42, 'username <word> <text>', 2),
  setting(42, 'username <word> ssh-key <text>', 3),
  ...many(69, 'mac address-table <text>'),
  setting(75, 'ip routing', 2, { storesNo: true, initial: 'no ip routing' }),
  setting(75, 'ip routing vrf <word>', 4, { storesNo: true }),
  setting(75, 'ip virtual-router mac-address <word>', 3),
  setting(75, 'ipv6 unicast-routing', 2),
  ...many(
    76,
    'ip route <text>',
    'ipv6 route <text>',
    'ip radius <text>',
    'ip tacacs <text>',
    'ip http <text>',
    'ip ssh <text>',
    'ip igmp <text>',
    'ip ftp <text>',
    'ip load-sharing <text>',
  ),
  setting(92, 'banner login|motd', 2, { heredoc: true }),
];

/** Configuration mode itself: the minimum grammar of devices.md 1.5 and what base configurations use. */
export const ROOT_MODE: Mode = { settings: SETTINGS, submodes: SUBMODES };
