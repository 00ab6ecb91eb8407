import type { LogLine } from './log-file.ts';

/** What `kubectl logs` asks for. */
export interface LogQuery {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  /** Only lines not older than this, in milliseconds since 1970. */
  readonly since?: number;
  /** Only the last lines. */
  readonly tail?: number;
  /** Stop after so many bytes. */
  readonly limit?: number;
}

/**
 * Reads the query of a kubelet's `/containerLogs`.
 * @param now milliseconds since 1970
 * @throws Error naming the parameter
 */
export function parseLogQuery(query: URLSearchParams, now: number): LogQuery {
  const seconds = number(query, 'sinceSeconds');
  const time = query.get('sinceTime');
  if (seconds !== undefined && time !== null)
    throw new Error('at most one of sinceTime and sinceSeconds may be given');
  const since = time === null ? (seconds === undefined ? undefined : now - seconds * 1000) : Date.parse(time);
  if (Number.isNaN(since)) throw new Error('sinceTime: must be a time such as 2026-01-31T12:00:00Z');
  const tail = number(query, 'tailLines');
  const limit = number(query, 'limitBytes');
  return {
    follow: truth(query, 'follow'),
    previous: truth(query, 'previous'),
    timestamps: truth(query, 'timestamps'),
    ...(since === undefined ? {} : { since }),
    ...(tail === undefined ? {} : { tail }),
    ...(limit === undefined ? {} : { limit }),
  };
}

/** The lines that a query wants, as they are sent. */
export function selectLines(
  lines: readonly LogLine[],
  query: Pick<LogQuery, 'since' | 'tail' | 'timestamps'>,
): Buffer {
  const { since, tail } = query;
  const young = since === undefined ? lines : lines.filter((line) => Date.parse(line.time) >= since);
  const wanted = tail === undefined ? young : young.slice(startOfTail(young, tail));
  return Buffer.concat(wanted.flatMap((line) => formatted(line, query.timestamps)));
}

/** Parts of one line count as one. */
function startOfTail(lines: readonly LogLine[], tail: number): number {
  let start = lines.length;
  let found = 0;
  while (start > 0) {
    if (lines[start - 1]?.whole === true) found += 1;
    if (found > tail) break;
    start -= 1;
  }
  return start;
}

function formatted(line: LogLine, timestamps: boolean): Buffer[] {
  const head = timestamps ? [Buffer.from(`${line.time} `)] : [];
  return [...head, line.text, ...(line.whole ? [NEWLINE] : [])];
}

const NEWLINE = Buffer.from('\n');

function number(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  if (!/^[0-9]{1,15}$/.test(text)) throw new Error(`${name}: must be a whole number`);
  return Number(text);
}

function truth(query: URLSearchParams, name: string): boolean {
  return query.get(name) === 'true' || query.get(name) === '1';
}
