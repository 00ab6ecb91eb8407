/** Which processes a cluster has started, in a file: who finds it after a crash can stop them. */
import { identify, self, type ProcessIdentity } from '../../lib/process/process-identity.ts';
import { removeRunFile, writeRunFile } from '../controlplane/run-file.ts';
import type { Watchdog } from '../controlplane/watchdog.ts';

export interface RunRecord extends Pick<Watchdog, 'started' | 'ended'> {
  /** Everything has been stopped in order. */
  release(): Promise<void>;
}

/** Tells the watchdog of each process and keeps the list on disk as well, should the watchdog be killed too. */
export function recordRun(directory: string, watchdog: Watchdog): RunRecord {
  const components = new Map<number, ProcessIdentity>();
  let written = Promise.resolve();
  const write = (): void => {
    written = written
      .then(async () =>
        writeRunFile(directory, {
          owner: await self(),
          watchdog: watchdog.identity,
          components: Object.fromEntries(components),
        }),
      )
      .catch((error: unknown) => console.error(`Cannot record what runs: ${String(error)}`));
  };
  return {
    started(pid) {
      watchdog.started(pid);
      void identify(pid).then((identity) => {
        if (identity === undefined) return;
        components.set(pid, identity);
        write();
      });
    },
    ended(pid) {
      watchdog.ended(pid);
      if (components.delete(pid)) write();
    },
    async release() {
      watchdog.release();
      await written;
      await removeRunFile(directory);
    },
  };
}
