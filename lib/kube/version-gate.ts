/**
 * Waits for resource versions. Versions of one kind are comparable integers (Kubernetes 1.35, KEP-5504) and a watch sends
 * them in order, so any version at least as new, of any object of the kind, shows that a write has arrived.
 */
export interface VersionGate {
  /** The newest version seen goes forward to this one, if newer. */
  advance(resourceVersion: string): void;
  /** A list says what is true now, even if the server was restored and counts from a smaller number. */
  reset(resourceVersion: string): void;
  /** Fulfilled at this version or a newer one. @throws Error if the version is no integer. */
  reached(resourceVersion: string, signal?: AbortSignal): Promise<void>;
  /** All who wait now get this error. */
  fail(error: Error): void;
}

interface Waiter {
  version: bigint;
  resolve(): void;
  reject(reason: unknown): void;
}

export function versionGate(): VersionGate {
  let seen = -1n;
  const waiters = new Set<Waiter>();

  function wake(): void {
    for (const waiter of waiters) {
      if (waiter.version <= seen) waiter.resolve();
    }
  }

  return {
    advance(resourceVersion) {
      const version = BigInt(resourceVersion);
      if (version <= seen) return;
      seen = version;
      wake();
    },
    reset(resourceVersion) {
      seen = BigInt(resourceVersion);
      wake();
    },
    async reached(resourceVersion, signal) {
      if (!/^[0-9]+$/.test(resourceVersion))
        throw new Error(`resourceVersion "${resourceVersion}" must be an integer`);
      const version = BigInt(resourceVersion);
      if (version <= seen) return;
      signal?.throwIfAborted();
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const waiter = { version, resolve, reject };
      const abort = () => reject(signal?.reason);
      waiters.add(waiter);
      signal?.addEventListener('abort', abort, { once: true });
      try {
        await promise;
      } finally {
        waiters.delete(waiter);
        signal?.removeEventListener('abort', abort);
      }
    },
    fail(error) {
      for (const waiter of waiters) waiter.reject(error);
    },
  };
}
