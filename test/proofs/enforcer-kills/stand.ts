import { LEAVING_ANNOTATION } from '../../../crds/names.ts';
import type { Device } from '../../../crds/types.gen.ts';
import type { Pod } from '../../../lib/kube/resources.ts';
import { isNotFound } from '../../../lib/kube/errors.ts';
import { parseInventory } from '../../../lib/inventory/parse.ts';
import type { InventoryDevice } from '../../../lib/inventory/device.ts';
import { fold } from '../../../services/device-watcher/fold.ts';
import type { Api } from '../../../services/enforcer/api.ts';
import { virtualClock } from '../../../topo/eos-sim/clock.ts';
import type { VirtualClock } from '../../../topo/eos-sim/clock.ts';
import { startEosSim } from '../../../topo/eos-sim/server.ts';
import type { EosSim } from '../../../topo/eos-sim/server.ts';
import { USER, bulkVlans, expectedConfig } from './expected-config.ts';
import { NAMESPACE } from './platform.ts';
import type { Platform } from './platform.ts';
import type { Random } from './random.ts';
import { PORTS, leavers, ledgerOf, nextRequests } from './requests.ts';
import type { Requests } from './requests.ts';
import type { Story } from './story.ts';
import { witness } from './witness.ts';
import type { Witness } from './witness.ts';

const PASSWORD = 'only-in-this-experiment';
const RELEASES = ['4.35.0F', '4.31.2F'] as const;

/** One switch, its Device and the model of it. */
export interface Stand {
  readonly name: string;
  readonly sim: EosSim;
  readonly switchClock: VirtualClock;
  readonly platform: Platform;
  readonly story: Story;
  readonly witness: Witness;
  /** Candidates of several SSH packets. */
  readonly bulk: boolean;
  /** The requests as the ledger holds them now. */
  requests(): Requests;
  /** What the switch prints when it shows them. */
  expected(): string;
  /** Writes the next version: Device as the interface-watcher, model as the device-watcher. */
  change(): Promise<void>;
  read(): Promise<Device>;
  /** The switch drops all connections; with `reload` it boots, and forgets sessions and what was not saved. */
  restart(options: { reload: boolean }): void;
  /** How often it has done so. */
  restarts(): number;
  /** The node has told that this enforcer's Pod ended. */
  reportEnded(job: string): void;
  /** The Pod of an enforcer, as the API server would show it: none of them runs in one here. */
  pod(name: string): Pod;
  /** The slice of the inventory, for a switch that is reached at this port. */
  slice(port: number): string;
  inventory(port: number): InventoryDevice;
  stop(): Promise<void>;
}

/** Name of the Pod in which an enforcer would run. */
export function podName(stand: string, job: string): string {
  return `${stand}-${job}`;
}

export async function openStand(
  platform: Platform,
  { name, hostKey, random, story }: { name: string; hostKey: string; random: Random; story: Story },
): Promise<Stand> {
  const { api } = platform;
  const ref = { namespace: NAMESPACE, name };
  const bulk = random.chance(0.1);
  const release = random.pick(RELEASES);
  const switchClock = virtualClock(Date.now());
  const sim = await startEosSim({
    hostname: name,
    ports: PORTS,
    hostKey,
    clock: switchClock,
    version: release,
    users: [{ name: USER.name, password: PASSWORD, privilege: USER.privilege }],
    startupConfig: `hostname ${name}\nusername ${USER.name} privilege 15 role ${USER.role} secret sha512 ${USER.sha512}\n`,
  });
  const print = (shown: Requests): string => expectedConfig({ hostname: name, release, bulk }, shown);
  const judge = witness(sim, story, print);
  judge.knows({ generation: 0, requests: [], config: sim.runningConfig() });
  let requests: Requests = [];
  const expected = (): string => print(requests);
  let version = 0;
  let restarts = 0;
  const ended = new Set<string>();
  if (bulk) await api.configMaps.create(bulkModel(name));

  const slice = (port: number): string =>
    JSON.stringify({
      [name]: {
        hostname: '127.0.0.1',
        port,
        username: USER.name,
        password: PASSWORD,
        platform: 'eos',
        groups: ['global'],
        data: {
          users: [USER],
          naas: { ports: `1-${PORTS}`, adopt: true, hostKeys: [sim.hostKeyPublic] },
        },
      },
    });

  return {
    name,
    sim,
    switchClock,
    platform,
    story,
    witness: judge,
    bulk,
    requests: () => requests,
    expected,
    async change() {
      version += 1;
      const old = await present(api, name);
      const written = old?.metadata.generation ?? 0;
      const next = nextRequests(random, requests, version, written);
      const gone = Object.fromEntries(leavers(requests, next).map((uid) => [uid, written]));
      requests = next;
      const spec = ledgerOf(requests);
      const config = expected();
      const generation = written + 1;
      judge.knows({ generation, requests, config });
      const kind = { apiVersion: 'network.as.a.service/v1', kind: 'Device' };
      const device =
        old === undefined
          ? await api.devices.create({ ...kind, metadata: ref, spec })
          : await replaceSpec(api, name, spec, gone);
      if (device.metadata.generation !== generation) throw new Error('The ledger has another writer');
      await writeModel(api, device);
      story.tell(`ledger generation ${generation}: ${told(requests)}`);
    },
    read: () => api.devices.get(ref),
    restart({ reload }) {
      restarts += 1;
      sim.restart({ reload });
      if (reload) judge.rebooted();
    },
    restarts: () => restarts,
    reportEnded: (job) => void ended.add(podName(name, job)),
    pod: (pod) => ({
      metadata: { namespace: NAMESPACE, name: pod },
      status: { phase: ended.has(pod) ? 'Failed' : 'Running' },
    }),
    slice,
    inventory(port) {
      const device = parseInventory({ hosts: slice(port) }).devices.get(name);
      if (device === undefined) throw new Error(`${name} is not in its own inventory`);
      return device;
    },
    async stop() {
      await sim.stop();
      const gone = (error: unknown): void => {
        if (!isNotFound(error)) throw error;
      };
      await Promise.all([
        api.devices.delete(ref).catch(gone),
        api.leases.delete({ namespace: NAMESPACE, name: `enforce-${name}` }).catch(gone),
        api.configMaps.delete({ namespace: NAMESPACE, name: `interfaces-${name}` }).catch(gone),
        ...(bulk ? [api.configMaps.delete({ namespace: NAMESPACE, name: `bulk-${name}` }).catch(gone)] : []),
      ]);
    },
  };
}

async function present(api: Api, name: string): Promise<Device | undefined> {
  try {
    return await api.devices.get({ namespace: NAMESPACE, name });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** An enforcer may write the status in between: again, as the interface-watcher does (R1). */
async function replaceSpec(
  api: Api,
  name: string,
  spec: Device['spec'],
  gone: Record<string, number>,
): Promise<Device> {
  for (let tries = 1; ; tries += 1) {
    const old = await api.devices.get({ namespace: NAMESPACE, name });
    const known = JSON.parse(old.metadata.annotations?.[LEAVING_ANNOTATION] ?? '{}') as object;
    const annotations = {
      ...old.metadata.annotations,
      [LEAVING_ANNOTATION]: JSON.stringify({ ...known, ...gone }),
    };
    try {
      return await api.devices.replace({ ...old, metadata: { ...old.metadata, annotations }, spec });
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}

async function writeModel({ configMaps }: Api, device: Device): Promise<void> {
  const model = fold(device);
  const { labels, annotations, data } = model;
  const ref = { namespace: NAMESPACE, name: model.name };
  const map = { metadata: { ...ref, labels, annotations }, data };
  const old = await configMaps.get(ref).catch((error: unknown) => {
    if (isNotFound(error)) return undefined;
    throw error;
  });
  if (old === undefined) await configMaps.create(map);
  else await configMaps.replace({ ...map, metadata: { ...old.metadata, ...map.metadata } });
}

function bulkModel(name: string): Parameters<Api['configMaps']['create']>[0] {
  const vlans = bulkVlans();
  return {
    metadata: {
      namespace: NAMESPACE,
      name: `bulk-${name}`,
      labels: { app: 'naas', type: 'model', device: name },
      annotations: { order: '10', template: 'bulk.j2' },
    },
    data: { 'structured-config': JSON.stringify({ vlans }) },
  };
}

function told(requests: Requests): string {
  return requests
    .map(({ name, namespace, vlan, ports }) => `${namespace}/${name} vlan ${vlan} on ${ports.join()}`)
    .join('; ');
}
