import type { Entry } from './file-tree.ts';

/** One member as it stands in the archive. */
export interface TarMember {
  /** Without a leading `./` and a trailing `/`. */
  readonly path: string;
  readonly entry: Entry;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

const BLOCK = 512;

/**
 * Members of a tar archive: ustar, GNU long names, pax paths. What a package of Debian or npm does not hold (devices,
 * sparse files) is refused.
 *
 * @throws Error for an archive that is cut off, has a wrong checksum or a member of another kind.
 */
export function* readTar(archive: Uint8Array): Generator<TarMember> {
  const buffer = Buffer.from(archive.buffer, archive.byteOffset, archive.length);
  let longPath: string | undefined;
  let longTarget: string | undefined;
  let offset = 0;
  for (;;) {
    if (offset + BLOCK > buffer.length) throw new Error('The tar archive has no end: it is cut off');
    const block = buffer.subarray(offset, offset + BLOCK);
    if (block.every((byte) => byte === 0)) return;
    checkSum(block);
    const size = number(block, 124, 12);
    const content = buffer.subarray(offset + BLOCK, offset + BLOCK + size);
    if (content.length < size) throw new Error('The tar archive is cut off in the middle of a file');
    offset += BLOCK + Math.ceil(size / BLOCK) * BLOCK;

    const type = String.fromCharCode(block[156] ?? 0);
    if (type === 'L') longPath = string(content, 0, content.length);
    else if (type === 'K') longTarget = string(content, 0, content.length);
    else if (type === 'x') {
      const records = paxRecords(content);
      longPath = records.get('path') ?? longPath;
      longTarget = records.get('linkpath') ?? longTarget;
    } else if (type !== 'g') {
      const prefix = string(block, 257, 6) === 'ustar' ? string(block, 345, 155) : '';
      const short = string(block, 0, 100);
      const path = clean(longPath ?? (prefix === '' ? short : `${prefix}/${short}`));
      const mode = number(block, 100, 8);
      const entry = entryOf(type, { path, content, mode, target: longTarget ?? string(block, 157, 100) });
      longPath = undefined;
      longTarget = undefined;
      if (path !== '')
        yield {
          ...{ path, entry, mode },
          ...{ uid: number(block, 108, 8), gid: number(block, 116, 8), mtime: number(block, 136, 12) },
        };
    }
  }
}

function entryOf(
  type: string,
  member: { path: string; content: Uint8Array; mode: number; target: string },
): Entry {
  if (type === '0' || type === '\0')
    return { type: 'file', content: member.content, executable: (member.mode & 0o111) !== 0 };
  if (type === '5') return { type: 'directory' };
  if (type === '2') return { type: 'link', target: member.target };
  throw new Error(`"${member.path}" in the tar archive is of kind "${type}", which no image of ours holds`);
}

function clean(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/');
}

function string(buffer: Buffer, offset: number, length: number): string {
  const field = buffer.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

function number(block: Buffer, offset: number, length: number): number {
  return Number.parseInt(string(block, offset, length).trim() || '0', 8);
}

function checkSum(block: Buffer): void {
  const found = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  if (found !== number(block, 148, 8)) throw new Error('The tar archive has a header with a wrong checksum');
}

/** `LENGTH KEY=VALUE\n`, the length counting itself. */
function paxRecords(content: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  let offset = 0;
  while (offset < content.length) {
    const space = content.indexOf(' ', offset);
    const length = Number.parseInt(content.toString('utf8', offset, space), 10);
    if (space === -1 || !(length > 0)) throw new Error('The tar archive has a broken pax header');
    const record = content.toString('utf8', space + 1, offset + length - 1);
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), record.slice(equals + 1));
    offset += length;
  }
  return records;
}
