/** Watches with a client of its own, straight at the API server and at the switches, and tells what must never be. */
import { PLATFORM_NAMESPACE } from '../../../crds/names.ts';
import type { Device, Interface } from '../../../crds/types.gen.ts';
import { client } from '../../../lib/kube/client.ts';
import { connect } from '../../../lib/kube/connection.ts';
import { informer } from '../../../lib/kube/informer.ts';
import { DEVICES, INTERFACES } from '../../../lib/kube/resources.ts';
import type { DeepReadonly } from '../../../lib/kube/types.ts';
import { expandPort } from '../../../lib/ports/range.ts';
import { claimFaults, stepFaults, type KnownRequest } from './ledger-rules.ts';
import type { Wish } from './plan.ts';
import type { World } from './settled.ts';
import { isWhole, nearest, shownFaults, type Author } from './shown-rules.ts';
import type { ShownConfig, SwitchWatch } from './switch-watch.ts';
import { ledgerVersion, type LedgerVersion } from './views.ts';

export interface Observer {
  /** What was seen and must never be, since the last call. */
  faults(): string[];
  /** Judges every ledger version and every configuration of the switches since the last call. */
  judge(): Promise<void>;
  known(uid: string): KnownRequest | undefined;
  /** `tenant/request` of all who had a claim on the port in the last rounds. */
  heldLately(port: string): ReadonlySet<string>;
  /** The world as the watches show it; without the switches. */
  seen(): World;
  /** The world as it is read now, switches too. */
  read(): Promise<World>;
  /** Fulfilled at the next change of any request or ledger. */
  changed(): Promise<void>;
  untilGone(namespace: string, name: string): Promise<void>;
  /** Fulfilled when every request whose tag begins like this is decided: at least one, or none after `asked`. */
  untilDecided(tags: string, asked: Promise<unknown>): Promise<void>;
  /** A round has ended: what is too old to matter is forgotten. */
  forget(): void;
  /** What was looked at so far. */
  readonly counts: { ledgers: number; requests: number; configurations: number; whole: number };
  stop(): Promise<void>;
}

/** A cache of a webhook may be as old as a few rounds. */
const ROUNDS_KEPT = 4;
/** Only a test that fails waits so long. */
const GONE_MS = 120_000;

/** What is kept of one switch. */
interface Watched {
  versions: LedgerVersion[];
  /** Versions whose claims were not judged yet. */
  unjudged: LedgerVersion[];
  /** Generations that were told as applied, with the time at which that was heard. */
  applied: { generation: number; at: number }[];
  /** The last configuration that was judged up to its beginning: it may still be shown. */
  shown: ShownConfig | undefined;
  /** Number of the last configuration that was told to be wrong: once is enough. */
  told: number;
}

export async function startObserver(options: {
  kubeconfig: string;
  switches: SwitchWatch;
}): Promise<Observer> {
  const connection = await connect({ kubeconfig: options.kubeconfig, userAgent: 'referee' });
  const requests = informer(connection, INTERFACES);
  const devices = informer(connection, DEVICES, { namespace: PLATFORM_NAMESPACE });
  const watched = new Map<string, Watched>();
  const wishes = new Map<string, KnownRequest & { wishes: Map<number, Wish>; goneSince?: number }>();
  const authors = new Map<string, Author>();
  const held: Map<string, Set<string>>[] = [new Map()];
  const counts = { ledgers: 0, requests: 0, configurations: 0, whole: 0 };
  let found: string[] = [];
  let rounds = 0;
  let next = Promise.withResolvers<void>();

  const known = (uid: string): KnownRequest | undefined => wishes.get(uid);
  const authorOf = (tag: string): Author | undefined => authors.get(tag);

  function tell(): void {
    next.resolve();
    next = Promise.withResolvers();
  }

  function sawRequest(request: DeepReadonly<Interface>): void {
    counts.requests += 1;
    const { uid = '', namespace = '', name, generation = 0 } = request.metadata;
    const known = wishes.get(uid) ?? { namespace, name, wishes: new Map<number, Wish>() };
    wishes.set(uid, known);
    // Deletion raises the generation, and asks for nothing.
    if (request.metadata.deletionTimestamp !== undefined) return;
    const wish = wishOf(request);
    known.wishes.set(generation, wish);
    authors.set(wish.tag, { uid, namespace });
  }

  function sawLedger(device: DeepReadonly<Device>): void {
    const name = device.metadata.name;
    const of = watched.get(name) ?? { versions: [], unjudged: [], applied: [], shown: undefined, told: 0 };
    watched.set(name, of);
    const { applied } = device.status ?? {};
    const newest = of.applied.at(-1)?.generation ?? 0;
    if (applied !== undefined && applied.uid === device.metadata.uid && applied.generation > newest) {
      of.applied.push({ generation: applied.generation, at: Date.now() });
    }
    const before = of.versions.at(-1);
    const version = ledgerVersion(device);
    if (before?.generation === version.generation && before.uid === version.uid) return;
    counts.ledgers += 1;
    found.push(...stepFaults(before, version));
    of.versions.push(version);
    of.unjudged.push(version);
    for (const [port, { namespace, claims }] of version.ports) {
      for (const { owner } of claims) keep(`${port}@${name}`, `${namespace}/${owner}`);
    }
  }

  function keep(port: string, owner: string): void {
    const owners = held[0]?.get(port) ?? new Set();
    held[0]?.set(port, owners.add(owner));
  }

  async function judgeSwitch(name: string, of: Watched): Promise<void> {
    const spans = await options.switches.shownSince(name, of.shown?.number ?? 0);
    const first = spans[0]?.number ?? 0;
    if (of.shown !== undefined && first > of.shown.number + 1) {
      found.push(`${name}: configurations ${of.shown.number + 1} to ${first - 1} were not seen`);
    }
    counts.configurations += spans.length;
    const all = of.shown === undefined ? spans : [of.shown, ...spans];
    const now = Date.now();
    for (const [index, { number, settings }] of all.entries()) {
      const until = all[index + 1]?.at ?? now;
      // Heard before it ended: then it was certainly true while this was shown.
      const applied = of.applied.findLast(({ at }) => at < until)?.generation ?? 0;
      // Before the platform's first contact nothing is promised.
      if (applied === 0 || number === of.told) continue;
      if (number !== of.shown?.number && isWhole(settings, of.versions)) counts.whole += 1;
      const faults = shownFaults({ device: name, number, settings, applied }, of.versions, authorOf);
      if (faults.length === 0) continue;
      of.told = number;
      found.push(...faults, ...storyOf(of, all.slice(Math.max(0, index - 3), index + 4)));
    }
    of.shown = all.at(-1);
  }

  requests.onChange(({ object, previous }) => {
    if (object !== undefined) sawRequest(object);
    else {
      const known = wishes.get(previous?.metadata.uid ?? '');
      if (known !== undefined) known.goneSince = rounds;
    }
    tell();
  });
  devices.onChange(({ object, previous }) => {
    if (object !== undefined) sawLedger(object);
    else found.push(`the Device ${previous?.metadata.name} is gone`);
    tell();
  });
  requests.start();
  devices.start();
  await Promise.all([requests.whenSynced(), devices.whenSynced()]);

  return {
    counts,
    known,
    faults() {
      const told = found;
      found = [];
      return told;
    },
    async judge() {
      for (const [name, of] of watched) {
        for (const version of of.unjudged.splice(0)) found.push(...claimFaults(version, known));
        await judgeSwitch(name, of);
      }
    },
    heldLately: (port) => new Set(held.flatMap((round) => [...(round.get(port) ?? [])])),
    seen: () => ({ requests: requests.store.list(), devices: devices.store.list(), switches: undefined }),
    async read() {
      const [{ items }, ledgers, ...views] = await Promise.all([
        client(connection, INTERFACES).list(),
        client(connection, DEVICES).list({ namespace: PLATFORM_NAMESPACE }),
        ...[...watched.keys()].map(async (name) => [name, await options.switches.look(name)] as const),
      ]);
      return { requests: items, devices: ledgers.items, switches: new Map(views) };
    },
    changed: () => next.promise,
    async untilGone(namespace, name) {
      const deadline = AbortSignal.timeout(GONE_MS);
      while (requests.store.get(`${namespace}/${name}`) !== undefined) {
        if (deadline.aborted) throw new Error(`${namespace}/${name} is not gone after ${GONE_MS / 1000} s`);
        await Promise.race([next.promise, timeout(deadline)]);
      }
    },
    async untilDecided(tags, asked) {
      let isAsked = false;
      void asked.then(() => {
        isAsked = true;
        tell();
      }, tell);
      const isDecided = (): boolean => {
        const of = requests.store
          .list()
          .filter(({ spec }) => spec.services[0]?.description?.startsWith(tags));
        return (
          (of.length > 0 || isAsked) &&
          of.every(({ metadata, status }) => status?.observedGeneration === metadata.generation)
        );
      };
      while (!isDecided()) await next.promise;
    },
    forget() {
      rounds += 1;
      held.unshift(new Map());
      held.splice(ROUNDS_KEPT);
      for (const [name, of] of watched) {
        // Who holds a port now holds it in the next round too.
        for (const [port, { namespace, claims }] of of.versions.at(-1)?.ports ?? []) {
          for (const { owner } of claims) keep(`${port}@${name}`, `${namespace}/${owner}`);
        }
        of.applied.splice(0, of.applied.length - 1);
        const oldest = of.applied[0]?.generation ?? 0;
        // The words of a fault name whose an older setting was.
        of.versions.splice(
          0,
          of.versions.findIndex(({ generation }) => generation >= oldest),
        );
      }
      for (const [uid, { goneSince }] of wishes) {
        if (goneSince !== undefined && goneSince < rounds - ROUNDS_KEPT) wishes.delete(uid);
      }
      for (const [tag, { uid }] of authors) if (!wishes.has(uid)) authors.delete(tag);
    },
    async stop() {
      await Promise.all([requests.stop(), devices.stop()]);
      await connection.close();
    },
  };
}

/** How it came to a configuration that is wrong. */
function storyOf({ versions, applied }: Watched, configurations: readonly ShownConfig[]): string[] {
  const from = configurations[0]?.at ?? 0;
  const until = configurations.at(-1)?.at ?? 0;
  const events = [
    ...configurations.map(({ number, at, settings }) => ({
      at,
      text: `configuration ${number} is ${nearest(settings, versions)}`,
    })),
    ...applied
      .filter(({ at }) => at >= from && at <= until)
      .map(({ generation, at }) => ({ at, text: `generation ${generation} is called applied` })),
  ];
  return events
    .sort((a, b) => a.at - b.at)
    .map(({ at, text }) => `    ${new Date(at).toISOString()} ${text}`);
}

function timeout(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

function wishOf({ spec }: DeepReadonly<Interface>): Wish {
  const ports = spec.services.flatMap((service) =>
    service.ports.flatMap((item) => {
      const expanded = expandPort(item);
      return Array.isArray(expanded)
        ? expanded.map((port) => `${port}@${service.devicename.toLowerCase()}` as const)
        : [];
    }),
  );
  const [first] = spec.services;
  return { tag: first?.description ?? '', vlan: first?.vlan ?? 0, ports };
}
