/** What goes wrong: changes by hand, switches that go away or boot. Services that end are in restarts.ts. */
import { setTimeout as delay } from 'node:timers/promises';
import { SWITCHES, type Operation } from './stage.ts';

const PORTS = 40;

export const byHand: Operation = {
  name: 'change a switch by hand',
  weight: 1.5,
  async run({ naas, random }) {
    const port = 1 + random.below(PORTS);
    await naas.atSwitch(random.pick(SWITCHES), 'configure', {
      lines: [`interface Ethernet${port}`, 'description by hand'],
    });
    return 'drifted';
  },
};

/** It takes no connection for a while. */
export const away: Operation = {
  name: 'a switch goes away and comes back',
  weight: 0.5,
  async run({ naas, random, signal }) {
    const name = random.pick(SWITCHES);
    await naas.atSwitch(name, 'faults', { faults: { refuseConnections: true } });
    await delay(4000 + random.below(16_000), undefined, { signal }).catch(() => undefined);
    await naas.atSwitch(name, 'faults', { faults: { refuseConnections: null } });
    return 'back';
  },
};

/** It loses its connections and sessions, and what was not saved. */
export const boot: Operation = {
  name: 'a switch boots',
  weight: 0.4,
  async run({ naas, random }) {
    await naas.atSwitch(random.pick(SWITCHES), 'restart', { reload: true });
    return 'booted';
  },
};

/** A push loses its connection in the middle, or is refused its commit. */
export const fault: Operation = {
  name: 'a push fails',
  weight: 1,
  async run({ naas, random }) {
    const faults = random.pick<object>([
      { disconnectAtCommand: 3 + random.below(10) },
      { disconnectAtCommit: 'before' },
      { disconnectAtCommit: 'after' },
      { saveFails: true },
    ]);
    await naas.atSwitch(random.pick(SWITCHES), 'faults', { faults, times: 1 });
    return 'armed';
  },
};
