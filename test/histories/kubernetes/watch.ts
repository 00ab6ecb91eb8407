import type { StreamCall } from '../../../lib/kube/connection.ts';
import type { KubeObject } from '../../../lib/kube/types.ts';
import type { Process } from '../world/process.ts';
import type { Source, Turn, World } from '../world/world.ts';
import { selector } from './selector.ts';
import type { Selector } from './selector.ts';
import { targetOf } from './server.ts';
import type { ObjectStore, Revision } from './store.ts';

/** The API server says at least this often that nothing has changed, in milliseconds. */
const BOOKMARK_MS = 60_000;

/** One watch: it delivers when its turn comes, so that caches lag behind as far as the history wants. */
export class Watch implements AsyncIterable<Uint8Array>, Source {
  readonly process: Process;
  readonly #plural: string;
  readonly #matches: Selector;
  readonly #store: ObjectStore;
  readonly #world: World;
  #waiting: { seq: number; text: string }[] = [];
  #listener: ((chunk: IteratorResult<Uint8Array>) => void) | undefined;
  #heard: number;

  constructor(options: { world: World; store: ObjectStore; process: Process; call: StreamCall }) {
    const { world, store, process, call } = options;
    const { plural, namespace } = targetOf(call.path);
    const { labelSelector, fieldSelector, resourceVersion } = call.query ?? {};
    this.process = process;
    this.#plural = plural;
    this.#store = store;
    this.#world = world;
    this.#heard = world.timeline.now;
    this.#matches = selector(namespace, text(labelSelector), text(fieldSelector));
    const from = Number(resourceVersion);
    for (const revision of store.log) if (revision.revision > from) this.#see(revision);
    store.onWrite((revision) => this.#see(revision));
    world.sources.add(this);
  }

  [Symbol.asyncIterator](): AsyncIterator<Uint8Array> {
    return {
      next: () =>
        new Promise((resolve) => {
          this.#listener = resolve;
        }),
    };
  }

  turn(): Turn | undefined {
    const [first] = this.#waiting;
    if (first === undefined || this.#listener === undefined) return undefined;
    return {
      process: this.process,
      kind: 'watch',
      seq: first.seq,
      about: this.#plural,
      take: () => this.#deliver(),
    };
  }

  #deliver(): void {
    const chunk = this.#waiting.map(({ text }) => text).join('');
    this.#waiting = [];
    this.#heard = this.#world.timeline.now;
    const listener = this.#listener;
    this.#listener = undefined;
    listener?.({ done: false, value: Buffer.from(chunk) });
  }

  #see({ plural, before, after, revision }: Revision): void {
    if (plural !== this.#plural || !this.process.alive) return;
    const was = before !== undefined && this.#matches(before);
    const is = after !== undefined && this.#matches(after);
    if (is) this.#push(was ? 'MODIFIED' : 'ADDED', this.#store.text(after));
    else if (was) this.#push('DELETED', JSON.stringify(atRevision(before, revision)));
  }

  tick(): void {
    if (this.#waiting.length > 0 || this.#world.timeline.now - this.#heard < BOOKMARK_MS) return;
    const resourceVersion = String(this.#store.revision);
    this.#push('BOOKMARK', JSON.stringify({ metadata: { name: '', resourceVersion } }));
  }

  #push(type: string, object: string): void {
    this.#waiting.push({ seq: this.#world.nextSeq(), text: `{"type":"${type}","object":${object}}\n` });
  }
}

/** What a deletion shows: the last state, with the version of the deletion. */
function atRevision(object: KubeObject, revision: number): KubeObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
