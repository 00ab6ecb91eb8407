/**
 * Puts a meter into a WebAssembly module: a counter that goes down by one wherever a function or a round of a loop
 * begins, and a trap where it has reached zero. Wasm cannot be interrupted from outside (S-75); a module with a meter
 * ends by itself, after the same work on every machine, in the thread that called it.
 *
 * Between two of these places the code runs straight on, so the counter bounds the time. What could take long in one
 * instruction (copying or filling memory in bulk, tables, SIMD, threads, exceptions) is refused, as is every
 * instruction that is not known here.
 *
 * Module format: https://webassembly.github.io/spec/core/binary/
 */

/** Name under which the counter is exported, an `i32`. */
export const METER = 'naas_meter';

const PREAMBLE = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const SECTION = { imports: 2, globals: 6, exports: 7, code: 10 } as const;
const KIND_OF_GLOBAL = 3;
const I32 = 0x7f;
const LOOP = 0x03;
/** 2^20 as a signed LEB128. */
const ONE_MILLION = [0x80, 0x80, 0xc0, 0x00];

/**
 * @param module with sections for globals, exports and code, as the policy compiler makes it
 * @returns the module with the meter: set it before each call
 * @throws Error when the module is malformed, or has what cannot be metered
 */
export function metered(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const reader = new Reader(module);
  if (!PREAMBLE.every((byte) => reader.byte() === byte)) throw new Error('not a WebAssembly module');
  const sections: { id: number; content: Uint8Array }[] = [];
  while (!reader.atEnd()) {
    const id = reader.byte();
    sections.push({ id, content: reader.bytes(reader.unsigned()) });
  }
  const contentOf = (id: number): Uint8Array => {
    const found = sections.find((section) => section.id === id);
    if (found === undefined) throw new Error(`the module has no section ${id}`);
    return found.content;
  };
  const imports = sections.find(({ id }) => id === SECTION.imports)?.content;
  const globals = new Reader(contentOf(SECTION.globals)).unsigned();
  const meter = (imports === undefined ? 0 : importedGlobals(imports)) + globals;
  const exported = [METER.length, ...new TextEncoder().encode(METER), KIND_OF_GLOBAL, ...unsigned(meter)];
  const replaced: Readonly<Record<number, () => Uint8Array>> = {
    // A variable; what it begins with is for the module's own start.
    [SECTION.globals]: () => appended(contentOf(SECTION.globals), [I32, 0x01, 0x41, ...ONE_MILLION, 0x0b]),
    [SECTION.exports]: () => appended(contentOf(SECTION.exports), exported),
    [SECTION.code]: () => meteredCode(contentOf(SECTION.code), meter),
  };
  contentOf(SECTION.exports);
  contentOf(SECTION.code);
  return joined([
    Uint8Array.from(PREAMBLE),
    ...sections.flatMap(({ id, content }) => {
      const written = replaced[id]?.() ?? content;
      return [Uint8Array.from([id, ...unsigned(written.length)]), written];
    }),
  ]);
}

/** A vector with one more entry. */
function appended(vector: Uint8Array, entry: readonly number[]): Uint8Array {
  const reader = new Reader(vector);
  const count = reader.unsigned();
  return joined([Uint8Array.from(unsigned(count + 1)), reader.rest(), Uint8Array.from(entry)]);
}

function importedGlobals(section: Uint8Array): number {
  const reader = new Reader(section);
  let globals = 0;
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    reader.bytes(reader.unsigned());
    reader.bytes(reader.unsigned());
    const kind = reader.byte();
    if (kind === 0) reader.skipInteger();
    else if (kind === 1 || kind === 2) {
      if (kind === 1) reader.byte();
      const bounded = reader.byte() === 1;
      reader.skipInteger();
      if (bounded) reader.skipInteger();
    } else if (kind === KIND_OF_GLOBAL) {
      reader.bytes(2);
      globals += 1;
    } else throw new Error(`an import of the unknown kind ${kind}`);
  }
  return globals;
}

function meteredCode(section: Uint8Array, meter: number): Uint8Array {
  const index = unsigned(meter);
  // if the counter is 0: trap; else counter = counter - 1
  const check = Uint8Array.from([
    ...[0x23, ...index, 0x45, 0x04, 0x40, 0x00, 0x0b],
    ...[0x23, ...index, 0x41, 0x01, 0x6b, 0x24, ...index],
  ]);
  const reader = new Reader(section);
  const count = reader.unsigned();
  const parts: Uint8Array[] = [Uint8Array.from(unsigned(count))];
  for (let left = count; left > 0; left -= 1) {
    const body = meteredBody(reader.bytes(reader.unsigned()), check);
    parts.push(Uint8Array.from(unsigned(body.length)), body);
  }
  return joined(parts);
}

function meteredBody(body: Uint8Array, check: Uint8Array): Uint8Array {
  const reader = new Reader(body);
  for (let left = reader.unsigned(); left > 0; left -= 1) {
    reader.skipInteger();
    reader.byte();
  }
  const parts = [body.subarray(0, reader.at), check];
  let copied = reader.at;
  while (!reader.atEnd()) {
    const operation = reader.byte();
    skipOperands(operation, reader);
    if (operation !== LOOP) continue;
    parts.push(body.subarray(copied, reader.at), check);
    copied = reader.at;
  }
  parts.push(body.subarray(copied));
  return joined(parts);
}

/** Moves on to the next instruction. */
function skipOperands(operation: number, reader: Reader): void {
  if (operation >= 0x45 && operation <= 0xc4) return; // comparing, calculating, converting
  if (operation >= 0x28 && operation <= 0x3e) return reader.skipIntegers(2); // loading and storing
  switch (operation) {
    case 0x00: // unreachable
    case 0x01: // nop
    case 0x05: // else
    case 0x0b: // end
    case 0x0f: // return
    case 0x1a: // drop
    case 0x1b: // select
      return;
    case 0x02: // block
    case 0x03: // loop
    case 0x04: // if
    case 0x0c: // br
    case 0x0d: // br_if
    case 0x10: // call
    case 0x20: // local.get
    case 0x21: // local.set
    case 0x22: // local.tee
    case 0x23: // global.get
    case 0x24: // global.set
    case 0x3f: // memory.size
    case 0x40: // memory.grow: the host limits it
    case 0x41: // i32.const
    case 0x42: // i64.const
      return reader.skipInteger();
    case 0x11: // call_indirect
      return reader.skipIntegers(2);
    case 0x0e: // br_table
      return reader.skipIntegers(reader.unsigned() + 1);
    case 0x43: // f32.const
      return void reader.bytes(4);
    case 0x44: // f64.const
      return void reader.bytes(8);
    case 0xfc: {
      const second = reader.unsigned();
      if (second <= 7) return; // converting with saturation
      throw new Error(`the instruction 0xfc ${second} cannot be metered`);
    }
    default:
      throw new Error(`the instruction 0x${operation.toString(16)} cannot be metered`);
  }
}

class Reader {
  at = 0;
  readonly #bytes: Uint8Array;
  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }
  atEnd(): boolean {
    return this.at >= this.#bytes.length;
  }
  byte(): number {
    const byte = this.#bytes[this.at++];
    if (byte === undefined) throw new Error('the module ends too early');
    return byte;
  }
  bytes(length: number): Uint8Array {
    if (this.at + length > this.#bytes.length) throw new Error('the module ends too early');
    return this.#bytes.subarray(this.at, (this.at += length));
  }
  rest(): Uint8Array {
    return this.bytes(this.#bytes.length - this.at);
  }
  /** An unsigned integer of at most 32 bits, LEB128. */
  unsigned(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 128) {
      const byte = this.byte();
      value += (byte % 128) * factor;
      if (byte < 128) return value;
    }
    throw new Error('the module has an integer that is too long');
  }
  skipInteger(): void {
    while (this.byte() >= 128);
  }
  skipIntegers(count: number): void {
    for (let left = count; left > 0; left -= 1) this.skipInteger();
  }
}

/** LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return [...bytes, left];
}

function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
