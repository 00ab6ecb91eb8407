/** One interface, e.g. `Ethernet49/1` or `Vlan10`. */
export interface InterfaceName {
  readonly kind: InterfaceKind;
  /** `[49, 1]` */
  readonly path: readonly number[];
  /** `Ethernet49/1` */
  readonly name: string;
}

export type InterfaceKind = 'Port-Channel' | 'Ethernet' | 'Loopback' | 'Management' | 'Vlan' | 'Vxlan';

/** In the order in which EOS prints them. */
export const INTERFACE_KINDS: readonly InterfaceKind[] = [
  'Port-Channel',
  'Ethernet',
  'Loopback',
  'Management',
  'Vlan',
  'Vxlan',
];

/** More interfaces than any range command may name: keeps `1-9999` in four parts from filling memory. */
const MOST_INTERFACES = 4096;

/** As they appear in prompts: `(config-if-Et1)#` (devices.md 1.1, recorded traces). */
const SHORT: Record<InterfaceKind, string> = {
  'Port-Channel': 'Po',
  Ethernet: 'Et',
  Loopback: 'Lo',
  Management: 'Ma',
  Vlan: 'Vl',
  Vxlan: 'Vx',
};

function kindOf(word: string): InterfaceKind | undefined {
  const lower = word.toLowerCase();
  if (lower.length < 2) return undefined;
  // `vl` and `vx` tell Vlan from Vxlan; `po`, `et`, `lo`, `ma` tell the rest.
  const kinds = INTERFACE_KINDS.filter((kind) => kind.toLowerCase().startsWith(lower));
  return kinds.length === 1 ? kinds[0] : undefined;
}

function expand(part: string): number[][] | undefined {
  const match = /^((?:\d{1,4}\/){0,2})(\d{1,4})(?:-((?:\d{1,4}\/){0,2})(\d{1,4}))?$/.exec(part);
  if (match === null) return undefined;
  const [, prefix = '', first = '', endPrefix, last] = match;
  // `49/1-4` and `49/1-49/4` mean the same.
  if (last !== undefined && endPrefix !== '' && endPrefix !== prefix) return undefined;
  const from = Number(first);
  const to = Number(last ?? first);
  if (from > to || to - from >= MOST_INTERFACES) return undefined;
  const base = prefix.split('/').filter(Boolean).map(Number);
  return Array.from({ length: to - from + 1 }, (_, index) => [...base, from + index]);
}

/**
 * Reads what follows `interface` or `show running-config interfaces`: `Ethernet1`, `et 2-3`, `Ethernet1,4-5`.
 * EOS takes ranges in configuration mode too, which is why an unchecked port text is dangerous (S-08).
 */
export function parseInterfaces(text: string): InterfaceName[] | undefined {
  const match = /^([A-Za-z]+(?:-[A-Za-z]+)*)\s*(\d[\d/,-]*)$/.exec(text.trim());
  if (match === null) return undefined;
  const kind = kindOf(match[1] ?? '');
  if (kind === undefined) return undefined;
  const names = new Map<string, InterfaceName>();
  for (const part of (match[2] ?? '').split(',')) {
    const paths = expand(part);
    if (paths === undefined || names.size + paths.length > MOST_INTERFACES) return undefined;
    for (const path of paths) {
      const name = `${kind}${path.join('/')}`;
      names.set(name, { kind, path, name });
    }
  }
  return [...names.values()];
}

/** `Et1`, or `Et1-5,7` for a range as it was typed. */
export function promptLabel(names: readonly InterfaceName[], typed: string): string {
  const [first] = names;
  if (first === undefined) return '';
  const numbers = names.length === 1 ? first.path.join('/') : typed.replace(/^[^\d]*/, '');
  return `${SHORT[first.kind]}${numbers}`;
}
