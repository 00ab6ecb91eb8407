import type { Call, Connection, StreamCall } from '../../../lib/kube/connection.ts';
import { ConnectionError } from '../../../lib/kube/errors.ts';
import type { Fate } from '../world/fate.ts';
import type { Process } from '../world/process.ts';
import type { Turn, World } from '../world/world.ts';
import { refusal, targetOf } from './server.ts';
import type { Server } from './server.ts';
import type { ObjectStore } from './store.ts';
import { Watch } from './watch.ts';

const DEFAULT_TIMEOUT_MS = 30_000;

/** What a process of the world has in place of a network to the API server. */
export interface Cluster {
  readonly world: World;
  readonly store: ObjectStore;
  readonly server: Server;
  /** Told of each answer to a read. @param kind such as `list configmaps` */
  onRead?: (process: Process, kind: string, answer: unknown) => void;
}

/** The API server as one process sees it: every call waits for its turn, and anything may befall it. */
export function connectionOf(cluster: Cluster, process: Process): Connection {
  const { world, store, server } = cluster;

  function request<T>(call: Call): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const { kind, about } = labels(call);
      let turn: Turn | undefined;
      let open = true;
      const end = (settle: () => void): void => {
        if (!open) return;
        open = false;
        cancel();
        call.signal?.removeEventListener('abort', aborted);
        if (process.alive) settle();
      };
      // Whoever stops waiting does not take back what is on its way.
      const giveUp = (error: unknown): void => {
        if (turn !== undefined && world.turns.has(turn.seq)) turn.ghost = true;
        end(() => reject(error instanceof Error ? error : new Error(String(error))));
      };
      const noAnswer = (): Error => new ConnectionError('Timeout', `${kind} ${about}: no answer in time`);
      const aborted = (): void => giveUp(call.signal?.reason);
      const cancel = process.clock.after(call.timeoutMs ?? DEFAULT_TIMEOUT_MS, () => giveUp(noAnswer()));
      const apply = (): T => server.answer(call, process.name) as T;
      const fail = (error: unknown): void =>
        end(() => reject(error instanceof Error ? error : new Error(String(error))));
      const quietly = (): void => {
        try {
          apply();
        } catch {
          // Nobody is there to be told.
        }
      };
      if (call.signal?.aborted === true) return aborted();
      call.signal?.addEventListener('abort', aborted, { once: true });
      const take = (fate: Fate): void => {
        if (!open) return quietly();
        switch (fate) {
          case 'happens':
            try {
              const value = apply();
              tell(value);
              return end(() => resolve(value));
            } catch (error) {
              tellFailure(error);
              return fail(error);
            }
          case 'conflict':
            return fail(
              call.method === 'GET'
                ? refusal(call, 500, 'InternalError', 'it failed')
                : refusal(call, 409, 'Conflict', 'the object has been modified'),
            );
          case 'turned away':
            return fail(refusal(call, 429, 'TooManyRequests', 'too many requests'));
          case 'fails':
            return fail(refusal(call, 500, 'InternalError', 'it failed'));
          case 'fails, but applied':
            quietly();
            return fail(refusal(call, 500, 'InternalError', 'it failed'));
          case 'lost':
            return fail(noAnswer());
          case 'answer lost':
            quietly();
            return fail(noAnswer());
          case 'late':
            world.queue({ process, kind, about: `${about} (late)`, ghost: true, take: () => quietly() });
            return fail(noAnswer());
        }
      };
      const tell = (value: T): void => {
        if (call.method !== 'GET') return;
        cluster.onRead?.(process, kind, value);
        if (world.story.telling) world.story.reads(process.name, readOf(call, value));
      };
      const tellFailure = (error: unknown): void => {
        if (!world.story.telling || !(error instanceof Error)) return;
        if (call.method === 'GET')
          world.story.reads(process.name, `${about}: ${error.message.replace(/^.*?: /, '')}`);
        else
          world.story.tell(process.name, `${kind} ${about}: refused, ${error.message.replace(/^.*?: /, '')}`);
      };
      turn = world.queue({ process, kind, about, take });
    });
  }

  return {
    server: 'https://cluster',
    namespace: undefined,
    request,
    stream: (call: StreamCall) => Promise.resolve(new Watch({ world, store, process, call })),
    close: () => Promise.resolve(),
  };
}

function labels(call: Call): { kind: string; about: string } {
  const { plural, namespace, name, subresource } = targetOf(call.path);
  const verb = call.method === 'GET' && name === undefined ? 'list' : call.method.toLowerCase();
  const kind = `${verb} ${plural}${subresource === undefined ? '' : `/${subresource}`}`;
  const created = (call.body as { metadata?: { name?: string } } | undefined)?.metadata?.name;
  const shown = name ?? (verb === 'list' ? '' : created) ?? '';
  const about = namespace === undefined || namespace === 'naas-system' ? shown : `${namespace}/${shown}`;
  return { kind, about };
}

function readOf(call: Call, value: unknown): string {
  const { kind, about } = labels(call);
  const { metadata } = (value ?? {}) as { metadata?: { resourceVersion?: string } };
  return `${kind.replace(/^get /, '').replace(/s$/, '')} ${about}@${metadata?.resourceVersion ?? ''}`;
}
