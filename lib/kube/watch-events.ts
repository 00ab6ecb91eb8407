/** A watch as the API server sends it: one JSON document per line. */
import type { Status } from './errors.ts';
import type { KubeObject } from './types.ts';

export type WatchEvent<T extends KubeObject> =
  { type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'; object: T } | { type: 'ERROR'; object: Status };

/** The stream holds something that is not a watch event. What it was is lost: resume from the last good event. */
export class GarbageError extends Error {
  override readonly name = 'GarbageError';
}

/** Far above the API server's own limit for one object (about 3 MB as JSON). */
const LONGEST_LINE = 32 * 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * Events of a stream, in order. What comes after the last newline was cut off and does not count.
 *
 * @throws GarbageError for a line that is no event; never skips one, since a skipped line is a missed change.
 */
export async function* watchEvents<T extends KubeObject>(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<WatchEvent<T>> {
  for await (const line of lines(stream)) {
    if (line.trim() !== '') yield eventOf<T>(line);
  }
}

async function* lines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  let parts: Uint8Array[] = [];
  let length = 0;
  for await (let chunk of stream) {
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE)) {
      yield Buffer.concat([...parts, chunk.subarray(0, end)]).toString('utf8');
      parts = [];
      length = 0;
      chunk = chunk.subarray(end + 1);
    }
    if (chunk.length > 0) parts.push(chunk);
    length += chunk.length;
    if (length > LONGEST_LINE) throw new GarbageError(`line is longer than ${LONGEST_LINE} bytes`);
  }
}

function eventOf<T extends KubeObject>(line: string): WatchEvent<T> {
  let event: Partial<WatchEvent<T>> | null;
  try {
    event = JSON.parse(line) as Partial<WatchEvent<T>> | null;
  } catch (error) {
    throw new GarbageError(`line is not JSON: ${line.slice(0, 80)}`, { cause: error });
  }
  if (isEvent(event)) return event;
  throw new GarbageError(`line is not a watch event: ${line.slice(0, 80)}`);
}

function isEvent<T extends KubeObject>(event: Partial<WatchEvent<T>> | null): event is WatchEvent<T> {
  if (typeof event?.object !== 'object' || event.object === null) return false;
  switch (event.type) {
    case 'ERROR':
      return true;
    case 'BOOKMARK':
      return isVersioned(event.object);
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
      return isVersioned(event.object) && typeof event.object.metadata.name === 'string';
    default:
      return false;
  }
}

function isVersioned(object: KubeObject | Status): object is KubeObject {
  return 'metadata' in object && /^[0-9]+$/.test(object.metadata?.resourceVersion ?? '');
}
