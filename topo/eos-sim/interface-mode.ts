import { many, setting } from './grammar.ts';
import type { Mode, Refusal, Setting, Submode } from './grammar.ts';
import { INTERFACE_KINDS, parseInterfaces, promptLabel } from './interface-name.ts';
import type { InterfaceName } from './interface-name.ts';
import type { Match } from './command-pattern.ts';
import { LAST_VLAN, formatVlanList, parseVlanList } from './vlan-list.ts';

/** `interface Vlan10` stands after VLANs and VRFs. */
export const INTERFACE_RANK = 60;

const INVALID: Refusal = { refusal: 'Invalid input' };
const ALLOWED = 'switchport trunk allowed vlan';

function allIds(): number[] {
  return Array.from({ length: LAST_VLAN }, (_, index) => index + 1);
}

function allowedIds(current: string | undefined): number[] {
  if (current === undefined) return allIds();
  const list = current.slice(ALLOWED.length + 1);
  return list === 'none' ? [] : (parseVlanList(list) ?? []);
}

function printAllowed(ids: readonly number[]): string | undefined {
  if (ids.length === LAST_VLAN) return undefined;
  return `${ALLOWED} ${ids.length === 0 ? 'none' : formatVlanList(ids)}`;
}

/** `switchport trunk allowed vlan` in all its forms; each leaves one canonical list. */
function allowedVlans(): Setting[] {
  const change =
    (combine: (before: number[], named: number[]) => number[]) =>
    (match: Match, current: string | undefined): string | Refusal | undefined => {
      const named = parseVlanList(match.args[0] ?? '');
      if (named === undefined) return INVALID;
      return printAllowed(combine(allowedIds(current), named).sort((a, b) => a - b));
    };
  const form = (pattern: string, text: NonNullable<Setting['text']>) =>
    setting(13, pattern, 4, { as: ALLOWED, text });
  return [
    form(
      `${ALLOWED} <vlans>`,
      change((_, named) => named),
    ),
    form(
      `${ALLOWED} add <vlans>`,
      change((before, named) => [...new Set([...before, ...named])]),
    ),
    form(
      `${ALLOWED} remove <vlans>`,
      change((before, named) => before.filter((id) => !named.includes(id))),
    ),
    form(
      `${ALLOWED} except <vlans>`,
      change((_, named) => allIds().filter((id) => !named.includes(id))),
    ),
    form(`${ALLOWED} all`, () => undefined),
    form(`${ALLOWED} none`, () => printAllowed([])),
  ];
}

/** On every interface. Ranks follow the order EOS prints (recorded: description, shutdown, switchport …). */
const COMMON: readonly Setting[] = [
  setting(1, 'description <text>', 1),
  setting(2, 'shutdown', 1),
  setting(3, 'load-interval <number:0-600>', 1),
  setting(4, 'mtu <number:68-9416>', 1),
  setting(5, 'logging event link-status', 3, { storesNo: true }),
  setting(20, 'vrf <word>', 1, { defaults: ['vrf default'] }),
  setting(21, 'ip address <prefix>', 2),
  setting(21, 'ip address virtual <prefix>', 3),
  setting(21, 'ip address <prefix> secondary', 4),
  ...many(
    22,
    'ip helper-address <text>',
    'ip virtual-router <text>',
    'ip ospf <text>',
    'ip access-group <text>',
  ),
  ...many(23, 'ipv6 enable', 'ipv6 address <text>', 'ipv6 nd <text>'),
];

const SWITCHED: readonly Setting[] = [
  ...COMMON,
  setting(6, 'speed <text>', 1, { defaults: ['speed auto'] }),
  setting(7, 'flowcontrol receive on|off', 2, { defaults: ['flowcontrol receive off'] }),
  setting(11, 'switchport access vlan <number:1-4094>', 3, { defaults: ['switchport access vlan 1'] }),
  setting(12, 'switchport trunk native vlan <number:1-4094>', 4, {
    defaults: ['switchport trunk native vlan 1'],
  }),
  setting(12, 'switchport trunk native vlan tag', 4),
  ...allowedVlans(),
  setting(14, 'switchport mode access|trunk|dot1q-tunnel|trunk-phone', 2, {
    defaults: ['switchport mode access'],
  }),
  ...many(15, 'switchport trunk group <word>', 'switchport phone <text>'),
  setting(16, 'switchport', 1, { defaults: ['switchport'], storesNo: true }),
  setting(17, 'channel-group <number:1-2000> mode active|passive|on', 1),
  setting(18, 'mlag <number:1-2000>', 1),
  ...many(
    19,
    'lacp <text>',
    'port-channel <text>',
    'qos <text>',
    'sflow <text>',
    'lldp <text>',
    'storm-control <text>',
  ),
  setting(30, 'spanning-tree portfast', 2, { as: 'spanning-tree portfast' }),
  setting(30, 'spanning-tree portfast edge|network|normal|auto', 2, {
    as: 'spanning-tree portfast',
    // Edge is what plain `portfast` means; normal is the default.
    text: ({ parts }) => {
      if (parts[2] === 'normal') return undefined;
      return parts[2] === 'edge' ? 'spanning-tree portfast' : parts.join(' ');
    },
  }),
  setting(31, 'spanning-tree bpduguard enable|disable', 2),
  setting(31, 'spanning-tree bpdufilter enable|disable', 2),
  setting(32, 'spanning-tree guard root|loop|none', 2, { defaults: ['spanning-tree guard none'] }),
  setting(33, 'spanning-tree cost <number:1-200000000>', 2),
  setting(33, 'spanning-tree port-priority <number:0-240>', 2),
  setting(33, 'spanning-tree link-type point-to-point|shared', 2),
];

const VXLAN: readonly Setting[] = [...COMMON, ...many(40, 'vxlan <text>')];

const switchedMode: Mode = { settings: SWITCHED, submodes: [] };
const routedMode: Mode = { settings: COMMON, submodes: [] };
const vxlanMode: Mode = { settings: VXLAN, submodes: [] };

function exists(name: InterfaceName, ports: number): boolean {
  const [first = 0] = name.path;
  switch (name.kind) {
    case 'Ethernet':
      return name.path.length === 1 && first >= 1 && first <= ports;
    case 'Management':
      return name.path.length === 1 && first === 1;
    case 'Vlan':
      return name.path.length === 1 && first >= 1 && first <= LAST_VLAN;
    case 'Port-Channel':
      return name.path.length === 1 && first >= 1 && first <= 2000;
    case 'Loopback':
      return name.path.length === 1 && first <= 2100;
    case 'Vxlan':
      return name.name === 'Vxlan1';
  }
}

/** Sorted by kind, then by number. */
export function interfacePosition(name: InterfaceName): (number | string)[] {
  return [INTERFACE_RANK, INTERFACE_KINDS.indexOf(name.kind), ...name.path];
}

const MODES: Record<InterfaceName['kind'], Mode> = {
  Ethernet: switchedMode,
  'Port-Channel': switchedMode,
  Loopback: routedMode,
  Management: routedMode,
  Vlan: routedMode,
  Vxlan: vxlanMode,
};

/** `interface …`; a range opens all its interfaces at once, and each kind takes other commands. */
export const INTERFACE_SUBMODE: Submode = {
  pattern: 'interface <interfaces>',
  mode: switchedMode,
  open(match, hardware) {
    const typed = match.args[0] ?? '';
    const names = parseInterfaces(typed);
    const [first] = names ?? [];
    if (names === undefined || first === undefined) return INVALID;
    if (!names.every((name) => exists(name, hardware.ports))) return INVALID;
    const blocks = names.map((name) => ({
      key: `interface ${name.name}`,
      text: `interface ${name.name}`,
      position: interfacePosition(name),
    }));
    return { blocks, label: `if-${promptLabel(names, typed)}`, mode: MODES[first.kind] };
  },
  permanent: ({ text }) => /^interface (Ethernet|Management)/.test(text),
};
