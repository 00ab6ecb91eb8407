import { closeSync, openSync, renameSync, statSync, writeSync } from 'node:fs';

/** A file that is appended to and stays bounded. */
export interface RotatingFile {
  readonly path: string;
  append(bytes: Buffer): void;
  /** Nothing is appended after it. */
  close(): void;
}

/** A file that has grown to this size begins anew; the one before is kept beside it as `.1`. */
const LARGEST = 10 * 1024 * 1024;

/** Opens a file, readable by its owner only. @param largest bytes */
export function rotatingFile(path: string, largest = LARGEST): RotatingFile {
  let file = openSync(path, 'a', 0o600);
  let { size } = statSync(path);
  let closed = false;
  return {
    path,
    append(bytes) {
      if (closed) return;
      if (size > 0 && size + bytes.length > largest) {
        closeSync(file);
        renameSync(path, `${path}.1`);
        file = openSync(path, 'a', 0o600);
        size = 0;
      }
      writeSync(file, bytes);
      size += bytes.length;
    },
    close() {
      if (closed) return;
      closed = true;
      closeSync(file);
    },
  };
}
