import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { after } from 'node:test';
import { API_VERSION, PLATFORM_NAMESPACE } from '../../crds/names.ts';
import type { Condition, Confirmed, Device, DeviceStatus, Interface, Service } from '../../crds/types.gen.ts';
import { toCatalog } from '../../lib/inventory/catalog.ts';
import { parseInventory } from '../../lib/inventory/parse.ts';
import { client } from '../../lib/kube/client.ts';
import { connect } from '../../lib/kube/connection.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../../lib/kube/errors.ts';
import type { EventInput } from '../../lib/kube/events.ts';
import { informer } from '../../lib/kube/informer.ts';
import type { Informer } from '../../lib/kube/informer.ts';
import { silentLog } from '../../lib/kube/log.ts';
import type { Log } from '../../lib/kube/log.ts';
import { CONFIG_MAPS, DEVICES, INTERFACES, NAMESPACES } from '../../lib/kube/resources.ts';
import { toConfirmed, topClaim } from '../../lib/ledger/claim.ts';
import { CATALOG_KEY } from '../../crds/names.ts';
import { catalogRef } from '../../lib/inventory/catalog-reader.ts';
import { watcher } from '../../services/interface-watcher/watcher.ts';
import type { WatcherOptions } from '../../services/interface-watcher/watcher.ts';
import type { ControlPlane } from '../../tools/controlplane/start.ts';
import { kubectl } from '../support/kubectl.ts';

/** Only a failing test waits so long. */
const DEADLINE_MS = 60_000;

/** Errors of a watcher under test that no test expects. */
const complaints: string[] = [];
const log: Log = {
  ...silentLog,
  child: () => log,
  error: (fields, text) => complaints.push(`${text} ${JSON.stringify(fields)}`),
};

/** A tenant side, a platform side and a switch side, around a real API server. */
export async function startLab(controlPlane: ControlPlane) {
  const rbac = await kubectl(controlPlane.kubeconfig, [
    'apply',
    '-f',
    'services/interface-watcher/rbac.yaml',
  ]);
  assert.equal(rbac.code, 0, rbac.stderr);
  const account = await watcherAccount(controlPlane);
  const connection = await connect({ kubeconfig: controlPlane.kubeconfig });
  const service = await connect({ kubeconfig: account });
  const interfaces = informer(connection, INTERFACES);
  const devices = informer(connection, DEVICES);
  interfaces.start();
  devices.start();
  await Promise.all([interfaces.whenSynced(), devices.whenSynced()]);
  after(async () => {
    await Promise.all([interfaces.stop(), devices.stop()]);
    await Promise.all([connection.close(), service.close()]);
  });
  return new Lab(connection, service, interfaces, devices);
}

/** The service's own identity: only it may write Devices. */
export function watcherAccount(controlPlane: ControlPlane): Promise<string> {
  return controlPlane.kubeconfigFor({
    name: 'system:serviceaccount:naas-system:interface-watcher',
    groups: ['system:serviceaccounts', 'system:serviceaccounts:naas-system'],
  });
}

export interface RunningWatcher {
  /** Waits until the Interface has had an Event of this reason. */
  untilEvent(uid: string | undefined, reason: string): Promise<EventInput>;
  stop(): Promise<void>;
}

export class Lab {
  readonly connection: Connection;
  /** Of the service's own account, with the rights of its rbac.yaml. */
  readonly service: Connection;
  readonly #interfaces: Informer<Interface>;
  readonly #devices: Informer<Device>;

  constructor(
    connection: Connection,
    service: Connection,
    interfaces: Informer<Interface>,
    devices: Informer<Device>,
  ) {
    this.connection = connection;
    this.service = service;
    this.#interfaces = interfaces;
    this.#devices = devices;
  }

  /** Publishes the catalog as the scheduler does. `hosts` is a Nornir hosts file. */
  async inventory(hosts: string): Promise<void> {
    const maps = client(this.connection, CONFIG_MAPS);
    const data = { [CATALOG_KEY]: toCatalog(parseInventory({ hosts })) };
    try {
      await maps.create({ metadata: catalogRef(PLATFORM_NAMESPACE), data });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      await maps.patch(catalogRef(PLATFORM_NAMESPACE), { data }, { type: 'merge' });
    }
  }

  async namespace(name: string): Promise<void> {
    await client(this.connection, NAMESPACES).create({ metadata: { name } });
  }

  async deleteNamespace(name: string): Promise<void> {
    await client(this.connection, NAMESPACES).delete({ name });
  }

  /** An instance of the service without leader election: there may be several (R7). */
  async watcher(options: Partial<WatcherOptions> = {}): Promise<RunningWatcher> {
    const instance = this.follower(options);
    await instance.lead();
    return instance;
  }

  /** One that watches, and does nothing before it leads. */
  follower(options: Partial<WatcherOptions> = {}): RunningWatcher & { lead(): Promise<void> } {
    const events: EventInput[] = [];
    const told = new EventEmitter();
    const instance = watcher({
      connection: this.service,
      namespace: PLATFORM_NAMESPACE,
      log,
      hideOwners: false,
      requireTenant: false,
      events: {
        event(input) {
          events.push(input);
          told.emit('event');
        },
      },
      ...options,
    });
    instance.watch();
    let stopped: Promise<void> | undefined;
    const stop = (): Promise<void> =>
      (stopped ??= instance.stopWatching().then(() => instance.stopWorking()));
    after(stop);
    const untilEvent = async (uid: string | undefined, reason: string): Promise<EventInput> => {
      for (;;) {
        const found = events.find((event) => event.regarding.metadata.uid === uid && event.reason === reason);
        if (found !== undefined) return found;
        await once(told, 'event', { signal: AbortSignal.timeout(DEADLINE_MS) });
      }
    };
    return { untilEvent, stop, lead: () => instance.start() };
  }

  async apply(namespace: string, name: string, services: Service[]): Promise<Interface> {
    const api = client(this.connection, INTERFACES);
    const body = {
      apiVersion: API_VERSION,
      kind: 'Interface',
      metadata: { namespace, name },
      spec: { services },
    };
    try {
      return await api.create(body);
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return api.patch({ namespace, name }, { spec: { services } }, { type: 'merge' });
    }
  }

  async delete(namespace: string, name: string): Promise<void> {
    await client(this.connection, INTERFACES).delete({ namespace, name });
  }

  /** Removes all finalizers, as a tenant may. */
  async strip(namespace: string, name: string): Promise<void> {
    await client(this.connection, INTERFACES).patch(
      { namespace, name },
      { metadata: { finalizers: null } },
      { type: 'merge' },
    );
  }

  /** The Device is gone from etcd, past its finalizer. */
  async loseDevice(name: string): Promise<void> {
    const api = client(this.service, DEVICES);
    const ref = { namespace: PLATFORM_NAMESPACE, name };
    await api.delete(ref);
    const device = await api.get(ref);
    await api.replace({ ...device, metadata: { ...device.metadata, finalizers: [] } });
    await this.untilDevice(name, 'gone', (it) => it === undefined);
  }

  /** The Interface as the lab has seen it last. */
  seen(namespace: string, name: string): Interface | undefined {
    return this.#interfaces.store.get(`${namespace}/${name}`) as Interface | undefined;
  }

  /** Deletes all requests; every switch confirms until nothing is left. */
  async clear(): Promise<void> {
    const { items } = await client(this.connection, INTERFACES).list();
    for (const { metadata } of items) {
      if (metadata.deletionTimestamp === undefined)
        await this.delete(metadata.namespace ?? '', metadata.name);
    }
    for (const { metadata } of this.#devices.store.list()) {
      await this.untilDevice(
        metadata.name,
        'empty',
        (device) => Object.keys(device?.spec ?? {}).length === 0,
      );
      if ((await this.device(metadata.name)) !== undefined) await this.confirm(metadata.name);
    }
    for (const { metadata } of items) {
      await this.untilRequest(
        metadata.namespace ?? '',
        metadata.name,
        'gone',
        (request) => request === undefined,
      );
    }
    this.expectNoComplaints();
  }

  async request(namespace: string, name: string): Promise<Interface | undefined> {
    return unlessMissing(client(this.connection, INTERFACES).get({ namespace, name }));
  }

  async device(name: string): Promise<Device | undefined> {
    return unlessMissing(client(this.connection, DEVICES).get({ namespace: PLATFORM_NAMESPACE, name }));
  }

  /** Waits until the Interface is as described; the error shows how it is. */
  untilRequest(
    namespace: string,
    name: string,
    what: string,
    holds: (request: Interface | undefined) => boolean,
  ): Promise<Interface | undefined> {
    return until(this.#interfaces, `${namespace}/${name}`, what, (object) =>
      holds(object as Interface | undefined),
    );
  }

  /** Waits for something about several Interfaces. */
  async untilAny(what: string, holds: () => boolean): Promise<void> {
    await until(this.#interfaces, undefined, what, holds);
  }

  untilDevice(
    name: string,
    what: string,
    holds: (device: Device | undefined) => boolean,
  ): Promise<Device | undefined> {
    const key = `${PLATFORM_NAMESPACE}/${name}`;
    return until(this.#devices, key, what, (object) => holds(object as Device | undefined));
  }

  /** Waits for a condition of the current generation. */
  async untilCondition(namespace: string, name: string, type: string, reason: string): Promise<Interface> {
    const request = await this.untilRequest(namespace, name, `${type}: ${reason}`, (object) => {
      const condition = conditionOf(object, type);
      return condition?.reason === reason && condition.observedGeneration === object?.metadata.generation;
    });
    assert.ok(request);
    return request;
  }

  /** Plays the enforcer: the switch confirms the ledger as it is, or `status` is written instead. */
  async confirm(name: string, status: Partial<DeviceStatus> = {}): Promise<void> {
    const api = client(this.connection, DEVICES);
    for (;;) {
      const device = await api.get({ namespace: PLATFORM_NAMESPACE, name });
      try {
        await api.replaceStatus({
          ...device,
          status: { ...device.status, ...confirmation(device), ...status },
        });
        return;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }

  /** Writes facts of the enforcer without confirming anything. */
  async deviceStatus(name: string, status: Partial<DeviceStatus>): Promise<void> {
    const api = client(this.connection, DEVICES);
    for (;;) {
      const device = await api.get({ namespace: PLATFORM_NAMESPACE, name });
      try {
        await api.replaceStatus({ ...device, status: { ...device.status, ...status } });
        return;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
  }

  /** Fails when a watcher logged an error since the last call. */
  expectNoComplaints(): void {
    assert.deepEqual(complaints.splice(0), []);
  }
}

/** What a switch that shows the whole ledger lets the enforcer write. */
export function confirmation(device: Device): Pick<DeviceStatus, 'applied' | 'confirmed' | 'attempted'> {
  const confirmed: Confirmed = {};
  for (const [port, entry] of Object.entries(device.spec)) {
    const top = topClaim(entry);
    if (top !== undefined) confirmed[port] = toConfirmed(top);
  }
  const at = new Date().toISOString();
  const { uid = '', generation = 0 } = device.metadata;
  return {
    applied: { uid, generation, platform: 'sha256:00', configHash: 'h1:00', at },
    attempted: { uid, generation, epoch: 1, outcome: 'applied', at },
    confirmed,
  };
}

export function conditionOf(request: Interface | undefined, type: string): Condition | undefined {
  return request?.status?.conditions?.find((condition) => condition.type === type);
}

/** Ports of the ledger with the uid on top, by port. */
export function owners(device: Device | undefined): Record<string, string> {
  return Object.fromEntries(
    Object.entries(device?.spec ?? {}).map(([port, entry]) => [
      port,
      `${entry.annotations.namespace}/${entry.annotations.owner ?? '-'}`,
    ]),
  );
}

async function unlessMissing<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function until<T extends Interface | Device>(
  source: Informer<T>,
  key: string | undefined,
  what: string,
  holds: (object: unknown) => boolean,
): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    let done = false;
    const timer = setTimeout(() => {
      done = true;
      const found = key === undefined ? source.store.list() : source.store.get(key);
      reject(new Error(`${key ?? ''}: not ${what}, but ${JSON.stringify(found, null, 1)}`));
    }, DEADLINE_MS);
    const look = (): void => {
      if (done) return;
      const object = key === undefined ? undefined : source.store.get(key);
      if (!holds(object)) return;
      done = true;
      clearTimeout(timer);
      resolve(object as T | undefined);
    };
    source.onChange((change) => {
      if (key === undefined || change.key === key) look();
    });
    look();
  });
}
