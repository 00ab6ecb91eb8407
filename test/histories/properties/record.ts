import {
  CATALOG_CONFIGMAP,
  CATALOG_KEY,
  PLATFORM_NAMESPACE,
  RELEASE_FINALIZER,
} from '../../../crds/names.ts';
import type { Device, Interface } from '../../../crds/types.gen.ts';
import type { ConfigMap } from '../../../lib/kube/resources.ts';
import { isRebuilding } from '../../../lib/ledger/release.ts';
import { requestFacts } from '../../../lib/ledger/request.ts';
import { resolution } from '../../../lib/ledger/resolution.ts';
import type { Write } from '../kubernetes/server.ts';
import type { Platform } from '../parts/platform.ts';

/** One port of a request's generation. */
export interface Listed {
  device: string;
  port: string;
}

/** What has happened so far, as far as properties ask for it. Kept by whoever sees every write. */
export class Record {
  /** Namespace of each request, by uid. */
  readonly namespaces = new Map<string, string>();
  /** Timestamp of each acceptance, by `uid@generation`. */
  readonly accepted = new Map<string, string>();
  /** Requests whose finalizer went by R5. */
  readonly released = new Set<string>();
  /** Requests whose tenant gave up the wait (R6). */
  readonly stripped = new Set<string>();
  /** Requests that a lost Device may have cost a claim (R10). */
  readonly lossy = new Set<string>();
  /** Devices that were out of the inventory at some time. */
  readonly everOut = new Set<string>();
  /** Devices that were lost at some time. */
  readonly everLost = new Set<string>();
  /** `device/port/uid@generation` that a switch has shown. */
  readonly everShown = new Set<string>();
  /** Order in which Devices were made, by uid. */
  readonly #ages = new Map<string, number>();
  readonly #listed = new Map<string, readonly Listed[]>();
  readonly #platform: Platform;

  constructor(platform: Platform) {
    this.#platform = platform;
    for (const object of this.#objects('devices')) this.#note(undefined, object as Device);
    platform.cluster.store.onWrite(({ plural, before, after }) => {
      if (plural === 'devices') this.#noteDevice(before as Device | undefined, after as Device | undefined);
      if (plural === 'interfaces' && after !== undefined) this.#noteRequest(after as Interface);
      if (plural === 'configmaps' && after?.metadata.name === CATALOG_CONFIGMAP) this.#noteCatalog(after);
    });
    for (const target of platform.switches.values()) {
      target.onChange.push(() => {
        for (const [port, { uid, generation }] of target.shown()) {
          this.everShown.add(`${target.name}/${port}/${uid}@${generation}`);
        }
      });
    }
  }

  /** Finalizers that go. To be told of each write before it is stored. */
  noteRelease({ by, target, before, after }: Write): void {
    if (target.plural !== 'interfaces' || before === undefined) return;
    const had = (before.metadata.finalizers ?? []).includes(RELEASE_FINALIZER);
    const has = after !== undefined && (after.metadata.finalizers ?? []).includes(RELEASE_FINALIZER);
    if (!had || has || target.subresource !== undefined) return;
    (by.startsWith('interface-watcher') ? this.released : this.stripped).add(before.metadata.uid ?? '');
  }

  device(name: string): Device | undefined {
    return this.#platform.cluster.store.get('devices', `${PLATFORM_NAMESPACE}/${name}`) as Device | undefined;
  }

  /** The model of a device as it is stored. */
  model(device: string): ConfigMap | undefined {
    const key = `${PLATFORM_NAMESPACE}/interfaces-${device}`;
    return this.#platform.cluster.store.get('configmaps', key);
  }

  devices(): Device[] {
    return this.#objects('devices') as Device[];
  }

  requests(): Interface[] {
    return this.#objects('interfaces') as Interface[];
  }

  request(uid: string): Interface | undefined {
    return this.requests().find(({ metadata }) => metadata.uid === uid);
  }

  /** The ports of a generation; undefined when it was never stored, or could not be understood. */
  listed(uid: string, generation: number): readonly Listed[] | undefined {
    return this.#listed.get(`${uid}@${generation}`);
  }

  /** Whether nothing can be said about claims on a device: it is gone, or not whole again yet (R10). */
  isIncomplete(name: string): boolean {
    const device = this.device(name);
    return device === undefined || isRebuilding(device);
  }

  /** Devices made later are of a greater age number. */
  age(uid: string | undefined): number {
    return this.#ages.get(uid ?? '') ?? 0;
  }

  #noteDevice(before: Device | undefined, after: Device | undefined): void {
    this.#note(before, after);
    if (after === undefined && before !== undefined) this.everLost.add(before.metadata.name);
    // R10: for a request with a newer generation pending, what is restored is what the model shows.
    const device = (after ?? before)?.metadata.name ?? '';
    if (this.isIncomplete(device) || (before !== undefined && isRebuilding(before))) {
      for (const request of this.requests()) this.#noteLoss(request, device);
    }
  }

  #note(before: Device | undefined, after: Device | undefined): void {
    const uid = after?.metadata.uid;
    if (before === undefined && uid !== undefined) this.#ages.set(uid, this.#ages.size + 1);
  }

  #noteLoss(request: Interface, device: string): void {
    const { uid, generation, accepted, devices } = requestFacts(request);
    if (!this.everLost.has(device)) return;
    if (accepted !== undefined && accepted.generation !== generation && devices.includes(device))
      this.lossy.add(uid);
  }

  #noteRequest(request: Interface): void {
    const { uid, namespace, generation, accepted, devices } = requestFacts(request);
    this.namespaces.set(uid, namespace);
    if (accepted !== undefined) this.accepted.set(`${uid}@${accepted.generation}`, accepted.timestamp);
    for (const device of devices) if (this.isIncomplete(device)) this.#noteLoss(request, device);
    const key = `${uid}@${generation}`;
    if (this.#listed.has(key)) return;
    const { resolved } = resolution(request);
    if (resolved === undefined) return;
    const listed = [...resolved.devices].flatMap(([device, { ports }]) =>
      [...ports.keys()].map((port): Listed => ({ device, port })),
    );
    this.#listed.set(key, listed);
  }

  #noteCatalog(map: ConfigMap): void {
    const { devices } = JSON.parse(map.data?.[CATALOG_KEY] ?? '{}') as { devices?: object };
    for (const name of this.#platform.switches.keys()) if (!(name in (devices ?? {}))) this.everOut.add(name);
  }

  #objects(plural: string): unknown[] {
    return this.#platform.cluster.store.list(plural);
  }
}
