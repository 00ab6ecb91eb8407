import type { PortAllowance } from '../../lib/grants/grant-book.ts';
import { ungranted } from '../../lib/grants/ungranted.ts';
import type { Ungranted } from '../../lib/grants/ungranted.ts';
import { limitWords, portWords, trunkWords, vlanWords } from '../../lib/grants/words.ts';
import { compressPorts } from '../../lib/ports/range.ts';
import type { PortName } from '../../lib/ports/port.ts';
import type { ResolvedRequest } from '../../lib/ports/resolve.ts';
import type { Settings } from '../../lib/ports/settings.ts';
import { commonVlans, printVlanRanges, uniteVlans } from '../../lib/ports/vlan-ranges.ts';
import type { VlanRange } from '../../lib/ports/vlan-ranges.ts';
import type { Facts, PolicyInput } from './facts.ts';

/** What the policy is told of a namespace with a Tenant. */
export interface GrantFacts {
  readonly tenant: NonNullable<PolicyInput['tenant']>;
  /**
   * Whether the port, and a trunk on it, are granted or held already; `words` where not.
   * To be asked for all ports of the request before its VLANs.
   */
  port(device: string, port: PortName, settings: Settings): PortFacts;
  /** Which of these VLANs are not granted on ports of the service, as a list of ranges; '' where all are. */
  vlans(service: number, range: VlanRange): VlanFacts;
}

interface PortFacts {
  granted: boolean;
  trunkGranted: boolean;
  words?: string;
}

interface VlanFacts {
  ungranted: string;
  words?: string;
}

/** Ports of one service that lack the same VLANs. */
interface Lack {
  readonly device: string;
  readonly settings: Settings;
  readonly allowance: PortAllowance | undefined;
  readonly found: Ungranted;
  readonly ports: PortName[];
}

/** More different lacks than this in one service are not told apart. */
const MOST_LACKS = 4;
const PORT_GRANTED: PortFacts = Object.freeze({ granted: true, trunkGranted: true });
const VLAN_GRANTED: VlanFacts = Object.freeze({ ungranted: '' });

/** @returns undefined for a namespace without Tenant */
export function grantFacts(
  { namespace, uid, operation }: Pick<PolicyInput['request'], 'namespace' | 'uid' | 'operation'>,
  resolved: ResolvedRequest,
  facts: Facts,
): GrantFacts | undefined {
  const book = facts.grants();
  const tenant = book.tenant(namespace);
  if (tenant === undefined) return undefined;
  // Only what is stored already can hold anything.
  const own = operation === 'UPDATE' ? uid : '';
  const lacks = new Map<number, Lack[]>();

  function lacking(device: string, port: PortName, lack: Omit<Lack, 'ports' | 'device'>): void {
    const field = resolved.devices.get(device)?.fields.get(port) ?? '';
    const service = Number(/^spec\.services\[(\d{1,5})\]/.exec(field)?.[1]);
    const known = lacks.get(service) ?? [];
    lacks.set(service, known);
    const same = (one: Lack) =>
      one.allowance === lack.allowance &&
      printVlanRanges(one.found.vlans) === printVlanRanges(lack.found.vlans);
    const group = known.find(same);
    if (group !== undefined) group.ports.push(port);
    else known.push({ ...lack, device, ports: [port] });
  }

  function lackWords({ device, settings, allowance, found, ports }: Lack, range: VlanRange): string {
    const { written = device, ports: all } = resolved.devices.get(device) ?? {};
    const granted = settings.trunk ? allowance?.trunk : allowance?.access;
    const place = { tenant: namespace, written };
    const contested = allowance?.contested ?? [];
    const words = vlanWords(place, commonVlans(found.vlans, [range]), { contested }, granted ?? []);
    const alike = [...(all?.values() ?? [])].filter((one) => one === settings).length;
    return alike === ports.length ? words : `${words} (ports ${compressPorts(ports)})`;
  }

  return {
    tenant: { name: tenant.name, limit: limit() },
    port(device, port, settings) {
      const allowed = book.allowance(namespace, device);
      const allowance = allowed.port(port);
      const held = own === '' ? undefined : facts.held(device, port, own);
      const found = ungranted(allowance, settings, held);
      if (found === undefined) return PORT_GRANTED;
      const place = { tenant: namespace, written: resolved.devices.get(device)?.written ?? device };
      if (found.reason === 'PortNotPermitted') {
        return { granted: false, trunkGranted: false, words: portWords(place, port, allowed) };
      }
      if (found.reason === 'TrunkNotPermitted') {
        return { granted: true, trunkGranted: false, words: trunkWords(place, port, allowed) };
      }
      lacking(device, port, { settings, allowance, found });
      return PORT_GRANTED;
    },
    vlans(service, range) {
      const here = (lacks.get(service) ?? []).filter(
        ({ found }) => commonVlans(found.vlans, [range]).length > 0,
      );
      if (here.length === 0) return VLAN_GRANTED;
      const missing = uniteVlans(...here.map(({ found }) => commonVlans(found.vlans, [range])));
      const told = here.slice(0, MOST_LACKS).map((lack) => lackWords(lack, range));
      if (here.length > MOST_LACKS) told.push('and more');
      return { ungranted: printVlanRanges(missing), words: told.join('; ') };
    },
  };

  function limit(): GrantFacts['tenant']['limit'] {
    const max = tenant?.maxPorts;
    if (max === undefined) return null;
    const counted = { ...facts.portsAfter(namespace, own, resolved), max };
    return { ...counted, words: limitWords(namespace, counted) };
  }
}
