import { API_VERSION } from '../../../crds/names.ts';
import type { Interface, Service } from '../../../crds/types.gen.ts';
import { collectionPath, objectPath } from '../../../lib/kube/paths.ts';
import { INTERFACES } from '../../../lib/kube/resources.ts';
import { isConflict, messageOf } from '../../../lib/kube/errors.ts';
import type { Review } from '../../../webhooks/review/admission-review.ts';
import type { Cluster } from '../kubernetes/connection.ts';
import type { Process } from '../world/process.ts';
import type { Webhook } from './webhook.ts';

const TRIES = 3;

/** What tenants do. Each is one person with kubectl: one thing after the other. */
export class Tenant {
  readonly namespace: string;
  readonly #cluster: Cluster;
  readonly #process: Process;
  readonly #webhook: () => Webhook | undefined;
  readonly #terminating: Set<string>;
  #busy: Promise<void> = Promise.resolve();

  constructor(options: {
    cluster: Cluster;
    process: Process;
    namespace: string;
    /** Undefined: it does not answer. */
    webhook: () => Webhook | undefined;
    /** Namespaces that are being deleted. */
    terminating: Set<string>;
  }) {
    this.namespace = options.namespace;
    this.#cluster = options.cluster;
    this.#process = options.process;
    this.#webhook = options.webhook;
    this.#terminating = options.terminating;
  }

  /** @param past it is stored without having been asked about, as before the webhooks were there */
  apply(name: string, services: Service[], past: boolean): void {
    this.#next(() => this.#apply(name, services, past));
  }

  delete(name: string): void {
    this.#next(() => this.#turn('delete', name, () => this.#delete(name)));
  }

  /** Gives up the wait (R6). */
  strip(name: string): void {
    this.#next(() =>
      this.#turn('strip', name, () => {
        const request = this.#read(name);
        if (request === undefined) return;
        const metadata = { ...request.metadata, finalizers: [] };
        this.#put({ ...request, metadata });
      }),
    );
  }

  deleteNamespace(): void {
    this.#next(() =>
      this.#turn('delete namespace', '', () => {
        this.#terminating.add(this.namespace);
        for (const { metadata } of this.#cluster.store.list(INTERFACES.plural)) {
          if (metadata.namespace === this.namespace) this.#delete(metadata.name);
        }
        this.#finishNamespace();
      }),
    );
  }

  /** The namespace is gone when it is empty. */
  #finishNamespace(): void {
    const left = this.#cluster.store
      .list(INTERFACES.plural)
      .some(({ metadata }) => metadata.namespace === this.namespace);
    if (!left) this.#terminating.delete(this.namespace);
  }

  async #apply(name: string, services: Service[], past: boolean): Promise<void> {
    for (let tries = 1; tries <= TRIES; tries += 1) {
      const before = await this.#turn('read', name, () => {
        this.#finishNamespace();
        return this.#read(name);
      });
      const admitted = past
        ? this.#object(before, name, services)
        : await this.#admit(before, name, services);
      if (admitted === undefined) return;
      try {
        await this.#turn('store', name, () => {
          if (before === undefined) this.#post(admitted);
          else this.#put(admitted);
        });
        return;
      } catch (error) {
        if (!isConflict(error)) {
          this.#cluster.world.story.tell(this.#process.name, `apply ${name}: ${messageOf(error)}`);
          return;
        }
      }
    }
  }

  async #admit(
    before: Interface | undefined,
    name: string,
    services: Service[],
  ): Promise<Interface | undefined> {
    const { world } = this.#cluster;
    const object = this.#object(before, name, services);
    const review: Review = {
      uid: 'review',
      operation: before === undefined ? 'CREATE' : 'UPDATE',
      namespace: this.namespace,
      name,
      user: this.namespace,
      userUid: '',
      dryRun: false,
      object: object as unknown as Review['object'],
      ...(before === undefined ? {} : { oldObject: before as unknown as Review['object'] }),
    };
    const asked = await this.#turn('admit', name, async () => {
      const webhook = this.#webhook();
      // failurePolicy: Fail
      return webhook === undefined ? { denied: 'the webhook does not answer' } : webhook.admit(review);
    });
    if ('object' in asked) return asked.object;
    world.story.tell(this.#process.name, `apply ${name}: denied, ${asked.denied.split('\n')[0]}`);
    return undefined;
  }

  #object(before: Interface | undefined, name: string, services: Service[]): Interface {
    if (before !== undefined) return { ...before, spec: { services } };
    const metadata = { name, namespace: this.namespace };
    return { apiVersion: API_VERSION, kind: INTERFACES.kind, metadata, spec: { services } };
  }

  #next(act: () => Promise<void>): void {
    this.#busy = this.#busy.then(act);
  }

  #turn<T>(what: string, name: string, run: () => T): Promise<T> {
    return this.#cluster.world.turn(this.#process, what, `${this.namespace}/${name}`, run);
  }

  #read(name: string): Interface | undefined {
    const key = `${this.namespace}/${name}`;
    return structuredClone(this.#cluster.store.get(INTERFACES.plural, key)) as Interface | undefined;
  }

  #post(request: Interface): void {
    const path = collectionPath(INTERFACES, this.namespace);
    this.#cluster.server.answer({ method: 'POST', path, body: request }, this.#process.name);
  }

  #put(request: Interface): void {
    const path = objectPath(INTERFACES, { namespace: this.namespace, name: request.metadata.name });
    this.#cluster.server.answer({ method: 'PUT', path, body: request }, this.#process.name);
  }

  #delete(name: string): void {
    if (this.#read(name) === undefined) return;
    const path = objectPath(INTERFACES, { namespace: this.namespace, name });
    this.#cluster.server.answer({ method: 'DELETE', path }, this.#process.name);
  }
}
