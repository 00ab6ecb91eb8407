import { pause } from '../kube/clock.ts';
import type { Clock } from '../kube/clock.ts';
import { messageOf } from '../kube/errors.ts';
import type { Log } from '../kube/log.ts';

/** What serves certificates, whoever makes them. */
export interface CertificateSource<S> {
  /** What is in use; undefined before the first {@link check} that succeeded. */
  current(): S | undefined;
  /** Reads what is stored and does all that is due. @throws when it cannot be read, or is not fit for use */
  check(): Promise<void>;
}

/**
 * Without a certificate there is nothing to serve with: checks until there is one.
 * @throws the signal's reason
 */
export async function firstCertificate<S>(
  source: CertificateSource<S>,
  { clock, log, signal }: { clock: Clock; log: Log; signal: AbortSignal },
): Promise<S> {
  for (let wait = 250; ; wait = Math.min(wait * 2, 10_000)) {
    try {
      await source.check();
      const first = source.current();
      if (first !== undefined) return first;
    } catch (error) {
      log.error({ problem: messageOf(error) }, 'no certificate yet');
    }
    signal.throwIfAborted();
    await pause(clock, wait, signal);
    signal.throwIfAborted();
  }
}
