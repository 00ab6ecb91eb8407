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
  /** Makes it so, if need be. @throws when the API server refuses */
  repair(): Promise<void>;
}

/** ms between a change by someone else and its repair. */
const PAUSE = 500;

/**
 * Keeps one webhook configuration as it has to be: the address, the trusted authorities, and everything that makes it
 * impossible to get around (S-32). It never makes one: who deletes a configuration on purpose uninstalls.
 *
 * @param desired the list of webhooks; undefined while there is no certificate yet
 */
export function configurationKeeper<W extends object, T extends Configuration<W>>(options: {
  client: Pick<Client<T>, 'get' | 'replace'>;
  informer: Pick<Informer<T>, 'store' | 'onChange'>;
  desired: () => W[] | undefined;
  log: Log;
  clock: Clock;
  onRepair: () => void;
}): ConfigurationKeeper {
  const { client, informer, desired, log, clock, onRepair } = options;
  let waiting = false;
  const isRight = () => {
    const stored = informer.store.get(CONFIGURATION);
    return stored !== undefined && isDeepStrictEqual(stored.webhooks, desired());
  };

  async function repair(): Promise<void> {
    for (let round = 0; round < 5; round++) {
      const webhooks = desired();
      if (webhooks === undefined) return;
      try {
        const stored = await client.get({ name: CONFIGURATION });
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
  }

  informer.onChange(() => {
    if (isRight() || waiting) return;
    // Two versions of this service, during an upgrade, would else write against each other as fast as they can.
    waiting = true;
    clock.after(PAUSE, () => {
      waiting = false;
      if (isRight()) return;
      repair().catch((error: unknown) => {
        log.error({ problem: messageOf(error) }, 'the webhook configuration could not be repaired');
      });
    });
  });
  return { isRight, repair };
}
