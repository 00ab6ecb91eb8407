import { client } from '../../lib/kube/client.ts';
import { pause, systemClock } from '../../lib/kube/clock.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { isConflict, isNotFound, messageOf } from '../../lib/kube/errors.ts';
import type { Log } from '../../lib/kube/log.ts';
import { PODS } from '../../lib/kube/resources.ts';

/** Tells the API server the newest status of one Pod, until it knows. */
export interface StatusReport {
  /** The status as it is now; what was not sent yet is skipped. */
  set(patch: object): void;
  /** Resolves when the newest status is stored, or the Pod is gone. */
  stored(): Promise<void>;
  stop(): void;
}

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5000;

/** @param pod patches carry its uid too, so that another Pod of that name is left alone */
export function statusReport(
  connection: Connection,
  pod: { readonly namespace: string; readonly name: string; readonly uid: string },
  log: Log,
): StatusReport {
  const pods = client(connection, PODS);
  let next: object | undefined;
  let running: Promise<void> | undefined;
  const stopping = new AbortController();

  /** Whether the Pod gave way to another one of its name. */
  async function isGone(): Promise<boolean> {
    try {
      return (await pods.get(pod)).metadata.uid !== pod.uid;
    } catch (error) {
      return isNotFound(error);
    }
  }

  async function send(): Promise<void> {
    let retry = FIRST_RETRY_MS;
    while (next !== undefined && !stopping.signal.aborted) {
      const patch = next;
      try {
        await pods.patch(pod, patch, { type: 'strategic', subresource: 'status' });
      } catch (error) {
        if (!isNotFound(error) && !(isConflict(error) && (await isGone()))) {
          log.warn(
            { pod: pod.name, error: messageOf(error) },
            'could not store the status of a Pod; trying again',
          );
          await pause(systemClock, retry, stopping.signal);
          retry = Math.min(retry * 2, LONGEST_RETRY_MS);
          continue;
        }
        // There is nobody to tell any more.
      }
      if (next === patch) next = undefined;
    }
    running = undefined;
  }

  return {
    set(patch) {
      next = patch;
      running ??= send();
    },
    stored: () => running ?? Promise.resolve(),
    stop: () => stopping.abort(),
  };
}
