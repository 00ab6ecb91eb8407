import type { Inventory } from '../../lib/inventory/device.ts';
import { sliceInventory } from '../../lib/inventory/slice.ts';
import { client } from '../../lib/kube/client.ts';
import { pause, type Clock } from '../../lib/kube/clock.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { ApiError, isAlreadyExists, isNotFound, messageOf } from '../../lib/kube/errors.ts';
import type { Log } from '../../lib/kube/log.ts';
import { JOBS, SECRETS, type Job } from '../../lib/kube/resources.ts';
import type { JobSettings } from './job-settings.ts';
import { enforcerJob, ownedBy, SLICE_SELECTOR, sliceSecret, type JobOrder } from './job.ts';

export interface Launcher {
  /** Makes the Secret and the Job. @throws when neither may be counted on; what was made is cleaned up later */
  launch(order: JobOrder, inventory: Inventory): Promise<Job>;
  /** Gives Secrets without an owner to their Job, and deletes those whose Job never came to be. */
  cleanUp(): Promise<void>;
}

const TRIES = 4;
/** A Secret may be this old before its missing Job counts as never made. Milliseconds. */
const ORPHAN_MS = 60_000;

export function launcher(options: {
  readonly connection: Connection;
  readonly namespace: string;
  readonly settings?: JobSettings | undefined;
  readonly clock: Clock;
  readonly log: Log;
}): Launcher {
  const { connection, namespace, settings, clock, log } = options;
  const secrets = client(connection, SECRETS, { timeoutMs: 10_000 });
  const jobs = client(connection, JOBS, { timeoutMs: 10_000 });

  /** Creates under a name that is ours alone: a try whose answer was lost may have succeeded. */
  async function create<T>(make: () => Promise<T>, get: () => Promise<T>): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await make();
      } catch (error) {
        if (isAlreadyExists(error)) return get();
        const refused = error instanceof ApiError && error.code < 500 && error.code !== 429;
        if (refused || tries === TRIES) throw error;
        await pause(clock, 100 * 2 ** tries);
      }
    }
  }

  async function own(name: string, uid: string): Promise<void> {
    await secrets.patch({ namespace, name }, ownedBy({ name, uid }), { type: 'merge' });
  }

  return {
    async launch(order, inventory) {
      const ref = { namespace, name: order.name };
      const texts = order.slices.map((names) => sliceInventory(inventory, names));
      // The Secret first, so that no Pod waits for its mount.
      await create(
        () => secrets.create(sliceSecret(order, texts)),
        () => secrets.get(ref),
      );
      const job = await create(
        () => jobs.create(enforcerJob(order, settings)),
        () => jobs.get(ref),
      );
      // Off the path of the push; if it fails, cleanUp does it.
      own(order.name, job.metadata.uid ?? '').catch((error: unknown) =>
        log.warn({ job: order.name, error: messageOf(error) }, 'The Secret of a Job has no owner yet'),
      );
      return job;
    },

    async cleanUp() {
      const { items } = await secrets.list({ namespace, labelSelector: SLICE_SELECTOR });
      for (const { metadata } of items) {
        if ((metadata.ownerReferences ?? []).length > 0) continue;
        const { name, uid } = metadata;
        try {
          const job = await jobs.get({ namespace, name });
          await own(name, job.metadata.uid ?? '');
        } catch (error) {
          if (!isNotFound(error)) throw error;
          const age = clock.now() - Date.parse(metadata.creationTimestamp ?? '');
          if (uid === undefined || !(age > ORPHAN_MS)) continue;
          await secrets.delete({ namespace, name }, { uid });
          log.info({ secret: name }, 'Deleted a Secret whose Job was never made');
        }
      }
    },
  };
}
