import type { Client } from '../kube/client.ts';
import type { Clock } from '../kube/clock.ts';
import { isAlreadyExists, isConflict, isNotFound, messageOf } from '../kube/errors.ts';
import type { Log } from '../kube/log.ts';
import type { Secret } from '../kube/resources.ts';
import type { DeepReadonly } from '../kube/types.ts';
import { isInForce, readSet, writeSet } from './certificate-set.ts';
import type { CertificateSet } from './certificate-set.ts';
import type { CertificateSource } from './first-certificate.ts';
import { LIFETIMES, nextStep, takeStep } from './rotation.ts';
import type { Lifetimes } from './rotation.ts';

export interface CertificateKeeper<S> extends CertificateSource<S> {
  /** Whether the serving certificate is within its time. */
  isValid(): boolean;
  /** Checks from now on every minute, and at {@link check}. */
  start(): void;
  stop(): Promise<void>;
}

export interface CertificateKeeperOptions {
  secrets: Pick<Client<Secret>, 'get' | 'create' | 'replace'>;
  namespace: string;
  name: string;
  /** DNS names and addresses under which the API server calls. */
  names: readonly string[];
  clock: Clock;
  log: Log;
  /** Whether the API server trusts this authority already. */
  published: (authority: string) => boolean;
  /** Whether somebody else has begun to keep this Secret: it is then left alone. Default: nobody has. */
  givenAway?: (secret: DeepReadonly<Secret>) => boolean;
  /** Called before `check` returns, whenever the set has changed. */
  onChange: (set: CertificateSet) => void;
  lifetimes?: Lifetimes;
  /** ms between checks. */
  every?: number;
}

/** Steps of one check and tries of one write: creation, then at most one of each step. */
const MAX_ROUNDS = 12;

/**
 * Makes and renews the certificates, and keeps them in a Secret that all replicas share. Every change is a
 * compare-and-swap: who loses reads what the other wrote. A set that cannot be read is made anew.
 */
export function certificateKeeper(options: CertificateKeeperOptions): CertificateKeeper<CertificateSet> {
  const { secrets, namespace, name, names, clock, log, published, onChange } = options;
  const lifetimes = options.lifetimes ?? LIFETIMES;
  let current: CertificateSet | undefined;
  let shown = '';
  let running: Promise<void> | undefined;
  let again: Promise<void> | undefined;
  let stopped = false;
  let cancelTimer = () => {};

  async function run(): Promise<void> {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const secret = await read();
      if (secret !== undefined && options.givenAway?.(secret) === true) return leave();
      const set = readSet(secret?.data);
      const step = nextStep(set, names, clock.now(), published, lifetimes);
      if (step === undefined && set !== undefined) return use(set);
      const next = await takeStep(step ?? 'create', set, names, clock.now(), lifetimes);
      if (await write(secret, next)) log.info({ step }, 'certificates changed');
    }
    throw new Error(`Secret ${namespace}/${name} changed ${MAX_ROUNDS} times while it was checked`);
  }

  /** What is in use goes on until this replica is replaced by one that uses what is given. */
  function leave(): void {
    if (current === undefined)
      throw new Error(
        `Secret ${namespace}/${name} is kept by somebody else: NAAS_CERTIFICATES must be given`,
      );
  }

  function use(set: CertificateSet): void {
    const text = JSON.stringify(set);
    if (text === shown) return;
    shown = text;
    current = set;
    onChange(set);
  }

  async function read(): Promise<Secret | undefined> {
    try {
      return await secrets.get({ namespace, name });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  /** @returns false if another replica was faster */
  async function write(secret: Secret | undefined, set: CertificateSet): Promise<boolean> {
    try {
      if (secret === undefined) {
        await secrets.create({ metadata: { namespace, name }, type: 'Opaque', data: writeSet(set) });
      } else {
        await secrets.replace({ ...secret, data: writeSet(set) });
      }
      return true;
    } catch (error) {
      if (isConflict(error) || isAlreadyExists(error)) return false;
      throw error;
    }
  }

  /** Calls while one runs wait for one more run. */
  function check(): Promise<void> {
    if (running === undefined) {
      running = run().finally(() => (running = undefined));
      return running;
    }
    // What is asked for now may come too late for the run in progress.
    again ??= running
      .catch(() => {})
      .then(() => {
        again = undefined;
        return check();
      });
    return again;
  }

  function schedule(): void {
    if (stopped) return;
    cancelTimer = clock.after(options.every ?? 60_000, () => {
      check()
        .catch((error: unknown) =>
          log.error({ problem: messageOf(error) }, 'certificates could not be checked'),
        )
        .finally(schedule);
    });
  }

  return {
    current: () => current,
    isValid() {
      return current !== undefined && isInForce(current.leaf.cert, clock.now());
    },
    check,
    start: schedule,
    async stop() {
      stopped = true;
      cancelTimer();
      await running?.catch(() => {});
    },
  };
}
