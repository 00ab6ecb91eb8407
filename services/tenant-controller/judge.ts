import type { TenantReason } from '../../crds/reasons.ts';
import type { Device, Tenant, TenantUsage } from '../../crds/types.gen.ts';
import type { GrantBook } from '../../lib/grants/grant-book.ts';
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
/**
 * Compares what a tenant holds with what it may hold. For the administrator's eyes: other tenants are named.
 * @param book undefined: the inventory is not known yet
 */
export function judge(tenant: DeepReadonly<Tenant>, held: Held, book: GrantBook | undefined): Judgement {
  const problems = (readTenant(tenant as Tenant)?.problems ?? []).map(
    ({ field, message }) => `${field}: ${message}`,
  );
  return { problems, overLimit: overLimit(tenant, held, book) };
}

function overLimit(
  tenant: DeepReadonly<Tenant>,
  { used, devices }: Held,
  book: GrantBook | undefined,
): Finding {
  const { maxPorts = Infinity } = tenant.spec;
  const found: Excess[] = [];
  if (used.ports > maxPorts) {
    const words = `holds ${counted(used.ports, 'port')}, its limit is ${maxPorts}: ${used.ports - maxPorts} too many`;
    found.push(['PortLimitExceeded', words]);
  }
  if (book !== undefined) found.push(...ungranted(tenant.metadata.name, devices, book));
  const [worst] = found;
  if (worst !== undefined) {
    const message = capitalized(sentence(found.map(([, words]) => words)));
    return { status: 'True', reason: worst[0], message };
  }
  if (book === undefined)
    return { status: 'Unknown', reason: 'Pending', message: 'The inventory is not known yet' };
  const limit = maxPorts === Infinity ? '' : `, its limit is ${maxPorts}`;
  return { status: 'False', reason: 'WithinLimits', message: `Holds ${counted(used.ports, 'port')}${limit}` };
}

function ungranted(name: string, devices: readonly DeepReadonly<Device>[], book: GrantBook): Excess[] {
  const known = new Set(book.devices);
  const holdings = devices
    // Ports of a switch that left the inventory are frozen: its requests say so.
    .filter(({ metadata }) => known.has(metadata.name))
    .flatMap((device) =>
      activeSettings(device as Device, name).map((active) => ({
        ...active,
        device: device.metadata.name,
      })),
    );
  const taken = violations(book, name, holdings);
  const twice = overlaps(book, name).map((overlap): Excess => ['GrantOverlap', overlapWords(overlap)]);
  if (taken.length === 0) return twice;
  return [['NotGranted', `in force, but not granted: ${violationWords(taken)}`], ...twice];
}
