import type { Device } from '../../crds/types.gen.ts';
import type { Inventory } from '../../lib/inventory/device.ts';
import type { Clock } from '../../lib/kube/clock.ts';
import { messageOf } from '../../lib/kube/errors.ts';
import type { AccessMemory } from './access.ts';
import { ALL, type Ask } from './ask.ts';
import { complianceInterval, due, type DueInput, type Verdict } from './due.ts';
import { flights, type Flights } from './in-flight.ts';
import { madeAt } from './job.ts';
import { judge, type Judgement } from './judge.ts';
import type { Launches } from './launches.ts';
import type { DueDevice } from './orders.ts';
import type { PlatformDigest, PlatformDigests } from './platform-digests.ts';
import { jobsFor, versionOf, type Stores } from './stores.ts';

/** What is to be done about a device. */
export type Outlook =
  | {
      readonly verdict: Verdict;
      readonly item: DueDevice;
      /** An ask that still stands, though a Job has done what it wanted. */ readonly served?: Ask;
    }
  /** The Job ended, it seems, without a result: the Device must be read anew before that is believed. */
  | { readonly silent: string };

export interface SituationOptions {
  readonly namespace: string;
  readonly stores: Stores;
  readonly launches: Launches;
  readonly digests: PlatformDigests;
  readonly clock: Clock;
}

/** Puts together what the pure decisions need, from the stores. */
export interface Situation {
  device(name: string): Device | undefined;
  outlook(
    name: string,
    inventory: Inventory,
    asks: ReadonlyMap<string, Ask>,
    memory: AccessMemory,
  ): Outlook | undefined;
  judgement(device: Device, inventory: Inventory): Judgement;
  /** A read of the Device has shown that the Job left no result. */
  confirmSilent(name: string, job: string): void;
  /** The switch was compared with what it should be. @param at milliseconds since 1970 */
  wasChecked(name: string, at: number): void;
}

export function situation({ namespace, stores, launches, digests, clock }: SituationOptions): Situation {
  const silentJobs = new Map<string, string>();
  const checked = new Map<string, number>();

  function deviceNamed(name: string): Device | undefined {
    // The decisions take a Device and change nothing in it.
    return stores.devices.store.get(`${namespace}/${name}`) as Device | undefined;
  }

  function flightsOf(device: Device): Flights {
    const { name } = device.metadata;
    const jobs = stores.jobs.store.byIndex('device', name);
    const pods = stores.pods.store.byIndex('device', name);
    const pending = launches.pending(name);
    return flights({
      ...{ device: name, attempted: device.status?.attempted, jobs, pods },
      ...{ launched: pending === undefined ? [] : [pending], now: clock.now() },
    });
  }

  function platformOf(name: string, inventory: Inventory): PlatformDigest {
    try {
      return digests.of(name, inventory);
    } catch (error) {
      return { problem: messageOf(error) };
    }
  }

  /** How an ask by name stands. A Job that was lost has not served it; one that ended in any other way has. */
  function standing(name: string, ask: Ask | undefined, seen: Flights): 'open' | 'served' | 'lost' {
    const jobs = ask === undefined ? [] : jobsFor(stores, name, ask.id);
    if (jobs.length === 0 || seen.inFlight !== undefined) return 'open';
    const isLost = seen.lost !== undefined && jobs.some(({ metadata }) => metadata.name === seen.silent);
    return isLost ? 'lost' : 'served';
  }

  /** Names sort by time, and this device's Jobs by their names, whatever clocks do. */
  function afterOthers(name: string, device: Device): number {
    const names = stores.jobs.store.byIndex('device', name).map(({ metadata }) => metadata.name);
    return Math.max(...[device.status?.attempted?.job, ...names].map(madeAt)) + 1;
  }

  /** Pushes in a row that succeeded, or ended well and told nothing, and left the same things due. */
  function fruitlessOf(name: string, device: Device, seen: Flights): DueInput['fruitless'] {
    const last = launches.last(name);
    if (last === undefined) return undefined;
    const { signature } = last;
    const count = last.repeats + 1;
    // As after a lost fence: nobody knows why, and the next one may end like it.
    if (seen.silent === last.job && seen.checkedAt !== undefined) {
      return { signature, count, at: seen.checkedAt };
    }
    const attempted = device.status?.attempted;
    if (attempted?.job !== last.job) return undefined;
    if (attempted.outcome !== 'applied' && attempted.outcome !== 'unchanged') return undefined;
    return { signature, count, at: Date.parse(attempted.at ?? '') || 0 };
  }

  /** With which address and credentials the last try was made, if that is known. */
  function accessOf(name: string, device: Device, memory: AccessMemory): string | undefined {
    const last = launches.last(name);
    const job = device.status?.attempted?.job;
    return last !== undefined && last.job === job ? last.access : memory.triedBy(name, job);
  }

  return {
    device: deviceNamed,

    outlook(name, inventory, asks, memory) {
      const device = deviceNamed(name);
      const entry = inventory.devices.get(name);
      if (device === undefined || entry === undefined) return undefined;
      const seen = flightsOf(device);
      if (seen.silent !== undefined && silentJobs.get(name) !== seen.silent) return { silent: seen.silent };
      const ask = asks.get(name);
      const state = standing(name, ask, seen);
      const sweep = asks.get(ALL);
      // A Job that was made before the ask does not serve it, even if it ends after it.
      const lastJob = Math.max(madeAt(device.status?.attempted?.job), madeAt(seen.silent));
      // By our own clock: those of nodes may be behind it by more than the interval. One that went back says nothing.
      const looked = seen.lost === undefined && lastJob <= clock.now() ? lastJob : 0;
      const swept = sweep === undefined || lastJob >= sweep.at ? undefined : sweep;
      const named = state === 'served' ? undefined : ask;
      const checkedAt = Math.max(checked.get(name) ?? 0, seen.checkedAt ?? 0, looked);
      const platform = platformOf(name, inventory);
      const verdict = due({
        device,
        model: versionOf(stores.models.store.get(`${namespace}/interfaces-${name}`)),
        platform: 'digest' in platform ? platform.digest : undefined,
        mode: entry.mode,
        access: { now: memory.digest(entry), attempted: accessOf(name, device, memory) },
        ask: named !== undefined ? 'named' : swept !== undefined ? 'sweep' : undefined,
        askLost: state === 'lost',
        inFlight: seen.inFlight !== undefined,
        inFlightUntil: seen.inFlightUntil,
        lost: seen.lost,
        fruitless: fruitlessOf(name, device, seen),
        checkedAt: checkedAt === 0 ? undefined : checkedAt,
        complianceInterval: complianceInterval(inventory.devices.size),
        now: clock.now(),
      });
      return {
        verdict,
        item: {
          ...{ name, ask: named, step: swept?.step },
          // A sweep counts as done by the name of a Job: that must not be of a slower clock than its own.
          notBefore: Math.max(afterOthers(name, device), swept?.at ?? 0),
        },
        ...(state === 'served' && ask && { served: ask }),
      };
    },

    judgement(device, inventory) {
      const { name } = device.metadata;
      const entry = inventory.devices.get(name);
      const seen = flightsOf(device);
      return judge({
        device,
        known: entry === undefined ? undefined : { ports: entry.ports.length, mode: entry.mode },
        platform: entry === undefined ? { problem: 'not in the inventory' } : platformOf(name, inventory),
        inFlight: seen.inFlight !== undefined,
        lostJob: seen.lost === undefined ? undefined : seen.silent,
      });
    },

    confirmSilent: (name, job) => void silentJobs.set(name, job),
    wasChecked: (name, at) => void checked.set(name, at),
  };
}
