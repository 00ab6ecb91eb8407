import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { messageOf } from '../../lib/kube/errors.ts';
import { Evaluator } from './evaluator.ts';
import { metered } from './metering.ts';

export interface Policy {
  /** SHA-256 of the Wasm, `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /**
   * Evaluates the policy, in this thread: the way to another and back costs more than most evaluations.
   * @returns what the policy gave, unchecked
   * @throws Error when it trapped or took more steps than its limit; the caller denies
   */
  evaluate(input: unknown): unknown;
}

export interface PolicyOptions {
  /** Most steps of one evaluation: functions begun and rounds of loops. */
  limit?: number;
  /** Told when an evaluation failed: the next one gets a new instance. */
  onRestart?: (reason: string) => void;
}

/**
 * S-75: twice what the largest request takes (4096 ports, 2176 entries of VLANs, longest names: 32 million). A million
 * steps take about 5 ms of CPU: what runs away is ended after a third of a second.
 */
const LIMIT = 64_000_000;

/** Where the committed Wasm is: in `policies/`, or beside the bundle. */
export const POLICY_WASM = new URL(
  import.meta.url.endsWith('.ts') ? '../../policies/policy.wasm' : './policy.wasm',
  import.meta.url,
);

/**
 * Loads the policy.
 * @throws Error when there is none, or it is none that can be run
 */
export async function loadPolicy(
  wasm: URL | Uint8Array = POLICY_WASM,
  options: PolicyOptions = {},
): Promise<Policy> {
  const { limit = LIMIT, onRestart = () => {} } = options;
  const bytes = wasm instanceof URL ? await readFile(wasm) : wasm;
  const module = await WebAssembly.compile(metered(bytes));
  let evaluator: Evaluator | undefined = new Evaluator(module);
  return {
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    evaluate(input) {
      try {
        evaluator ??= new Evaluator(module);
        return evaluator.evaluate(JSON.stringify(input ?? null), limit);
      } catch (error) {
        // After a trap the instance's memory is in an unknown state.
        evaluator = undefined;
        const reason = `the policy failed: ${messageOf(error)}`;
        onRestart(reason);
        throw new Error(reason, { cause: error });
      }
    },
  };
}
