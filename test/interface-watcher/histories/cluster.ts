import assert from 'node:assert/strict';
import { API_VERSION, RELEASE_FINALIZER } from '../../../crds/names.ts';
import type { ObjectMeta } from '../../../crds/object-meta.ts';
import type { Device, Interface, Ledger, Service } from '../../../crds/types.gen.ts';
import { toConfirmed, topClaim } from '../../../lib/ledger/claim.ts';
import { ownClaims, parseEntry } from '../../../lib/ledger/entry.ts';
import type { DeviceFacts } from '../../../lib/ledger/permit.ts';
import { isRebuilding } from '../../../lib/ledger/release.ts';
import { requestFacts } from '../../../lib/ledger/request.ts';
import { resolution } from '../../../lib/ledger/resolution.ts';
import { claimants } from '../../../lib/ledger/settle.ts';
import type { DeviceWorld } from '../../../services/interface-watcher/world.ts';

type Kept = { metadata: ObjectMeta };

/**
 * Interfaces, Devices and switches, with the API server's rules about versions, generations and finalizers.
 * Every write is checked against what must always hold (ownership.md).
 */
export class Cluster {
  readonly interfaces = new Map<string, Interface>();
  readonly devices = new Map<string, Device>();
  /** By device: what the switch shows, uid by port. It outlives a lost Device. */
  readonly shown = new Map<string, Map<string, string>>();
  /** By device: the last model, which outlives a lost Device, too. */
  readonly models = new Map<string, Ledger>();
  /** Specs by uid and generation. */
  readonly specs = new Map<string, Interface>();
  readonly alerts: { uid: string; message: string }[] = [];
  readonly inventory = new Map<string, DeviceFacts>();
  #version = 0;
  #uid = 0;
  #time = Date.parse('2026-01-01T00:00:00Z');

  get version(): number {
    return this.#version;
  }

  // --- tenants

  apply(namespace: string, name: string, services: Service[]): void {
    const key = `${namespace}/${name}`;
    const known = this.interfaces.get(key);
    if (known?.metadata.deletionTimestamp !== undefined) return;
    if (known !== undefined && JSON.stringify(known.spec.services) === JSON.stringify(services)) return;
    const uid = known?.metadata.uid ?? `u${String(++this.#uid).padStart(3, '0')}`;
    const generation = (known?.metadata.generation ?? 0) + 1;
    const base: Interface = known ?? {
      apiVersion: API_VERSION,
      kind: 'Interface',
      metadata: { namespace, name, uid },
      spec: { services },
    };
    const request = { ...base, spec: { services }, metadata: { ...base.metadata, uid, generation } };
    this.specs.set(`${uid}@${generation}`, request);
    this.#put(this.interfaces, key, request);
  }

  delete(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    const request = this.interfaces.get(key);
    if (request === undefined || request.metadata.deletionTimestamp !== undefined) return;
    if ((request.metadata.finalizers ?? []).length === 0) {
      this.#remove(this.interfaces, key);
      return;
    }
    const generation = (request.metadata.generation ?? 0) + 1;
    const deletionTimestamp = this.now();
    this.#put(this.interfaces, key, {
      ...request,
      metadata: { ...request.metadata, generation, deletionTimestamp },
    });
  }

  /** A tenant gives up the wait (R6). */
  strip(namespace: string, name: string): void {
    const key = `${namespace}/${name}`;
    const request = this.interfaces.get(key);
    if (request === undefined) return;
    if (request.metadata.deletionTimestamp !== undefined) this.#remove(this.interfaces, key);
    else this.#put(this.interfaces, key, { ...request, metadata: { ...request.metadata, finalizers: [] } });
  }

  // --- the network

  /** A model is made of the ledger as it is; never of one that is being rebuilt (R10, R11). */
  model(name: string): void {
    const device = this.devices.get(name);
    if (
      device === undefined ||
      device.metadata.annotations?.['network.as.a.service/rebuilding'] !== undefined
    )
      return;
    const spec: Ledger = {};
    for (const [port, { others: _, ...entry }] of Object.entries(device.spec)) {
      if (topClaim(entry) !== undefined) spec[port] = entry;
    }
    this.models.set(name, spec);
    this.#modelOf.set(name, { uid: device.metadata.uid ?? '', generation: device.metadata.generation ?? 0 });
  }

  /** The enforcer pushes the model and the switch confirms it. */
  push(name: string): void {
    const device = this.devices.get(name);
    const model = this.models.get(name);
    const of = this.#modelOf.get(name);
    if (device === undefined || model === undefined || of === undefined || of.uid !== device.metadata.uid)
      return;
    const { applied } = device.status ?? {};
    if (applied?.uid === of.uid && applied.generation >= of.generation) return;
    const tops = Object.entries(model).flatMap(([port, entry]) => {
      const top = topClaim(entry);
      return top === undefined ? [] : [[port, top] as const];
    });
    this.shown.set(name, new Map(tops.map(([port, { uid }]) => [port, uid])));
    const at = this.now();
    const status = {
      ...device.status,
      applied: { ...of, platform: 'p', configHash: 'h', at },
      confirmed: Object.fromEntries(tops.map(([port, top]) => [port, toConfirmed(top)])),
    };
    this.#put(this.devices, name, { ...device, status });
  }

  /** The Device object is gone; the switch and the model are still there. */
  lose(name: string): void {
    if (this.devices.has(name)) this.#remove(this.devices, name);
  }

  readonly #modelOf = new Map<string, { uid: string; generation: number }>();

  // --- the API server

  readonly world: DeviceWorld = {
    getInterface: async ({ namespace, name }) => structuredClone(this.interfaces.get(`${namespace}/${name}`)),
    getDevice: async (name) => structuredClone(this.devices.get(name)),
    getInventory: async () => this.inventory,
    getModel: async (name) => structuredClone(this.models.get(name)),
    listInterfaces: async () => structuredClone([...this.interfaces.values()]),
    alert: (about, message) => this.alerts.push({ uid: about.metadata.uid ?? '', message }),
    now: () => this.now(),
    createDevice: async (device) => {
      const { name } = device.metadata;
      if (this.devices.has(name)) return undefined;
      const uid = `d${++this.#uid}`;
      return this.#put(this.devices, name, {
        ...device,
        metadata: { ...device.metadata, uid, generation: 1 },
      });
    },
    deleteDevice: async (device) => {
      const { name, resourceVersion } = device.metadata;
      if (this.devices.get(name)?.metadata.resourceVersion !== resourceVersion) return false;
      const { metadata } = device;
      this.#put(this.devices, name, { ...device, metadata: { ...metadata, deletionTimestamp: this.now() } });
      return true;
    },
    replaceDevice: async (device) => {
      const before = this.devices.get(device.metadata.name);
      if (before === undefined || !isCurrent(before, device)) return undefined;
      this.#checkLedgerWrite(before, device);
      if (
        device.metadata.deletionTimestamp !== undefined &&
        (device.metadata.finalizers ?? []).length === 0
      ) {
        this.#remove(this.devices, device.metadata.name);
        return device;
      }
      const changed = JSON.stringify(before.spec) !== JSON.stringify(device.spec);
      const generation = (before.metadata.generation ?? 0) + (changed ? 1 : 0);
      const metadata = { ...device.metadata, generation };
      const { status } = before;
      const next = { ...device, metadata, ...(status === undefined ? {} : { status }) };
      return this.#put(this.devices, device.metadata.name, next);
    },
    replaceInterface: async (request) => {
      const key = `${request.metadata.namespace}/${request.metadata.name}`;
      const before = this.interfaces.get(key);
      if (before === undefined || !isCurrent(before, request)) return undefined;
      assert.deepEqual(request.spec, before.spec);
      const guarded = (request.metadata.finalizers ?? []).includes(RELEASE_FINALIZER);
      if (before.metadata.deletionTimestamp !== undefined && !guarded) {
        this.#checkRelease(before);
        this.#remove(this.interfaces, key);
        return request;
      }
      const { finalizers = [] } = request.metadata;
      return this.#put(this.interfaces, key, { ...before, metadata: { ...before.metadata, finalizers } });
    },
    replaceInterfaceStatus: async (request) => {
      const key = `${request.metadata.namespace}/${request.metadata.name}`;
      const before = this.interfaces.get(key);
      if (before === undefined || !isCurrent(before, request)) return undefined;
      const { status } = request;
      const next = { ...before, ...(status === undefined ? {} : { status }) };
      this.#checkAccept(before, next);
      return this.#put(this.interfaces, key, next);
    },
  };

  now(): string {
    this.#time += 1;
    return new Date(this.#time).toISOString();
  }

  #put<T extends Kept>(map: Map<string, T>, key: string, object: T): T {
    const resourceVersion = String(++this.#version);
    const stored = structuredClone({ ...object, metadata: { ...object.metadata, resourceVersion } });
    map.set(key, stored);
    return structuredClone(stored);
  }

  #remove(map: Map<string, Kept>, key: string): void {
    this.#version++;
    map.delete(key);
  }

  // --- what must hold at every write

  /** (a) R2, also "one write changes claims of one request only". */
  #checkLedgerWrite(before: Device, after: Device): void {
    const touched = new Set<string>();
    for (const port of new Set([...Object.keys(before.spec), ...Object.keys(after.spec)])) {
      const [old, next] = [before.spec[port], after.spec[port]];
      if (old !== undefined && next !== undefined) {
        assert.equal(next.annotations.namespace, old.annotations.namespace, `R2: port ${port} changed hands`);
      }
      const was = old === undefined ? undefined : parseEntry(port, old);
      const is = next === undefined ? undefined : parseEntry(port, next);
      if (next !== undefined) assert.ok((next.others ?? []).length <= 16);
      for (const uid of new Set([...claimants(before), ...claimants(after)].map((claimed) => claimed.uid))) {
        if (JSON.stringify(ownClaims(was, uid)) !== JSON.stringify(ownClaims(is, uid))) touched.add(uid);
      }
      for (const claim of is?.active ?? []) {
        if (was?.active.some(({ uid, generation }) => uid === claim.uid && generation === claim.generation))
          continue;
        this.#checkActivation(claim);
      }
    }
    assert.ok(touched.size <= 1, `R2: one write changed claims of ${[...touched].join(', ')}`);
    assert.notDeepEqual(
      [after.spec, after.metadata],
      [before.spec, before.metadata],
      'R1: a write changed nothing',
    );
  }

  readonly #accepted = new Map<string, string>();

  /** (b) Only what was accepted turns active, with the timestamp of its acceptance. */
  #checkActivation(claim: { uid: string; generation: number; timestamp: string }): void {
    assert.equal(
      this.#accepted.get(`${claim.uid}@${claim.generation}`),
      claim.timestamp,
      'activated, not accepted',
    );
  }

  /** (b) A generation is accepted only while all its ports are held. */
  #checkAccept(before: Interface, after: Interface): void {
    const facts = requestFacts(after);
    const { accepted } = facts;
    if (accepted === undefined || requestFacts(before).accepted?.generation === accepted.generation) return;
    this.#accepted.set(`${facts.uid}@${accepted.generation}`, accepted.timestamp);
    assert.equal(facts.guarded, true, 'accepted without finalizer');
    for (const [name, { ports }] of resolution(after).resolved?.devices ?? []) {
      const device = this.devices.get(name);
      // R10: while a lost Device is not rebuilt, an accept may still come through; the rebuild will find it.
      if (device === undefined || isRebuilding(device)) continue;
      for (const port of ports.keys()) {
        const entry = device.spec[port];
        assert.ok(entry, `accepted without ${port}@${name}`);
        const own = ownClaims(parseEntry(port, entry), facts.uid).reserved;
        assert.ok(own.some(({ generation }) => generation === accepted.generation));
      }
    }
  }

  /** (c) R5: nothing of it is active in a ledger or shown by a switch. */
  #checkRelease({ metadata }: Interface): void {
    for (const device of this.devices.values()) {
      for (const [port, entry] of Object.entries(device.spec)) {
        const own = ownClaims(parseEntry(port, entry), metadata.uid ?? '');
        assert.deepEqual(own.active, [], `released with an active claim on ${port}@${device.metadata.name}`);
      }
    }
    for (const [name, ports] of this.shown) {
      for (const [port, uid] of ports)
        assert.notEqual(uid, metadata.uid, `released but shown on ${port}@${name}`);
    }
  }
}

function isCurrent(stored: Kept, written: Kept): boolean {
  return (
    stored.metadata.uid === written.metadata.uid &&
    stored.metadata.resourceVersion === written.metadata.resourceVersion
  );
}
