import type { TenantReason } from '../../crds/reasons.ts';
import type { Device, Tenant, TenantUsage } from '../../crds/types.gen.ts';
import { grantBook, type GrantBook } from '../../lib/grants/grant-book.ts';
import type { GroupedDevice } from '../../lib/grants/device-set.ts';
import { overlaps, overlapWords } from '../../lib/grants/overlaps.ts';
import { readTenant } from '../../lib/grants/read-tenant.ts';
import { violations, violationWords } from '../../lib/grants/violations.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { activeSettings } from '../../lib/ledger/usage.ts';
import { capitalized, sentence } from '../../lib/ledger/words.ts';
import { counted } from './namespace.ts';
import type { Finding } from './status.ts';

/** What is to be said of a Tenant's grants, and of what it holds. */
export interface Judgement {
  /** What is wrong with grants, each with its field. */
  readonly problems: readonly string[];
  readonly overLimit: Finding;
}

/** A tenant as the ledgers show it. */
export interface Held {
  readonly used: TenantUsage;
  /** On which it holds ports. */
  readonly devices: readonly DeepReadonly<Device>[];
}

/** Something that a tenant has beyond its limits. */
type Excess = readonly [reason: TenantReason, words: string];
type Inventory = ReadonlyMap<string, GroupedDevice>;

/** All tenants' grants on the switches of the inventory, and which switches these are. */
export interface Granted {
  readonly book: GrantBook;
  readonly inventory: Inventory;
}

/** The grants of all Tenants, made ready. */
export function granted(tenants: readonly DeepReadonly<Tenant>[], inventory: Inventory): Granted {
  const read = tenants.map((tenant) => readTenant(tenant as Tenant)).filter((tenant) => tenant !== undefined);
  return { book: grantBook(read, inventory), inventory };
}

/**
 * Compares what a tenant holds with what it may hold. For the administrator's eyes: other tenants are named.
 * @param all undefined: the inventory is not known yet
 */
export function judge(tenant: DeepReadonly<Tenant>, held: Held, all: Granted | undefined): Judgement {
  const problems = (readTenant(tenant as Tenant)?.problems ?? []).map(
    ({ field, message }) => `${field}: ${message}`,
  );
  return { problems, overLimit: overLimit(tenant, held, all) };
}

function overLimit(tenant: DeepReadonly<Tenant>, { used, devices }: Held, all: Granted | undefined): Finding {
  const { maxPorts = Infinity } = tenant.spec;
  const found: Excess[] = [];
  if (used.ports > maxPorts) {
    const words = `holds ${counted(used.ports, 'port')}, its limit is ${maxPorts}: ${used.ports - maxPorts} too many`;
    found.push(['PortLimitExceeded', words]);
  }
  if (all !== undefined) found.push(...ungranted(tenant.metadata.name, devices, all));
  const [worst] = found;
  if (worst !== undefined) {
    const message = capitalized(sentence(found.map(([, words]) => words)));
    return { status: 'True', reason: worst[0], message };
  }
  if (all === undefined)
    return { status: 'Unknown', reason: 'Pending', message: 'The inventory is not known yet' };
  const limit = maxPorts === Infinity ? '' : `, its limit is ${maxPorts}`;
  return { status: 'False', reason: 'WithinLimits', message: `Holds ${counted(used.ports, 'port')}${limit}` };
}

function ungranted(
  name: string,
  devices: readonly DeepReadonly<Device>[],
  { book, inventory }: Granted,
): Excess[] {
  const holdings = devices
    // Ports of a switch that left the inventory are frozen: its requests say so.
    .filter(({ metadata }) => inventory.has(metadata.name))
    .flatMap((device) =>
      activeSettings(device as Device, name).map((active) => ({ ...active, device: device.metadata.name })),
    );
  const taken = violations(book, name, holdings);
  const shared = overlaps(book, name).map((overlap): Excess => ['GrantOverlap', overlapWords(overlap)]);
  if (taken.length === 0) return shared;
  return [['NotGranted', `in force, but not granted: ${violationWords(taken)}`], ...shared];
}
