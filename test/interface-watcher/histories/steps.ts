import type { DeviceWorld } from '../../../services/interface-watcher/world.ts';

/** The process that made the call has died; before or after the call took effect. */
export class Crash extends Error {}

interface Call {
  run(): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** Lets a test decide which of the calls under way happens next, and which never comes back. */
export class Steps {
  readonly waiting: Call[] = [];

  /** The world as one process sees it: each call waits for its turn. */
  world(world: DeviceWorld): DeviceWorld {
    const turn = <T>(run: () => Promise<T>): Promise<T> =>
      new Promise<T>((resolve, reject) => {
        this.waiting.push({ run, resolve: (value) => resolve(value as T), reject });
      });
    return {
      getInterface: (ref) => turn(() => world.getInterface(ref)),
      getDevice: (name) => turn(() => world.getDevice(name)),
      replaceDevice: (device) => turn(() => world.replaceDevice(device)),
      replaceInterface: (request) => turn(() => world.replaceInterface(request)),
      replaceInterfaceStatus: (request) => turn(() => world.replaceInterfaceStatus(request)),
      createDevice: (device) => turn(() => world.createDevice(device)),
      deleteDevice: (device) => turn(() => world.deleteDevice(device)),
      listInterfaces: () => turn(() => world.listInterfaces()),
      getModel: (device) => turn(() => world.getModel(device)),
      getInventory: (names) => world.getInventory(names),
      alert: (about, message) => world.alert(about, message),
      now: () => world.now(),
    };
  }

  /** Takes one call: it happens, or its process dies before or after. Throws what the call itself throws. */
  async take(index: number, fate: 'happens' | 'dies before' | 'dies after'): Promise<void> {
    const [call] = this.waiting.splice(index, 1);
    if (call === undefined) return;
    if (fate === 'dies before') call.reject(new Crash());
    else {
      const value = await call.run();
      if (fate === 'happens') call.resolve(value);
      else call.reject(new Crash());
    }
    // Lets the process run to its next call.
    await new Promise((resolve) => setImmediate(resolve));
  }
}
