import { EventEmitter } from 'node:events';
import { readFileSync } from 'node:fs';
import { rotatingFile } from './rotating-file.ts';

/** What one container printed, in the format of container runtimes: `<time> <stream> F|P <text>` per line. */
export interface LogFile {
  /** Takes what the container printed; a line is stored when it is complete. */
  write(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  /** Stores what has no end of line yet, and tells followers that nothing more comes. */
  end(): void;
  readonly ended: boolean;
  /** Calls back after each stored line and at the end; returns what ends that. */
  onChange(listener: () => void): () => void;
  readonly path: string;
}

/** Longer lines are stored in parts, as container runtimes do. */
const LONGEST_LINE = 16 * 1024;

/** Opens a log for one run of a container. @param now milliseconds since 1970 */
export function createLogFile(path: string, now: () => number): LogFile {
  const file = rotatingFile(path);
  let ended = false;
  const rest = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  const changes = new EventEmitter({ captureRejections: false });
  changes.setMaxListeners(0);

  function store(stream: 'stdout' | 'stderr', text: Buffer, whole: boolean): void {
    const head = Buffer.from(`${new Date(now()).toISOString()} ${stream} ${whole ? 'F' : 'P'} `);
    file.append(Buffer.concat([head, text, Buffer.from('\n')]));
  }

  function take(stream: 'stdout' | 'stderr', chunk: Buffer): void {
    let text = Buffer.concat([rest[stream], chunk]);
    for (;;) {
      const end = text.indexOf(0x0a);
      if (end === -1 && text.length <= LONGEST_LINE) break;
      const whole = end !== -1 && end <= LONGEST_LINE;
      const cut = whole ? end : LONGEST_LINE;
      store(stream, text.subarray(0, cut), whole);
      text = text.subarray(whole ? cut + 1 : cut);
    }
    rest[stream] = text;
  }

  return {
    path,
    get ended() {
      return ended;
    },
    write(stream, chunk) {
      if (ended) return;
      take(stream, chunk);
      changes.emit('change');
    },
    end() {
      if (ended) return;
      for (const stream of ['stdout', 'stderr'] as const) {
        if (rest[stream].length > 0) store(stream, rest[stream], true);
      }
      ended = true;
      file.close();
      changes.emit('change');
    },
    onChange(listener) {
      changes.on('change', listener);
      return () => changes.off('change', listener);
    },
  };
}

/** One stored line. */
export interface LogLine {
  /** RFC 3339. */
  readonly time: string;
  readonly text: Buffer;
  /** false: the next line of the stream goes on. */
  readonly whole: boolean;
}

/** Everything that is stored of a log, the older file first. */
export function readLog(path: string): Buffer {
  return Buffer.concat([`${path}.1`, path].map(contentOf));
}

function contentOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return Buffer.alloc(0);
    throw error;
  }
}

/** Reads stored lines; what does not end in a newline yet is left out. */
export function parseLog(content: Buffer): LogLine[] {
  const lines: LogLine[] = [];
  let start = 0;
  for (;;) {
    const end = content.indexOf(0x0a, start);
    if (end === -1) return lines;
    const line = content.subarray(start, end);
    start = end + 1;
    const head = /^(\S+) (?:stdout|stderr) ([FP]) /.exec(line.subarray(0, 64).toString('latin1'));
    if (head === null) continue;
    lines.push({ time: head[1] ?? '', whole: head[2] === 'F', text: line.subarray(head[0].length) });
  }
}
