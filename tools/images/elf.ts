/** What an ELF file asks of the dynamic linker: System V ABI, 64 bit, little endian (amd64 and arm64). */
export interface ElfNeeds {
  /** Path of the dynamic linker; undefined in libraries. */
  readonly interpreter: string | undefined;
  /** Names of libraries, such as `libc.so.6`. */
  readonly libraries: readonly string[];
}

const LOAD = 1;
const DYNAMIC = 2;
const INTERPRETER = 3;
const NEEDED = 1n;
const STRING_TABLE = 5n;

interface Segment {
  readonly type: number;
  readonly offset: number;
  readonly address: bigint;
  readonly size: number;
}

/** @throws Error if the file is not such an ELF file. */
export function elfNeeds(content: Uint8Array): ElfNeeds {
  const file = Buffer.from(content.buffer, content.byteOffset, content.length);
  if (file.toString('latin1', 0, 6) !== '\x7fELF\x02\x01')
    throw new Error('Not an ELF file of 64 bit, little endian');
  const segments = segmentsOf(file);

  const linker = segments.find(({ type }) => type === INTERPRETER);
  const interpreter = linker === undefined ? undefined : stringAt(file, linker.offset);

  const dynamic = segments.find(({ type }) => type === DYNAMIC);
  if (dynamic === undefined) return { interpreter, libraries: [] };
  const names: number[] = [];
  let table: bigint | undefined;
  for (let at = dynamic.offset; at < dynamic.offset + dynamic.size; at += 16) {
    const [tag, value] = [file.readBigInt64LE(at), file.readBigUInt64LE(at + 8)];
    if (tag === NEEDED) names.push(Number(value));
    if (tag === STRING_TABLE) table = value;
  }
  const strings = fileOffset(segments, table);
  return { interpreter, libraries: names.map((name) => stringAt(file, strings + name)) };
}

function segmentsOf(file: Buffer): Segment[] {
  const table = Number(file.readBigUInt64LE(32));
  const [size, count] = [file.readUInt16LE(54), file.readUInt16LE(56)];
  return Array.from({ length: count }, (_, index) => {
    const at = table + index * size;
    return {
      type: file.readUInt32LE(at),
      offset: Number(file.readBigUInt64LE(at + 8)),
      address: file.readBigUInt64LE(at + 16),
      size: Number(file.readBigUInt64LE(at + 32)),
    };
  });
}

/** The dynamic section speaks of addresses in memory; the file has them where their segment is loaded from. */
function fileOffset(segments: readonly Segment[], address: bigint | undefined): number {
  const segment = segments.find(
    ({ type, address: start, size }) =>
      type === LOAD && address !== undefined && address >= start && address < start + BigInt(size),
  );
  if (segment === undefined || address === undefined) throw new Error('The ELF file has no table of strings');
  return segment.offset + Number(address - segment.address);
}

function stringAt(file: Buffer, offset: number): string {
  return file.toString('utf8', offset, file.indexOf(0, offset));
}
