import { APP, APP_LABEL, MANAGED_BY_LABEL } from '../../crds/names.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../../lib/kube/errors.ts';
import { CONFIG_MAPS, type ConfigMap } from '../../lib/kube/resources.ts';
import { MANAGER } from './job.ts';
import type { Step } from './slice.ts';

/** ConfigMap in which asks wait until a Job has done what they want: what was answered 202 is never lost. */
export const ASKS = 'configure-requests';
/** Key of an ask for all devices; no device can have this name. */
export const ALL = '_all';
/** An ask that could not be served for so long, as for a device that stays paused, is dropped. Milliseconds. */
export const ASK_LIFETIME = 3_600_000;

export interface Ask {
  /** Told in the Job that serves it. */
  readonly id: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly step: Step;
}

type Data = Readonly<Record<string, string>>;
type HasJob = (device: string, ask: string) => boolean;

/** Reads the waiting asks by device, or {@link ALL}. What cannot be read, or is too old, is left out. */
export function readAsks(data: Data | undefined, now: number): Map<string, Ask> {
  const asks = new Map<string, Ask>();
  for (const [name, text] of Object.entries(data ?? {})) {
    const ask = readAsk(text);
    if (ask !== undefined && now - ask.at < ASK_LIFETIME) asks.set(name, ask);
  }
  return asks;
}

function readAsk(text: string): Ask | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('id' in value) || !('at' in value) || !('step' in value)) return undefined;
    const { id, at, step } = value;
    if (typeof id !== 'string' || typeof at !== 'number') return undefined;
    if (step !== 'MAX' && typeof step !== 'number') return undefined;
    return { id, at, step };
  } catch {
    // Somebody edited it.
    return undefined;
  }
}

/**
 * Adds asks; a name that waits already keeps its own: repeated asks become one. An ask for all is served when every
 * device was looked at after it, so the newest counts.
 * @param hasJob whether a Job was made for an ask that waits: what is asked for after that is served by another one
 */
export function addAsks(
  data: Data | undefined,
  names: readonly string[],
  ask: Ask,
  hasJob: HasJob,
): { data: Record<string, string>; added: string[]; waiting: string[] } {
  const known = readAsks(data, ask.at);
  const next: Record<string, string> = {};
  for (const [name, other] of known) next[name] = JSON.stringify(other);
  const isNew = (name: string): boolean => {
    const waiting = known.get(name);
    return name === ALL || waiting === undefined || hasJob(name, waiting.id);
  };
  const added = names.filter(isNew);
  for (const name of added) next[name] = JSON.stringify(ask);
  return { data: next, added, waiting: names.filter((name) => !isNew(name)) };
}

/** The asks without those that are served: name → id. */
export function withoutAsks(
  data: Data | undefined,
  served: ReadonlyMap<string, string>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(data ?? {}).filter(
      ([name, text]) => served.get(name) !== readAsk(text)?.id || !served.has(name),
    ),
  );
}

/** Asks as they are stored. Every write is conditional and starts again from a read (R1). */
export interface AskStore {
  add(names: readonly string[], ask: Ask, hasJob: HasJob): Promise<{ added: string[]; waiting: string[] }>;
  remove(served: ReadonlyMap<string, string>): Promise<void>;
}

const TRIES = 8;

export function askStore(connection: Connection, namespace: string): AskStore {
  const configMaps = client(connection, CONFIG_MAPS, { timeoutMs: 10_000 });

  async function change<T>(
    next: (data: Data | undefined) => { data: Record<string, string>; result: T },
  ): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        const stored = await read();
        const { data, result } = next(stored?.data);
        if (stored === undefined) {
          const labels = { [APP_LABEL]: APP, [MANAGED_BY_LABEL]: MANAGER };
          await configMaps.create({ metadata: { name: ASKS, namespace, labels }, data });
        } else if (!sameData(stored.data ?? {}, data)) {
          await configMaps.replace({ ...stored, data });
        }
        return result;
      } catch (error) {
        if (tries === TRIES || (!isConflict(error) && !isAlreadyExists(error))) throw error;
      }
    }
  }

  async function read(): Promise<ConfigMap | undefined> {
    try {
      return await configMaps.get({ namespace, name: ASKS });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  return {
    add: (names, ask, hasJob) =>
      change((data) => {
        const { added, waiting, data: next } = addAsks(data, names, ask, hasJob);
        return { data: next, result: { added, waiting } };
      }),
    remove: (served) => change((data) => ({ data: withoutAsks(data, served), result: undefined })),
  };
}

function sameData(a: Data, b: Data): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
