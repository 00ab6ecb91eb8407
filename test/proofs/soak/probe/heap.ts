/** The heap of a Node process that was started with `--inspect`: collected, measured, or written out. */
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { WebSocket } from 'undici';

export interface Heap {
  /** MiB in objects that are still reachable, after a full collection. */
  readonly reachable: number;
  /** MiB outside of the heap that its objects hold, such as buffers. */
  readonly outside: number;
}

const MEBIBYTE = 2 ** 20;
const LIMIT_MS = 60_000;

interface Answer {
  readonly id?: number;
  readonly method?: string;
  readonly params?: { readonly chunk?: string };
  readonly result?: Record<string, number>;
  readonly error?: { readonly message: string };
}

/**
 * Has the garbage collected, then measures.
 *
 * @param port where the process was told to listen, on 127.0.0.1
 * @throws Error when nobody answers there
 */
export async function heapOf(port: number): Promise<Heap> {
  await using session = await attach(port);
  // What finalizers let go goes with the second round.
  for (let round = 0; round < 2; round += 1) await session.call('HeapProfiler.collectGarbage');
  const usage = await session.call('Runtime.getHeapUsage');
  const outside = (usage['embedderHeapUsedSize'] ?? 0) + (usage['backingStorageSize'] ?? 0);
  return { reachable: (usage['usedSize'] ?? Number.NaN) / MEBIBYTE, outside: outside / MEBIBYTE };
}

/** Writes a heap snapshot, to be opened and compared in the developer tools of Chrome. */
export async function writeHeapSnapshot(port: number, file: string): Promise<void> {
  const stream = createWriteStream(file, { mode: 0o600 });
  await using session = await attach(port, (chunk) => void stream.write(chunk));
  await session.call('HeapProfiler.takeHeapSnapshot');
  stream.end();
  await once(stream, 'finish');
}

interface Session extends AsyncDisposable {
  call(method: string): Promise<Record<string, number>>;
}

async function attach(port: number, onChunk?: (chunk: string) => void): Promise<Session> {
  const signal = AbortSignal.timeout(LIMIT_MS);
  const list = await fetch(`http://127.0.0.1:${port}/json/list`, {
    headers: { connection: 'close' },
    signal,
  });
  const [target] = (await list.json()) as { webSocketDebuggerUrl: string }[];
  if (target === undefined) throw new Error(`nothing to inspect at port ${port}`);
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  const waiting = new Map<number, PromiseWithResolvers<Record<string, number>>>();
  const failed = (reason: string) => {
    for (const { reject } of waiting.values()) reject(new Error(reason));
    waiting.clear();
  };
  const opened = Promise.withResolvers<unknown>();
  const closed = Promise.withResolvers<unknown>();
  socket.addEventListener('open', opened.resolve);
  // A refused connection closes too. The process may end at any moment.
  socket.addEventListener('close', (event) => {
    closed.resolve(event);
    opened.reject(new Error(`the inspector at port ${port} hung up`));
    failed(`the inspector at port ${port} hung up`);
  });
  signal.addEventListener('abort', () => {
    opened.reject(signal.reason);
    closed.resolve(signal.reason);
    failed(`the inspector at port ${port} did not answer`);
  });
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params, result, error } = JSON.parse(String(data)) as Answer;
    if (method === 'HeapProfiler.addHeapSnapshotChunk') onChunk?.(params?.chunk ?? '');
    if (id === undefined) return;
    const call = waiting.get(id);
    waiting.delete(id);
    if (error === undefined) call?.resolve(result ?? {});
    else call?.reject(new Error(error.message));
  });
  await opened.promise;
  let calls = 0;
  return {
    call(method) {
      calls += 1;
      const answer = Promise.withResolvers<Record<string, number>>();
      waiting.set(calls, answer);
      socket.send(JSON.stringify({ id: calls, method }));
      return answer.promise;
    },
    async [Symbol.asyncDispose]() {
      socket.close();
      await closed.promise;
    },
  };
}
