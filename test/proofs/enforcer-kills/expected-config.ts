import { profileOf } from '../../../topo/eos-sim/profile.ts';
import { systemClock } from '../../../topo/eos-sim/clock.ts';
import { Switch } from '../../../topo/eos-sim/switch.ts';
import { PORTS } from './requests.ts';
import type { Requests } from './requests.ts';

export const USER = { name: 'naas', privilege: 15, role: 'network-admin', sha512: '$6$salt$Mh3kRk' } as const;
/** So many named VLANs make a candidate of several SSH packets: a load can then be cut in the middle. */
export const BULK_VLANS = 1200;

export function bulkVlans(): { id: number; name: string }[] {
  return Array.from({ length: BULK_VLANS }, (_, index) => ({
    id: 2000 + index,
    name: `bulk-network-number-${2000 + index}`,
  }));
}

/**
 * What the switch prints when it shows a version of the ledger: written by hand from the requests, neither by the
 * renderer nor by the templates, and printed by a switch of its own.
 */
export function expectedConfig(
  { hostname, release, bulk }: { hostname: string; release: string; bulk: boolean },
  requests: Requests,
): string {
  const lines = [
    `hostname ${hostname}`,
    'spanning-tree mode mstp',
    'aaa authorization exec default local',
    'no aaa root',
    `username ${USER.name} privilege ${USER.privilege} role ${USER.role} secret sha512 ${USER.sha512}`,
  ];
  if (bulk) for (const { id, name } of bulkVlans()) lines.push(`vlan ${id}`, `   name ${name}`);
  for (const { vlan } of requests) lines.push(`vlan ${vlan}`);
  for (let port = 1; port <= PORTS; port += 1) {
    lines.push(`interface Ethernet${port}`);
    const request = requests.find(({ ports }) => ports.includes(port));
    if (request === undefined) {
      lines.push('   shutdown');
      continue;
    }
    const { vlan } = request;
    lines.push(`   description ${request.name}`);
    if (request.shutdown) lines.push('   shutdown');
    if (request.trunk) lines.push(`   switchport trunk allowed vlan ${vlan}`, '   switchport mode trunk');
    else lines.push(`   switchport access vlan ${vlan}`);
    if (request.stp !== 'normal') {
      lines.push(`   spanning-tree portfast${request.stp === 'network' ? ' network' : ''}`);
    }
  }
  lines.push('management api http-commands', '   shutdown', 'management ssh', '   idle-timeout 30');
  const twin = new Switch({
    hostname,
    hardware: { ports: PORTS },
    profile: profileOf(release),
    clock: systemClock,
    serial: 'TWIN',
    startupConfig: lines.join('\n'),
  });
  return twin.runningConfig();
}
