import { isDeepStrictEqual } from 'node:util';
import type { Client } from '../../lib/kube/client.ts';
import type { Clock } from '../../lib/kube/clock.ts';
import { isConflict, isNotFound, messageOf } from '../../lib/kube/errors.ts';
import type { Informer } from '../../lib/kube/informer.ts';
import type { Log } from '../../lib/kube/log.ts';
import type { KubeObject } from '../../lib/kube/types.ts';
import { CONFIGURATION } from './webhook-configurations.ts';

interface Configuration<W> extends KubeObject {
  webhooks?: W[];
}

export interface ConfigurationKeeper {
  /** Whether the configuration was as it has to be when it was last looked at. */
  isRight(): boolean;
  /** Makes it so, if need be. @throws when the API server refuses; it is then tried again later */
  repair(): Promise<void>;
}

/** Least ms between two repairs: two versions of this service, during an upgrade, write against each other. */
const PAUSE = 500;
/** Most ms until a repair that failed is tried again. */
const LONGEST_PAUSE = 30_000;

/**
 * Keeps one webhook configuration as it has to be: the address, the trusted authorities, and everything that makes it
 * impossible to get around (S-32). It never makes one: who deletes a configuration on purpose uninstalls.
 *
 * @param desired the list of webhooks, given what is stored; undefined while there is no certificate yet
 */
export function configurationKeeper<W extends object, T extends Configuration<W>>(options: {
  client: Pick<Client<T>, 'get' | 'replace'>;
  informer: Pick<Informer<T>, 'store' | 'onChange'>;
  desired: (stored: readonly W[]) => W[] | undefined;
  log: Log;
  clock: Clock;
  onRepair: () => void;
}): ConfigurationKeeper {
  const { client, informer, desired, log, clock, onRepair } = options;
  let waiting = false;
  let begun = Number.NEGATIVE_INFINITY;
  let pause = PAUSE;
  const isRight = () => {
    const stored = informer.store.get(CONFIGURATION);
    return (
      stored !== undefined &&
      isDeepStrictEqual(stored.webhooks, desired((stored.webhooks ?? []) as readonly W[]))
    );
  };

  async function repair(): Promise<void> {
    begun = clock.monotonic();
    try {
      await write();
      pause = PAUSE;
    } catch (error) {
      // While the configuration is wrong all requests are refused, or none is checked: nobody else will mend it.
      later(pause);
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      throw error;
    }
  }

  async function write(): Promise<void> {
    for (let round = 0; round < 5; round++) {
      try {
        const stored = await client.get({ name: CONFIGURATION });
        const webhooks = desired(stored.webhooks ?? []);
        if (webhooks === undefined) return;
        if (isDeepStrictEqual(stored.webhooks, webhooks)) return;
        await client.replace({ ...stored, webhooks });
        onRepair();
        return;
      } catch (error) {
        if (isNotFound(error)) {
          log.warn({ name: CONFIGURATION }, 'the webhook configuration is missing: requests are not checked');
          return;
        }
        if (!isConflict(error)) throw error;
      }
    }
    throw new Error('others keep writing the webhook configuration');
  }

  function later(ms: number): void {
    if (waiting) return;
    waiting = true;
    clock.after(ms, () => {
      waiting = false;
      if (isRight()) return;
      repair().catch((error: unknown) => {
        log.error({ problem: messageOf(error) }, 'the webhook configuration could not be repaired');
      });
    });
  }

  informer.onChange(() => {
    if (!isRight()) later(Math.max(0, begun + PAUSE - clock.monotonic()));
  });
  return { isRight, repair };
}
