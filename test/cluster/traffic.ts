/**
 * What two tenants do while operators work: one makes and changes requests, the other asks for a port that the first has
 * held since the walk-through. Whatever is accepted must be on the switches in the end, and nothing of the other may ever
 * be accepted.
 */
import assert from 'node:assert/strict';
import { parked, port } from '../../tools/demo/walk-through.ts';
import type { Cluster } from '../../tools/cluster/cluster.ts';
import type { RunningPlatform } from '../platform/running-platform.ts';

/** Ports that the walk-through leaves alone. */
const FIRST = 21;
const LAST = 44;
/** Held by request-001 of the walk-through. */
const HELD = 5;
const DEVICES = ['devicea', 'deviceb'];
const OWNER = 'tenant-a';
const RIVAL = 'tenant-b';
/** Between two rounds; each is two calls of kubectl. */
const PAUSE_MS = 300;
const MOST_ROUNDS = 200;
/** Longer than a Job may take that died with its switch half done. */
const WAIT = '--timeout=230s';

export interface Outcome {
  /** Changes that were accepted. */
  readonly accepted: number;
  /** What kubectl said when a change was not; each was tried again. */
  readonly refusals: readonly string[];
  /** Times that the rival was told whose the ports are. */
  readonly deniedByName: number;
  /** What it was told at other times. */
  readonly deniedOtherwise: readonly string[];
}

export interface Traffic {
  /** Fulfilled after so many more rounds. */
  rounds(count: number): Promise<void>;
  /** Ends it; holds the switches to what was accepted, then takes everything back. */
  settle(): Promise<Outcome>;
}

function interfaceRequest(namespace: string, name: string, portNumber: number, vlan: number): object {
  return {
    apiVersion: 'network.as.a.service/v1',
    kind: 'Interface',
    metadata: { name, namespace },
    spec: {
      services: DEVICES.map((devicename) => ({ devicename, ports: [portNumber], vlan, shutdown: false })),
    },
  };
}

/** Starts both tenants. */
export function startTraffic(naas: RunningPlatform<Cluster>): Traffic {
  /** VLAN that was last accepted, by port. */
  const accepted = new Map<number, number>();
  const refusals: string[] = [];
  const deniedOtherwise: string[] = [];
  let changes = 0;
  let deniedByName = 0;
  const ended = new AbortController();
  let done = 0;
  const waiting: { at: number; resolve: () => void }[] = [];

  const wake = () => {
    for (const { at, resolve } of waiting) if (done >= at || ended.signal.aborted) resolve();
  };

  async function change(portNumber: number, vlan: number): Promise<void> {
    // A tenant whose request is refused for now tries again, as CI jobs and controllers do.
    for (;;) {
      try {
        await naas.apply(OWNER, interfaceRequest(OWNER, `change-${portNumber}`, portNumber, vlan));
        break;
      } catch (error) {
        refusals.push(String(error));
        assert.ok(refusals.length < MOST_ROUNDS, `a change is refused for ever: ${String(error)}`);
      }
    }
    accepted.set(portNumber, vlan);
    changes += 1;
  }

  async function intrude(): Promise<void> {
    const words = await naas
      .apply(RIVAL, interfaceRequest(RIVAL, 'intruder', HELD, 99))
      .then(() => undefined, String);
    assert.ok(words !== undefined, `${RIVAL} was allowed to ask for port ${HELD} of ${OWNER}`);
    if (/is owned by a different tenant: tenant-a \(request request-001\)/.test(words)) deniedByName += 1;
    else deniedOtherwise.push(words);
  }

  async function run(): Promise<void> {
    for (let round = 0; !ended.signal.aborted && round < MOST_ROUNDS; round += 1) {
      const portNumber = FIRST + (round % (LAST - FIRST + 1));
      await change(portNumber, 1000 + round);
      await intrude();
      done += 1;
      wake();
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
  const running = run().finally(() => {
    ended.abort();
    wake();
  });
  running.catch(() => undefined);

  return {
    async rounds(count) {
      await new Promise<void>((resolve) => {
        waiting.push({ at: done + count, resolve });
        wake();
      });
    },
    async settle() {
      ended.abort();
      await running;
      const names = [...accepted.keys()].map((portNumber) => `interface/change-${portNumber}`);
      const rest = Array.from({ length: LAST - FIRST + 1 }, (_, index) => FIRST + index);
      const expected = rest.flatMap((portNumber) => {
        const vlan = accepted.get(portNumber);
        if (vlan === undefined) return parked(portNumber);
        const description = `change-${portNumber}`;
        return port(portNumber, { description, vlan, trunk: false, shutdown: false });
      });
      const shown = async (device: string) =>
        (await naas.scene.interfaces(device, `${FIRST}-${LAST}`)).trimEnd().split('\n');
      try {
        await naas.run(OWNER, 'wait', '--for=condition=Ready', WAIT, ...names);
        for (const device of DEVICES) assert.deepEqual(await shown(device), expected, `ports of ${device}`);
        assert.equal(await naas.run('admin', 'get', 'interface', '-n', RIVAL, '-o', 'name'), '');
      } finally {
        // Also after a failure: the next test begins with these ports.
        await naas.run(OWNER, 'delete', WAIT, ...names);
      }
      for (const device of DEVICES)
        assert.deepEqual(await shown(device), rest.flatMap(parked), `ports of ${device}`);
      return { accepted: changes, refusals, deniedByName, deniedOtherwise };
    },
  };
}
