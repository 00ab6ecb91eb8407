import { createHash } from 'node:crypto';
import type { Confirmed, ConfirmedClaim, Ledger, PortEntry } from '../../crds/types.gen.ts';
import type { PortName } from '../ports/port.ts';
import { settingsOf } from '../ports/settings.ts';
import type { PlatformSet } from './platform-set.ts';
import { renderPort } from './section.ts';

export { platformSet } from './platform-set.ts';
export type { ConfigMapLike, PlatformProblem, PlatformSet } from './platform-set.ts';

/** Who answers for a line. */
export type Owner =
  | { kind: 'request'; uid: string; port: PortName }
  | { kind: 'parked'; port: PortName }
  | { kind: 'base'; model: string };

export interface CandidateInput {
  platform: PlatformSet;
  /** Tops of the ConfigMap model that is rendered. */
  model: Ledger;
  /** Device.spec: who still has an active claim (rule 2). */
  active: Ledger;
  /** Device.status.confirmed. */
  confirmed: Confirmed;
  /** I: uids of the requests that are let in. */
  include: ReadonlySet<string>;
}

export interface CandidateLine {
  text: string;
  owner: Owner;
}

export interface CandidateFailure {
  owner: Owner;
  message: string;
  template?: string;
  /** From 1. */
  line?: number;
}

export interface Candidate {
  text: string;
  /** The lines of `text`, each with its owner. */
  lines: readonly CandidateLine[];
  /** The claims it shows, by port; parked ports are absent. */
  shown: Confirmed;
  /** Sections that are left out: not to be pushed before their owners left `include`. */
  failures: readonly CandidateFailure[];
  /** SHA-256 of `text`, hexadecimal. */
  digest: string;
}

/**
 * The full configuration of a device with the owner of each line. Per delegable port:
 * 1. the top claim, if its request is let in;
 * 2. else the confirmed claim, if its request still has an active claim on the port;
 * 3. else the port is parked.
 * Uplinks and reserved ports belong to base models and are not looked at.
 */
export function candidate({ platform, model, active, confirmed, include }: CandidateInput): Candidate {
  const lines: CandidateLine[] = [];
  const failures: CandidateFailure[] = [];
  const shown: Confirmed = {};
  const declared = new Set<number>();

  const addPorts = (): void => {
    for (const port of platform.delegable) {
      const claim = claimOn(port, model, active, confirmed, include);
      if (claim === undefined) {
        lines.push(...parked(port, platform));
        continue;
      }
      const owner: Owner = { kind: 'request', uid: claim.uid, port };
      const section = renderPort(platform.portTemplate, port, claim, platform.context);
      if ('message' in section) {
        failures.push({ owner, ...section });
        continue;
      }
      shown[port] = claim;
      // A full replace removes what is not declared: each VLAN is declared once, where it is first needed, so that
      // a refused `vlan` line has one owner and the next one takes its turn in the next candidate.
      const missing = section.vlans.filter((id) => !declared.has(id));
      for (const id of missing) declared.add(id);
      const vlans = missing.length === 0 ? [] : [...missing.map((id) => `vlan ${id}`), '!'];
      const texts = ['!', ...vlans, ...section.lines];
      lines.push(...texts.map((text) => ({ text, owner })));
    }
  };

  // Order, then name; the ports stand where their model stands.
  const sections = [
    ...platform.base.map(({ model: name, order, result }) => ({
      name,
      order,
      add: () => {
        const owner: Owner = { kind: 'base', model: name };
        if ('message' in result) failures.push({ owner, ...result });
        else lines.push(...result.lines.map((text) => ({ text, owner })));
      },
    })),
    { name: platform.ports.name, order: platform.ports.order, add: addPorts },
  ].sort((a, b) => a.order - b.order || (a.name < b.name ? -1 : 1));
  for (const section of sections) section.add();

  const text = lines.map((line) => `${line.text}\n`).join('');
  return { text, lines, shown, failures, digest: createHash('sha256').update(text).digest('hex') };
}

function parked(port: PortName, platform: PlatformSet): CandidateLine[] {
  if (platform.unused === 'default') return [];
  const owner: Owner = { kind: 'parked', port };
  const texts = ['!', platform.context.dialect.interfaceLine(port), '   shutdown'];
  return texts.map((text) => ({ text, owner }));
}

function claimOn(
  port: PortName,
  model: Ledger,
  active: Ledger,
  confirmed: Confirmed,
  include: ReadonlySet<string>,
): ConfirmedClaim | undefined {
  const top = topOf(own(model, port));
  if (top !== undefined && include.has(top.uid)) return top;
  const before = own(confirmed, port);
  return before !== undefined && hasActive(own(active, port), before.uid) ? before : undefined;
}

/** Keys come from the API: nothing inherited is taken for a port. */
function own<T>(record: { readonly [key: string]: T }, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

function topOf(entry: PortEntry | undefined): ConfirmedClaim | undefined {
  if (entry === undefined) return undefined;
  const { vlan, trunk, shutdown, stp, vlans, nativeVlan, description, annotations } = entry;
  const { namespace, owner, uid, generation, timestamp } = annotations;
  if (vlan === undefined || trunk === undefined || shutdown === undefined || stp === undefined)
    return undefined;
  if (description === undefined || owner === undefined || uid === undefined || generation === undefined)
    return undefined;
  return {
    ...settingsOf({ vlan, trunk, shutdown, stp, vlans, nativeVlan, description }),
    namespace,
    owner,
    uid,
    generation,
    ...(timestamp === undefined ? {} : { timestamp }),
  };
}

/** Active: top, or shadowed. A reserved claim has `attempt` and no timestamp. */
function hasActive(entry: PortEntry | undefined, uid: string): boolean {
  if (entry === undefined) return false;
  if (entry.annotations.uid === uid) return true;
  return (entry.others ?? []).some((other) => other.uid === uid && other.timestamp !== undefined);
}
