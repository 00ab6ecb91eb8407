import { INVENTORY_SECRET, PLATFORM_NAMESPACE } from '../../../crds/names.ts';
import type { EventInput } from '../../../lib/kube/events.ts';
import type { KubeObject } from '../../../lib/kube/types.ts';
import type { Policy } from '../../../webhooks/policy/policy.ts';
import { askStore } from '../../../services/scheduler/ask.ts';
import { versionOf } from '../../../services/scheduler/stores.ts';
import { connectionOf } from '../kubernetes/connection.ts';
import type { Cluster } from '../kubernetes/connection.ts';
import { Server } from '../kubernetes/server.ts';
import type { Write } from '../kubernetes/server.ts';
import { ObjectStore } from '../kubernetes/store.ts';
import type { Process, Role } from '../world/process.ts';
import { World } from '../world/world.ts';
import type { Image } from './image.ts';
import { Node } from './node.ts';
import { startDeviceWatcher, startInterfaceWatcher, startScheduler } from './services.ts';
import { BASE_MODEL, DEVICE_NAMES, baseModel, inventorySecret, templateMaps } from './settings.ts';
import type { Mode } from './settings.ts';
import { Switch } from './switch.ts';
import { Tenant } from './tenants.ts';
import { startWebhook } from './webhook.ts';
import type { Webhook } from './webhook.ts';

export const TENANTS = ['tenant-a', 'tenant-b'] as const;
const namespace = PLATFORM_NAMESPACE;

export interface PlatformOptions {
  readonly seed: number;
  readonly telling: boolean;
  readonly policy: Pick<Policy, 'evaluate' | 'digest'>;
  /** Milliseconds by which the clock of the n-th process is ahead. */
  skew(index: number): number;
  /** How many of each service run, all of them leaders. */
  readonly replicas: Readonly<Partial<Record<Role, number>>>;
  /** A platform at rest to begin with; without one everything is installed anew. */
  readonly image?: Image | undefined;
}

/** All parts of the platform in one world: one API server, switches, services, nodes, tenants, the network team. */
export class Platform {
  readonly world: World;
  readonly cluster: Cluster;
  readonly switches = new Map<string, Switch>();
  readonly tenants = new Map<string, Tenant>();
  readonly node: Node;
  /** Told of each write, before it is stored. */
  readonly onWrite: ((write: Write) => void)[] = [];
  readonly events: EventInput[] = [];
  /** Namespaces that are being deleted. */
  readonly terminating = new Set<string>();
  readonly modes = new Map<string, Mode>();
  /** What runs in a process beside its timers and calls, for those who call it. */
  readonly #webhooks = new Map<Process, Webhook>();
  readonly #options: PlatformOptions;
  readonly #kubelet: Process;
  readonly #team: Process;
  #skews = 0;
  /** A base model that no switch takes was asked for; changes may be stored in another order than asked. */
  #spoilt = false;
  #asks = 0;

  constructor(options: PlatformOptions) {
    this.#options = options;
    this.world = new World(options.seed, options.telling);
    const { world } = this;
    const { image } = options;
    const store = new ObjectStore();
    if (image !== undefined) {
      store.restore(image.objects, image.revision);
      world.timeline.now = image.now;
    }
    const server = new Server({
      store,
      now: () => Math.floor(world.timeline.now),
      isOpen: (name) => !this.terminating.has(name),
      firstUid: image?.uids ?? 0,
      onWrite: (write) => {
        for (const told of this.onWrite) told(write);
      },
    });
    this.cluster = { world, store, server, onRead: (...read) => this.#noteModel(...read) };
    this.#kubelet = world.start('node', 'node');
    this.#team = world.start('network team', 'network-team');
    for (const name of DEVICE_NAMES) {
      const empty = { running: `hostname ${name}`, startup: `hostname ${name}`, version: undefined };
      const config = image?.switches.get(name) ?? empty;
      this.switches.set(name, new Switch(name, world, config));
      this.modes.set(name, 'enforce');
    }
    this.node = new Node(this.cluster, this.#kubelet, this.switches, () => this.#skew());
    for (const name of TENANTS) {
      const process = world.start(name, 'tenant');
      const { cluster, terminating } = this;
      const webhook = (): Webhook | undefined => this.#webhook();
      this.tenants.set(name, new Tenant({ cluster, process, namespace: name, webhook, terminating }));
    }
    world.onDeath.push((process) => this.#died(process));
    if (image === undefined) this.#install();
  }

  /** Starts the services. */
  start(): void {
    for (const [role, count] of Object.entries(this.#options.replicas)) {
      for (let index = 0; index < count; index += 1) this.#run(role as Role, `${role} ${'AB'[index]}`);
    }
  }

  /** The network team puts right what it has put wrong. */
  repair(): void {
    for (const name of DEVICE_NAMES) if (this.modes.get(name) !== 'enforce') this.setMode(name, 'enforce');
    if (this.#spoilt) this.setBase(0);
  }

  /** The network team writes the inventory. @param mode undefined: the device leaves it */
  setMode(device: string, mode: Mode | undefined): void {
    if (mode === undefined) this.modes.delete(device);
    else this.modes.set(device, mode);
    this.#write('inventory', `${device}: ${mode ?? 'out'}`, 'secrets', INVENTORY_SECRET, () =>
      inventorySecret(this.modes),
    );
  }

  setBase(variant: number): void {
    this.#spoilt ||= variant === 2;
    this.#write('base model', String(variant), 'configmaps', BASE_MODEL, () => baseModel(variant));
  }

  /** `POST /configure` by name, as the scheduler's API stores it. */
  ask(device: string): void {
    this.#asks += 1;
    const ask = { id: `ask-${this.#asks}`, at: this.world.timeline.now, step: 1 };
    this.world.story.tell('network team', `asks for ${device}`);
    askStore(connectionOf(this.cluster, this.#team), namespace)
      .add([device], ask, () => false)
      .catch(() => undefined);
  }

  /** A Device is lost with its finalizer, as by a restored backup. */
  lose(device: string): void {
    const { store } = this.cluster;
    if (store.get('devices', `${namespace}/${device}`) === undefined) return;
    this.world.story.tell('', `Device ${device} is lost`);
    store.remove('devices', `${namespace}/${device}`);
  }

  loseLease(device: string): void {
    this.world.story.tell('', `the Lease of ${device} is deleted`);
    this.cluster.store.remove('leases', `${namespace}/enforce-${device}`);
  }

  #write(what: string, about: string, plural: string, name: string, make: () => KubeObject): void {
    void this.world.turn(this.#team, what, about, () => {
      const { store, server } = this.cluster;
      const before = store.get(plural, `${namespace}/${name}`);
      const path = `/api/v1/namespaces/${namespace}/${plural}`;
      this.world.story.tell('network team', `${what} ${about}`);
      if (before === undefined) server.answer({ method: 'POST', path, body: make() }, 'network team');
      else server.answer({ method: 'PUT', path: `${path}/${name}`, body: make() }, 'network team');
    });
  }

  #install(): void {
    const { server } = this.cluster;
    const path = `/api/v1/namespaces/${namespace}`;
    for (const map of [...templateMaps(), baseModel(0)]) {
      server.answer({ method: 'POST', path: `${path}/configmaps`, body: map }, 'network team');
    }
    server.answer(
      { method: 'POST', path: `${path}/secrets`, body: inventorySecret(this.modes) },
      'network team',
    );
  }

  #run(role: Role, name: string): void {
    const { world, cluster } = this;
    const process = world.start(name, role, this.#skew());
    const heard = (event: EventInput): void => {
      this.events.push(event);
    };
    switch (role) {
      case 'interface-watcher':
        return startInterfaceWatcher(cluster, process, heard);
      case 'device-watcher':
        return startDeviceWatcher(cluster, process, heard);
      case 'scheduler':
        return startScheduler(cluster, process, heard);
      case 'webhook':
        this.#webhooks.set(process, startWebhook(cluster, process, this.#options.policy));
        return undefined;
      default:
        throw new Error(`${role} is no service`);
    }
  }

  #skew(): number {
    this.#skews += 1;
    return this.#options.skew(this.#skews);
  }

  #webhook(): Webhook | undefined {
    const process = this.world.living('webhook').find(({ held }) => !held);
    return process === undefined ? undefined : this.#webhooks.get(process);
  }

  /** Which ledger an enforcer's configuration is made from is told by the model that it has read last. */
  #noteModel(process: Process, kind: string, answer: unknown): void {
    if (process.role !== 'enforcer' || !kind.endsWith('configmaps')) return;
    const { items = [answer] } = answer as { items?: unknown[] };
    for (const item of items as KubeObject[]) {
      const version = versionOf(item);
      const [, device] = /^interfaces-(.*)$/.exec(item.metadata.name) ?? [];
      if (version !== undefined && device !== undefined)
        this.node.reads.get(process.name)?.set(device, version);
    }
  }

  /** Services are started again, Pods are reported. */
  #died(process: Process): void {
    this.#webhooks.delete(process);
    if (process.role === 'enforcer') {
      this.node.reportEnd(process, false);
      return;
    }
    void this.world.turn(this.#kubelet, 'start again', process.name, () => {
      this.world.story.tell(process.name, 'is started again');
      this.#run(process.role, process.name);
    });
  }
}
