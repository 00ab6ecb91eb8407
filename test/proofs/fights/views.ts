/** Ledgers and switches as the referee sees them: plain facts, read by its own few lines of code. */
import type { Device } from '../../../crds/types.gen.ts';
import { UPLINKS } from '../../../tools/platform/switches.ts';
import type { DeepReadonly } from '../../../lib/kube/types.ts';

/** What a port shows: description and VLAN, in the words of the ledger. */
export interface Setting {
  readonly tag: string;
  readonly vlan: number;
}

export interface Claim extends Setting {
  readonly uid: string;
  readonly owner: string;
  readonly generation: number;
  readonly state: 'top' | 'shadowed' | 'reserved';
}

/** All claims of one port; the namespace is written once for all of them. */
export interface PortClaims {
  readonly namespace: string;
  readonly claims: readonly Claim[];
}

/** One version of the ledger of a switch. */
export interface LedgerVersion {
  readonly device: string;
  readonly uid: string;
  readonly generation: number;
  readonly ports: ReadonlyMap<string, PortClaims>;
}

export function ledgerVersion({ metadata, spec }: DeepReadonly<Device>): LedgerVersion {
  const ports = new Map<string, PortClaims>();
  for (const [port, entry] of Object.entries(spec)) {
    const claims: Claim[] = (entry.others ?? []).map((other) => ({
      ...{ uid: other.uid, owner: other.owner, generation: other.generation },
      ...{ tag: other.description, vlan: other.vlan },
      state: other.timestamp === undefined ? 'reserved' : 'shadowed',
    }));
    const { namespace, uid, owner, generation } = entry.annotations;
    if (uid !== undefined) {
      const setting = { tag: entry.description ?? '', vlan: entry.vlan ?? 0 };
      claims.unshift({ uid, owner: owner ?? '', generation: generation ?? 0, ...setting, state: 'top' });
    }
    ports.set(port, { namespace, claims });
  }
  return { device: metadata.name, uid: metadata.uid ?? '', generation: metadata.generation ?? 0, ports };
}

export function topOf(claims: PortClaims | undefined): Claim | undefined {
  return claims?.claims.find(({ state }) => state === 'top');
}

/** What a switch shows that is configured as this version says. */
export function settingsOf({ ports }: LedgerVersion): ReadonlyMap<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const [port, claims] of ports) {
    const top = topOf(claims);
    if (top !== undefined) settings.set(port, { tag: top.tag, vlan: top.vlan });
  }
  return settings;
}

/**
 * What the ports of a switch show, out of the text of `show running-config`. Ports that show nothing are absent, and the
 * uplinks, which are the platform's own.
 */
export function shownSettings(runningConfig: string): ReadonlyMap<string, Setting> {
  const settings = new Map<string, Setting>();
  for (const block of runningConfig.split(/^(?=interface )/m)) {
    const port = /^interface Ethernet(\S+)$/m.exec(block)?.[1];
    // Lines of the block only: what follows the last interface is not indented.
    const lines = block.split('\n').filter((line) => line.startsWith('   '));
    const word = (pattern: RegExp) =>
      lines.map((line) => pattern.exec(line)?.[1]).find((found) => found !== undefined);
    const tag = word(/^ {3}description (.*)$/);
    const vlan = word(/^ {3}switchport access vlan (\d+)$/);
    if (port === undefined || UPLINKS.some((uplink) => uplink === port)) continue;
    if (tag === undefined && vlan === undefined) continue;
    settings.set(port, { tag: tag ?? '', vlan: Number(vlan ?? 1) });
  }
  return settings;
}

/** The ports on which two configurations differ, in words. */
export function differences(
  shown: ReadonlyMap<string, Setting>,
  wanted: ReadonlyMap<string, Setting>,
): string[] {
  return [...new Set([...shown.keys(), ...wanted.keys()])].flatMap((port) => {
    const [is, should] = [shown.get(port), wanted.get(port)];
    if (is?.tag === should?.tag && is?.vlan === should?.vlan) return [];
    return [`port ${port} shows ${told(is)} in place of ${told(should)}`];
  });
}

function told(setting: Setting | undefined): string {
  return setting === undefined ? 'nothing' : `${setting.tag} (VLAN ${setting.vlan})`;
}
