import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { Evaluation, EvaluationResult } from './policy-worker.ts';

export interface Policy {
  /** SHA-256 of the Wasm, `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /**
   * Evaluates the policy.
   * @returns what the policy gave, unchecked
   * @throws Error when it trapped, took longer than its limit, or too many wait; the caller denies
   */
  evaluate(input: unknown): Promise<unknown>;
  /** Whether a thread is ready to evaluate. */
  ready(): boolean;
  close(): Promise<void>;
}

export interface PolicyOptions {
  /** Longest time one evaluation may take, in ms. */
  limit?: number;
  /** MiB of JavaScript heap of the thread. */
  threadMemory?: number;
  /** Longest queue. */
  waiting?: number;
  onRestart?: (reason: string) => void;
}

interface Waiting {
  evaluation: Evaluation;
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
}

/** ms until a thread that did not come up is tried again. */
const RESTART_DELAY = 1000;

/** From source the worker is a .ts file in this folder; in a bundle it stands beside it. */
const WORKER = new URL(
  import.meta.url.endsWith('.ts') ? './policy-worker.ts' : './policy-worker.mjs',
  import.meta.url,
);

/** Where the committed Wasm is: in `policies/`, or beside the bundle. */
export const POLICY_WASM = new URL(
  import.meta.url.endsWith('.ts') ? '../../policies/policy.wasm' : './policy.wasm',
  import.meta.url,
);

/** Loads the policy and waits until its thread is ready. */
export async function loadPolicy(
  wasm: URL | Uint8Array = POLICY_WASM,
  options: PolicyOptions = {},
): Promise<Policy> {
  const bytes = wasm instanceof URL ? await readFile(wasm) : wasm;
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  const policy = new PolicyThread(bytes, digest, options);
  await policy.started();
  return policy;
}

/** One thread, one evaluation at a time; a thread that exceeds the limit is ended and replaced. */
class PolicyThread implements Policy {
  readonly digest: string;
  readonly #wasm: Uint8Array;
  readonly #limit: number;
  readonly #longestQueue: number;
  readonly #threadMemory: number;
  readonly #onRestart: (reason: string) => void;
  readonly #queue: Waiting[] = [];
  #running: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #worker: Worker | undefined;
  #ready = false;
  #closed = false;
  #lastId = 0;

  constructor(wasm: Uint8Array, digest: string, options: PolicyOptions) {
    this.#wasm = wasm;
    this.digest = digest;
    this.#limit = options.limit ?? 500;
    this.#longestQueue = options.waiting ?? 256;
    this.#threadMemory = options.threadMemory ?? 128;
    this.#onRestart = options.onRestart ?? (() => {});
  }

  /** Starts the first thread. @throws Error when the policy does not load */
  started(): Promise<void> {
    return new Promise((resolve, reject) => {
      const worker = this.#start();
      const failed = (error: Error) => {
        this.#closed = true;
        reject(error);
      };
      worker.once('error', failed);
      worker.once('message', () => {
        // From now on a thread that fails is replaced.
        worker.off('error', failed);
        resolve();
      });
    });
  }

  ready(): boolean {
    return this.#ready && !this.#closed;
  }

  evaluate(input: unknown): Promise<unknown> {
    if (this.#closed) return Promise.reject(new Error('the policy is closed'));
    if (this.#worker === undefined) return Promise.reject(new Error('the policy is being restarted'));
    if (this.#queue.length >= this.#longestQueue) {
      return Promise.reject(new Error('too many evaluations wait'));
    }
    // Text, so that what is evaluated is what the caller had at this moment.
    const evaluation = { id: ++this.#lastId, input: JSON.stringify(input ?? null) };
    return new Promise((resolve, reject) => {
      this.#queue.push({ evaluation, resolve, reject });
      this.#next();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#failAll('the policy is closed');
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(WORKER, {
      workerData: { wasm: this.#wasm },
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: this.#threadMemory },
    });
    this.#worker = worker;
    this.#ready = false;
    worker.on('message', (message: EvaluationResult | 'ready') => {
      if (worker !== this.#worker) return;
      if (message === 'ready') {
        this.#ready = true;
        this.#next();
      } else {
        this.#settle(message);
      }
    });
    worker.once('error', (error) => this.#replace(worker, `the policy's thread failed: ${error.message}`));
    worker.once('exit', () => this.#replace(worker, "the policy's thread ended"));
    return worker;
  }

  #next(): void {
    if (this.#running !== undefined || !this.#ready) return;
    const next = this.#queue.shift();
    if (next === undefined || this.#worker === undefined) return;
    this.#running = next;
    const worker = this.#worker;
    this.#timer = setTimeout(() => {
      this.#replace(worker, `the policy took longer than ${this.#limit} ms`);
      void worker.terminate();
    }, this.#limit);
    worker.postMessage(next.evaluation, []);
  }

  #settle(message: EvaluationResult): void {
    const running = this.#running;
    if (running === undefined || running.evaluation.id !== message.id) return;
    clearTimeout(this.#timer);
    this.#running = undefined;
    if ('error' in message) running.reject(new Error(`the policy trapped: ${message.error}`));
    else running.resolve(message.result);
    this.#next();
  }

  /** Denies what runs on a thread that is lost; what waits goes to the next thread. */
  #replace(worker: Worker, reason: string): void {
    if (worker !== this.#worker || this.#closed) return;
    clearTimeout(this.#timer);
    this.#worker = undefined;
    const wasReady = this.#ready;
    this.#ready = false;
    const running = this.#running;
    this.#running = undefined;
    running?.reject(new Error(reason));
    this.#onRestart(reason);
    if (wasReady) {
      this.#start();
      return;
    }
    // One that did not even come up is not tried again in a tight loop.
    this.#failAll(reason);
    setTimeout(() => {
      if (!this.#closed) this.#start();
    }, RESTART_DELAY).unref();
  }

  #failAll(reason: string): void {
    clearTimeout(this.#timer);
    const running = this.#running;
    this.#running = undefined;
    running?.reject(new Error(reason));
    for (const { reject } of this.#queue.splice(0)) reject(new Error(reason));
  }
}
