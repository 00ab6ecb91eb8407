/** What must hold when a round has come to rest, and what still waits until then. Both are the same list. */
import type { Device, Interface } from '../../../crds/types.gen.ts';
import type { DeepReadonly } from '../../../lib/kube/types.ts';
import { parsePortList } from '../../../lib/ports/range.ts';
import type { KnownRequest } from './ledger-rules.ts';
import { differences, ledgerVersion, settingsOf, topOf, type LedgerVersion, type Setting } from './views.ts';

export interface SwitchView {
  readonly settings: ReadonlyMap<string, Setting>;
  /** Sessions that are neither committed nor aborted, and the armed commit timer. */
  readonly open: readonly string[];
}

export interface World {
  readonly requests: readonly DeepReadonly<Interface>[];
  readonly devices: readonly DeepReadonly<Device>[];
  /** By name; undefined: not looked at. */
  readonly switches: ReadonlyMap<string, SwitchView> | undefined;
}

/** @returns one line for each thing that is not as it must be at rest */
export function unsettled(world: World, known: (uid: string) => KnownRequest | undefined): string[] {
  const ledgers = new Map(world.devices.map((device) => [device.metadata.name, ledgerVersion(device)]));
  return [
    ...world.requests.flatMap((request) => unsettledRequest(request, ledgers, known)),
    ...world.devices.flatMap((device) => unsettledLedger(device, world.requests)),
    ...[...ledgers].flatMap(([name, ledger]) => unsettledSwitch(name, ledger, world.switches?.get(name))),
  ];
}

function unsettledRequest(
  request: DeepReadonly<Interface>,
  ledgers: ReadonlyMap<string, LedgerVersion>,
  known: (uid: string) => KnownRequest | undefined,
): string[] {
  const { metadata, status } = request;
  const { namespace = '', name, uid = '', generation = 0 } = metadata;
  const condition = (type: string) => status?.conditions?.find((found) => found.type === type);
  const [accepted, ready, programmed] = [condition('Accepted'), condition('Ready'), condition('Programmed')];
  const say = (text: string) => [`${namespace}/${name} generation ${generation}: ${text}`];
  if (metadata.deletionTimestamp !== undefined) return say(`not released: ${ready?.message ?? ''}`);
  if (status?.observedGeneration !== generation || accepted?.observedGeneration !== generation) {
    return say(`not decided: ${accepted?.message ?? ''}`);
  }
  const wish = (number: number | undefined) => known(uid)?.wishes.get(number ?? -1);
  const inForce = status.claim?.accepted?.generation;
  const owed = new Set<string>(wish(inForce)?.ports);
  const held = new Map(claimsOf(uid, ledgers));
  const wrong = [...new Set([...owed, ...held.keys()])].filter(
    (port) => !owed.has(port) || held.get(port) !== inForce,
  );
  if (wrong.length > 0) return say(`the ledger does not hold generation ${inForce} on ${wrong.join(', ')}`);
  if (accepted.status === 'True') {
    if (inForce !== generation) return say(`accepted, but generation ${inForce} is in force`);
    for (const one of [programmed, ready]) {
      if (one?.status !== 'True' || one.observedGeneration !== generation) {
        return say(`not ready: ${one?.reason}: ${one?.message}`);
      }
    }
    return [];
  }
  if (accepted.status !== 'False') return say(`waits: ${accepted.message}`);
  if (
    ready?.status !== 'False' ||
    programmed?.status !== 'False' ||
    condition('Stalled')?.status !== 'True'
  ) {
    return say('refused, but Ready, Programmed or Stalled say otherwise');
  }
  return toldRightly(request, wish(generation)?.ports ?? [], ledgers).flatMap(say);
}

/** A loser is told each port it lost, and to whom, as the ledger is now; in words and in `status.devices`. */
function toldRightly(
  { metadata, status }: DeepReadonly<Interface>,
  asked: readonly string[],
  ledgers: ReadonlyMap<string, LedgerVersion>,
): string[] {
  const accepted = status?.conditions?.find(({ type }) => type === 'Accepted');
  if (accepted?.reason !== 'PortOwnedByOtherTenant')
    return [`refused as ${accepted?.reason}: ${accepted?.message}`];
  const lost = asked.flatMap((key) => {
    const [port = '', device = ''] = key.split('@');
    const claims = ledgers.get(device)?.ports.get(port);
    if (claims === undefined || claims.namespace === metadata.namespace) return [];
    return [`${key} to ${claims.namespace}/${topOf(claims)?.owner}`];
  });
  const inWords = namedConflicts(accepted.message);
  const inStatus = (status?.devices ?? []).flatMap(({ name, conflicts = [] }) =>
    conflicts.flatMap(({ ports, owner }) => expand(ports).map((port) => `${port}@${name} to ${owner}`)),
  );
  if (lost.length === 0) return [`refused, though nothing of it is another's: ${accepted.message}`];
  const faults: string[] = [];
  if (!sameSet(lost, inWords)) faults.push(`lost ${lost.join(', ')}, but is told: ${accepted.message}`);
  if (!sameSet(lost, inStatus))
    faults.push(`lost ${lost.join(', ')}, but status.devices says ${inStatus.join(', ')}`);
  return faults;
}

/** `3@devicea to tenant/request` for each port that a denial names. */
export function namedConflicts(message: string): string[] {
  const pattern = /Ports? ([\d,-]+)@(\S+) (?:is|are) owned by a different tenant: (\S+) \(request ([^)]+)\)/g;
  return [...message.matchAll(pattern)].flatMap(([, ports = '', device, namespace, owner]) =>
    expand(ports).map((port) => `${port}@${device} to ${namespace}/${owner}`),
  );
}

function unsettledLedger(
  device: DeepReadonly<Device>,
  requests: readonly DeepReadonly<Interface>[],
): string[] {
  const { device: name, ports } = ledgerVersion(device);
  const { status, metadata } = device;
  const faults: string[] = [];
  const confirmed = new Map(Object.entries(status?.confirmed ?? {}));
  for (const [port, { claims }] of ports) {
    for (const { state, uid, owner } of claims) {
      if (state === 'reserved') faults.push(`port ${port} is still reserved for ${owner}`);
      if (!requests.some((request) => request.metadata.uid === uid)) {
        faults.push(`port ${port} is held for ${owner} (${uid}), which does not exist`);
      }
    }
    const top = claims.find(({ state }) => state === 'top');
    const shown = confirmed.get(port);
    confirmed.delete(port);
    if (shown?.uid === top?.uid && shown?.generation === top?.generation) continue;
    faults.push(`port ${port} is not confirmed for ${top?.owner ?? 'nobody'}`);
  }
  for (const port of confirmed.keys()) faults.push(`port ${port} is confirmed, but nobody's`);
  const leaving = JSON.parse(metadata.annotations?.['network.as.a.service/leaving'] ?? '{}') as Record<
    string,
    number
  >;
  const applied = status?.applied?.uid === metadata.uid ? (status?.applied?.generation ?? 0) : 0;
  for (const [uid, generation] of Object.entries(leaving)) {
    if (applied <= generation)
      faults.push(`the leaving of ${uid} at generation ${generation} is not confirmed`);
  }
  for (const { uid, reason, message } of status?.held ?? []) {
    faults.push(`${uid} is kept out: ${reason}: ${message}`);
  }
  return faults.map((fault) => `${name}: ${fault}`);
}

function unsettledSwitch(name: string, ledger: LedgerVersion, view: SwitchView | undefined): string[] {
  if (view === undefined) return [];
  return [
    ...differences(view.settings, settingsOf(ledger)).map((text) => `${name}: ${text}`),
    ...view.open.map((open) => `${name}: ${open} is open`),
  ];
}

/** Ports on which a request has claims that count, with the generation of each. */
function* claimsOf(uid: string, ledgers: ReadonlyMap<string, LedgerVersion>): Iterable<[string, number]> {
  for (const [device, { ports }] of ledgers) {
    for (const [port, { claims }] of ports) {
      const own = claims.find((claim) => claim.uid === uid && claim.state !== 'reserved');
      if (own !== undefined) yield [`${port}@${device}`, own.generation];
    }
  }
}

function expand(ports: string): string[] {
  const list = parsePortList(ports);
  return Array.isArray(list) ? list : [`?${ports}`];
}

function sameSet(some: readonly string[], others: readonly string[]): boolean {
  const all = new Set(some);
  return all.size === new Set(others).size && others.every((one) => all.has(one));
}
