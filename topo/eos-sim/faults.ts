/** Everything that can be made to go wrong. All off by default. */
export interface Faults {
  /** Before each command's answer, ms. */
  latencyMs: number;
  /** Between login and the first prompt, ms (AAA, banner). */
  loginDelayMs: number;
  /** The terminal repeats the typed line once more (netmiko #2902). */
  duplicateEcho: boolean;
  /** The first line after login is echoed but not executed (netmiko #2944). */
  dropFirstInput: boolean;
  /** `terminal width N` of this N closes the channel; cEOS 4.35.0F did so at 32767 (devices.md 1.1). */
  closeOnWidth: number | undefined;
  /** Connections accepted at one time. */
  connectionLimit: number | undefined;
  /** No new TCP connection is served. */
  refuseConnections: boolean;
  /** Every authentication fails. */
  refuseAuth: boolean;
  /** Configuration lines that match are refused with `Invalid input`; a regular expression. */
  rejectLine: string | undefined;
  /** `commit` is refused with this text. */
  rejectCommit: string | undefined;
  /** `copy terminal:` ends with this refusal, which names no line. */
  rejectLoad: string | undefined;
  /** The connection breaks when it has sent so many bytes of terminal output. */
  disconnectAtByte: number | undefined;
  /** The connection breaks before it answers its n-th command, from 1. */
  disconnectAtCommand: number | undefined;
  /** The connection breaks before a commit takes effect, or right after it without an answer. */
  disconnectAtCommit: 'before' | 'after' | undefined;
  /** The next timed commit cuts management: no new connection until it expires or is taken back. */
  managementLoss: boolean;
  /** Saving to startup-config fails. */
  saveFails: boolean;
}

export function noFaults(): Faults {
  return {
    latencyMs: 0,
    loginDelayMs: 0,
    duplicateEcho: false,
    dropFirstInput: false,
    closeOnWidth: undefined,
    connectionLimit: undefined,
    refuseConnections: false,
    refuseAuth: false,
    rejectLine: undefined,
    rejectCommit: undefined,
    rejectLoad: undefined,
    disconnectAtByte: undefined,
    disconnectAtCommand: undefined,
    disconnectAtCommit: undefined,
    managementLoss: false,
    saveFails: false,
  };
}

/** Faults as they are now, and how often those armed for a number of times may still strike. */
export class FaultBoard {
  readonly current: Faults = noFaults();
  readonly #left = new Map<keyof Faults, number>();

  /** Switches faults on. @param times after so many strikes a fault switches itself off; default never */
  arm(faults: Partial<Faults>, times?: number): void {
    Object.assign(this.current, faults);
    for (const name of faultNames(faults)) {
      if (times === undefined) this.#left.delete(name);
      else this.#left.set(name, times);
    }
  }

  clear(): void {
    this.#left.clear();
    Object.assign(this.current, noFaults());
  }

  /** The value of a fault that is about to take effect, counted; undefined when it is off. */
  strike<Name extends keyof Faults>(name: Name): Exclude<Faults[Name], undefined | false | 0> | undefined {
    const value = this.current[name];
    if (value === undefined || value === false || value === 0) return undefined;
    const left = this.#left.get(name);
    if (left !== undefined) {
      if (left > 1) this.#left.set(name, left - 1);
      else {
        this.#left.delete(name);
        Object.assign(this.current, { [name]: noFaults()[name] });
      }
    }
    return value as Exclude<Faults[Name], undefined | false | 0>;
  }
}

function faultNames(faults: Partial<Faults>): (keyof Faults)[] {
  const known = noFaults();
  return Object.keys(faults).filter((name): name is keyof Faults => name in known);
}

/**
 * Checks faults that came over the control endpoint.
 * @throws Error naming the fault and what it takes
 */
export function parseFaults(input: unknown): Partial<Faults> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new Error('faults: must be an object such as {"latencyMs": 20}');
  }
  const kinds: Record<keyof Faults, string> = {
    latencyMs: 'number',
    loginDelayMs: 'number',
    duplicateEcho: 'boolean',
    dropFirstInput: 'boolean',
    closeOnWidth: 'number',
    connectionLimit: 'number',
    refuseConnections: 'boolean',
    refuseAuth: 'boolean',
    rejectLine: 'string',
    rejectCommit: 'string',
    rejectLoad: 'string',
    disconnectAtByte: 'number',
    disconnectAtCommand: 'number',
    disconnectAtCommit: 'string',
    managementLoss: 'boolean',
    saveFails: 'boolean',
  };
  const known = new Map(Object.entries(kinds));
  const result: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(input)) {
    const kind = known.get(name);
    if (kind === undefined)
      throw new Error(`faults.${name}: no such fault; known are ${[...known.keys()].join(', ')}`);
    if (value === null) {
      result[name] = noFaults()[name as keyof Faults];
      continue;
    }
    if (typeof value !== kind) throw new Error(`faults.${name}: must be a ${kind}, or null to switch it off`);
    if (name === 'rejectLine' && !isExpression(String(value))) {
      throw new Error('faults.rejectLine: is no regular expression');
    }
    if (name === 'disconnectAtCommit' && value !== 'before' && value !== 'after') {
      throw new Error('faults.disconnectAtCommit: must be "before" or "after"');
    }
    result[name] = value;
  }
  return result;
}

function isExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
