import type { Applied, Device } from '../../../crds/types.gen.ts';
import type { Lease } from '../../../lib/kube/resources.ts';
import type { Api } from '../../../services/enforcer/api.ts';
import type { DeviceConnection } from '../../../services/enforcer/driver.ts';
import type { FateKind } from './fate.ts';
import { instead } from '../../support/instead.ts';
import { NAMESPACE } from './platform.ts';
import type { Stand } from './stand.ts';

/** A fault put into every enforcer of a run, to show that the experiment notices. */
export interface Mutation {
  name: string;
  /** What the enforcer does wrong. */
  fault: string;
  /** What must befall an enforcer for it to do harm; default: as in the experiment itself. */
  kinds?: readonly FateKind[];
  connection?(real: DeviceConnection, stand: Stand): DeviceConnection;
  api?(real: Api): Api;
}

/** The enforcer believes to be the newest holder whatever the Lease and the Device say. */
function blindGates(real: Api): Api {
  let own: Lease | undefined;
  let stored: Applied | undefined;
  let shown: Applied | undefined;
  const leases = instead(real.leases, {
    get: async (ref) => own ?? (await real.leases.get(ref)),
    create: async (lease) => (own = await real.leases.create(lease)),
    replace: async (lease) => (own = await real.leases.replace(lease)),
  });
  return {
    ...real,
    leases,
    renewals: leases,
    devices: instead(real.devices, {
      async get(ref) {
        const device = await real.devices.get(ref);
        const { attempted, applied, ...status } = device.status ?? {};
        if (own === undefined || attempted === undefined || applied === undefined) return device;
        stored = applied;
        shown = { ...applied, generation: 0 };
        const epoch = own.spec?.leaseTransitions ?? 0;
        return { ...device, status: { ...status, attempted: { ...attempted, epoch }, applied: shown } };
      },
      replaceStatus(device) {
        // What it was not shown it does not write back.
        const applied = device.status?.applied === shown ? stored : device.status?.applied;
        return real.devices.replaceStatus({
          ...device,
          status: { ...device.status, ...(applied === undefined ? {} : { applied }) },
        });
      },
    }),
  };
}

/** Writes `applied` as a push does that was confirmed. */
async function callApplied({ platform, name }: Stand): Promise<void> {
  const { devices } = platform.api;
  const device: Device = await devices.get({ namespace: NAMESPACE, name });
  const { applied } = device.status ?? {};
  const { uid, generation } = device.metadata;
  if (applied === undefined || uid === undefined || generation === undefined) return;
  await devices
    .replaceStatus({
      ...device,
      status: { ...device.status, applied: { ...applied, uid, generation, saved: false } },
    })
    .catch(() => undefined);
}

export const MUTATIONS: readonly Mutation[] = [
  {
    name: 'status-before-confirm',
    fault: '`applied` is written after the verify, before the confirm',
    connection: (real, stand) =>
      instead(real, {
        async confirm(session) {
          await callApplied(stand);
          await real.confirm(session);
        },
      }),
  },
  {
    name: 'old-sessions-stay',
    fault: 'pre-flight aborts no session and no timer of an earlier epoch',
    connection: (real) => instead(real, { sessions: async () => ({ sessions: [] }) }),
  },
  {
    name: 'blind-gates',
    fault: 'the gates before session, commit, confirm and status let everybody pass',
    kinds: ['pause'],
    api: blindGates,
  },
  {
    name: 'session-made-anew',
    fault: 'a session that a successor aborted is opened and loaded again for the commit, and kept',
    kinds: ['pause'],
    connection(real) {
      let loaded = '';
      return instead(real, {
        load(text) {
          loaded = text;
          return real.load(text);
        },
        async commit(session, seconds) {
          try {
            await real.commit(session, seconds);
          } catch {
            await real.abort(session);
            await real.open(`${session}-again`);
            await real.load(loaded);
            await real.commit(`${session}-again`, seconds);
            await real.confirm(`${session}-again`);
          }
        },
      });
    },
  },
  {
    name: 'half-a-load',
    fault: 'the end of the candidate is not loaded, and nobody compares',
    connection: (real) =>
      instead(real, { load: (text) => real.load(text.slice(0, text.lastIndexOf('interface '))) }),
  },
  {
    name: 'saved-is-believed',
    fault: 'the configuration is called saved although it was not',
    connection: (real) => instead(real, { save: () => Promise.resolve() }),
  },
];
