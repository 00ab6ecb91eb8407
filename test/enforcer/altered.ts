import { instead } from '../support/instead.ts';
import type { DeviceConnection, Driver } from '../../services/enforcer/driver.ts';
import { eos } from '../../services/enforcer/drivers/eos/driver.ts';

/** EOS with connections that behave otherwise in some calls. */
export function altered(change: (connection: DeviceConnection) => Partial<DeviceConnection>): Driver {
  return {
    ...eos,
    async connect(target, options) {
      const connection = await eos.connect(target, options);
      return instead(connection, change(connection));
    },
  };
}

/** A place where a push stops until it is let go. */
export interface Halt {
  /** Called by the push; resolves once let go. */
  stop(): Promise<void>;
  /** Resolves when the push stands there. */
  reached: Promise<void>;
  letGo(): void;
}

export function halt(): Halt {
  const reached = Promise.withResolvers<void>();
  const gone = Promise.withResolvers<void>();
  return {
    async stop() {
      reached.resolve();
      await gone.promise;
    },
    reached: reached.promise,
    letGo: () => gone.resolve(),
  };
}
