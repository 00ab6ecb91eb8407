import type { KubeObject } from '../../../lib/kube/types.ts';
import { keyOf } from '../../../lib/kube/types.ts';

/** One write, as etcd keeps it. */
export interface Revision {
  readonly revision: number;
  readonly plural: string;
  readonly key: string;
  readonly before: KubeObject | undefined;
  readonly after: KubeObject | undefined;
}

/** All objects, with every version there was. What is stored is never changed again. */
export class ObjectStore {
  revision = 0;
  readonly log: Revision[] = [];
  readonly #kinds = new Map<string, Map<string, KubeObject>>();
  readonly #texts = new WeakMap<KubeObject, string>();
  readonly #listeners: ((revision: Revision) => void)[] = [];

  /** Told of each write, in order. */
  onWrite(listener: (revision: Revision) => void): void {
    this.#listeners.push(listener);
  }

  /** Begins with objects as they were stored somewhere else. */
  restore(objects: readonly { plural: string; object: KubeObject }[], revision: number): void {
    this.revision = revision;
    for (const { plural, object } of objects) this.#kind(plural).set(keyOf(object), object);
  }

  all(): { plural: string; object: KubeObject }[] {
    return [...this.#kinds].flatMap(([plural, objects]) =>
      [...objects.values()].map((object) => ({ plural, object })),
    );
  }

  get(plural: string, key: string): KubeObject | undefined {
    return this.#kind(plural).get(key);
  }

  list(plural: string): KubeObject[] {
    return [...this.#kind(plural).values()];
  }

  /** The objects of a kind as they were at a revision. */
  at(plural: string, revision: number): KubeObject[] {
    if (revision >= this.revision) return this.list(plural);
    const objects = new Map(this.#kind(plural));
    for (let index = this.log.length - 1; index >= 0; index -= 1) {
      const entry = this.log[index];
      if (entry === undefined || entry.revision <= revision) break;
      if (entry.plural !== plural) continue;
      if (entry.before === undefined) objects.delete(entry.key);
      else objects.set(entry.key, entry.before);
    }
    return [...objects.values()];
  }

  put(plural: string, object: KubeObject): KubeObject {
    const key = keyOf(object);
    const before = this.get(plural, key);
    this.revision += 1;
    const after = { ...object, metadata: { ...object.metadata, resourceVersion: String(this.revision) } };
    this.#kind(plural).set(key, after);
    this.#write({ revision: this.revision, plural, key, before, after });
    return after;
  }

  remove(plural: string, key: string): void {
    const before = this.get(plural, key);
    if (before === undefined) return;
    this.revision += 1;
    this.#kind(plural).delete(key);
    this.#write({ revision: this.revision, plural, key, before, after: undefined });
  }

  /** JSON of an object, made once. */
  text(object: KubeObject): string {
    const known = this.#texts.get(object);
    if (known !== undefined) return known;
    const text = JSON.stringify(object);
    this.#texts.set(object, text);
    return text;
  }

  #write(revision: Revision): void {
    this.log.push(revision);
    for (const listener of this.#listeners) listener(revision);
  }

  #kind(plural: string): Map<string, KubeObject> {
    const known = this.#kinds.get(plural);
    if (known !== undefined) return known;
    const made = new Map<string, KubeObject>();
    this.#kinds.set(plural, made);
    return made;
  }
}
