import { METER } from './metering.ts';

/** What is used of a policy's exports (ABI 1.2: https://www.openpolicyagent.org/docs/wasm). Addresses are numbers. */
interface Exports {
  readonly opa_wasm_abi_version: WebAssembly.Global;
  readonly opa_wasm_abi_minor_version: WebAssembly.Global;
  readonly [METER]: WebAssembly.Global;
  opa_malloc(size: number): number;
  opa_json_parse(text: number, length: number): number;
  opa_heap_ptr_get(): number;
  /** @returns where the result begins: JSON text that ends with a NUL */
  opa_eval(
    reserved: 0,
    entrypoint: number,
    data: number,
    input: number,
    inputLength: number,
    heap: number,
    format: 0,
  ): number;
}

const PAGE = 65_536;
/** 320 KiB to begin with, 128 MiB at most. The largest request takes 113 MiB. */
const PAGES = { initial: 5, maximum: 2048 };
/** Longest result in bytes. The largest request gets 3.4 MB. */
const MAX_RESULT = 8 * 1024 * 1024;

/** One instance of a policy. After it threw it is in an unknown state: make another. */
export class Evaluator {
  readonly #memory = new WebAssembly.Memory(PAGES);
  readonly #exports: Exports;
  readonly #data: number;
  readonly #heap: number;
  #view: Buffer;

  /** @throws Error when the module is no policy of this ABI, or has no meter */
  constructor(module: WebAssembly.Module) {
    this.#view = Buffer.from(this.#memory.buffer);
    const refused = () => {
      throw new Error('it calls for something from outside');
    };
    const { exports } = new WebAssembly.Instance(module, {
      env: {
        memory: this.#memory,
        opa_abort: (message: number) => {
          throw new Error(this.#text(message, 1000));
        },
        opa_println: () => {},
        opa_builtin0: refused,
        opa_builtin1: refused,
        opa_builtin2: refused,
        opa_builtin3: refused,
        opa_builtin4: refused,
      },
    });
    this.#exports = exports as unknown as Exports;
    const { opa_wasm_abi_version: version, opa_wasm_abi_minor_version: minor } = this.#exports;
    if (version?.value !== 1 || minor.value < 2) throw new Error('it is no policy of ABI 1.2');
    if (this.#exports[METER] === undefined) throw new Error('it has no meter');
    // Policies keep no data: an empty object, once and for all.
    const text = this.#exports.opa_malloc(2);
    this.#bytes().write('{}', text);
    this.#data = this.#exports.opa_json_parse(text, 2);
    this.#heap = this.#exports.opa_heap_ptr_get();
  }

  /**
   * @param input JSON text
   * @param steps the most it may take
   * @returns the policy's result, unchecked
   * @throws Error when it trapped or took more steps
   */
  evaluate(input: string, steps: number): unknown {
    const length = Buffer.byteLength(input);
    const missing = this.#heap + length - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE));
    this.#bytes().write(input, this.#heap);
    const meter = this.#exports[METER];
    meter.value = steps;
    try {
      // Each evaluation begins with the heap behind its input: nothing of the one before is left.
      const { opa_eval } = this.#exports;
      const result = opa_eval(0, 0, this.#data, this.#heap, length, this.#heap + length, 0);
      return JSON.parse(this.#text(result, MAX_RESULT));
    } catch (error) {
      if (meter.value === 0) throw new Error(`it took more than ${steps} steps`, { cause: error });
      throw error;
    }
  }

  #text(from: number, longest: number): string {
    const bytes = this.#bytes();
    const end = bytes.indexOf(0, from);
    if (end === -1 || end - from > longest) throw new Error('it answered with a text that is too long');
    return bytes.toString('utf8', from, end);
  }

  /** The memory as it is now: growing it gives it a new buffer. */
  #bytes(): Buffer {
    const { buffer } = this.#memory;
    if (this.#view.buffer !== buffer) this.#view = Buffer.from(buffer);
    return this.#view;
  }
}
