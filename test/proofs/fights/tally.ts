/** What came of a round, in numbers. */
import type { Asked } from './client.ts';
import type { World } from './settled.ts';
import { ledgerVersion } from './views.ts';

export interface Tally {
  /** Wishes of clients, and what became of them. */
  asked: number;
  stored: number;
  deniedAtAdmission: number;
  /** The request that was to be changed had been denied or deleted before. */
  gone: number;
  /** Got past admission, and is refused by the ledger at rest. */
  deniedByLedger: number;
  /** Ports that clients of several tenants asked for. */
  contested: number;
  /** Of those: one tenant holds them, or nobody (each that asked lost another port). */
  won: number;
  free: number;
}

export function tally(asked: readonly Asked[], world: World): Tally {
  const told = (kind: Asked['answer']['told']) => asked.filter(({ answer }) => answer.told === kind).length;
  const tenants = new Map<string, Set<string>>();
  for (const { tenant, wish } of asked) {
    for (const port of wish.ports) tenants.set(port, (tenants.get(port) ?? new Set()).add(tenant));
  }
  const held = new Set(
    world.devices.flatMap((device) => {
      const { device: name, ports } = ledgerVersion(device);
      return [...ports.keys()].map((port) => `${port}@${name}`);
    }),
  );
  const contested = [...tenants].filter(([, names]) => names.size > 1).map(([port]) => port);
  const won = contested.filter((port) => held.has(port)).length;
  return {
    asked: asked.length,
    stored: told('stored'),
    deniedAtAdmission: told('denied'),
    gone: told('gone'),
    deniedByLedger: world.requests.filter(({ status }) =>
      status?.conditions?.some(({ type, status: value }) => type === 'Accepted' && value === 'False'),
    ).length,
    contested: contested.length,
    won,
    free: contested.length - won,
  };
}

export function added(a: Tally, b: Tally): Tally {
  return {
    asked: a.asked + b.asked,
    stored: a.stored + b.stored,
    deniedAtAdmission: a.deniedAtAdmission + b.deniedAtAdmission,
    gone: a.gone + b.gone,
    deniedByLedger: a.deniedByLedger + b.deniedByLedger,
    contested: a.contested + b.contested,
    won: a.won + b.won,
    free: a.free + b.free,
  };
}
