import { after } from 'node:test';

import type { Confirmed, Device, Ledger, PortEntry } from '../../crds/types.gen.ts';
import { DEVICE_GENERATION_ANNOTATION, DEVICE_UID_ANNOTATION, SCOPE_ANNOTATION } from '../../crds/names.ts';
import { parseInventory } from '../../lib/inventory/parse.ts';
import { client } from '../../lib/kube/client.ts';
import type { Client } from '../../lib/kube/client.ts';
import { systemClock } from '../../lib/kube/clock.ts';
import type { Clock } from '../../lib/kube/clock.ts';
import { connect } from '../../lib/kube/connection.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { CONFIG_MAPS, DEVICES, LEASES } from '../../lib/kube/resources.ts';
import type { ConfigMap } from '../../lib/kube/resources.ts';
import { api as openApi } from '../../services/enforcer/api.ts';
import type { Api } from '../../services/enforcer/api.ts';
import type { Driver } from '../../services/enforcer/driver.ts';
import { eos } from '../../services/enforcer/drivers/eos/driver.ts';
import { journal } from '../../services/enforcer/journal.ts';
import { openLog } from '../../services/enforcer/log.ts';
import { push } from '../../services/enforcer/push.ts';
import { censor } from '../../services/enforcer/redact.ts';
import { startEosSim } from '../../topo/eos-sim/server.ts';
import type { EosSim, EosSimOptions } from '../../topo/eos-sim/server.ts';
import type { ControlPlane } from '../../tools/controlplane/start.ts';
import { apiServer } from '../support/api-server.ts';

export const NAMESPACE = 'naas-system';
/** A password that must never be seen outside the SSH connection. */
export const CANARY = 'canary-Zq8!secret';

const PORT_TEMPLATE = `{% for number, port in model.items() %}
interface Ethernet{{ number }}
   description {{ port.description }}
{% if port.vlan == 666 %}
   description {{ port.nothing.here }}
{% endif %}
{% if port.shutdown %}
   shutdown
{% endif %}
{% if port.trunk %}
   switchport mode trunk
   switchport trunk allowed vlan {{ port.vlan }}
{% else %}
   switchport access vlan {{ port.vlan }}
{% endif %}
{% endfor %}
`;
const BASE_TEMPLATE = `hostname {{ model.hostname }}
username naas privilege 15 role network-admin secret sha512 $6$salt$Mh3kRk
spanning-tree mode mstp
`;

/** A request as it stands on one port of a ledger. */
export interface TestClaim {
  owner: string;
  uid?: string;
  namespace?: string;
  vlan: number;
  trunk?: boolean;
  shutdown?: boolean;
  description?: string;
  generation?: number;
  since?: number;
  /** Minutes after some moment: the order of requests. */
  age?: number;
}

/** One port entry with only a top claim. */
export function entry(claim: TestClaim): PortEntry {
  return {
    vlan: claim.vlan,
    trunk: claim.trunk ?? false,
    shutdown: claim.shutdown ?? false,
    stp: 'portfast',
    description: claim.description ?? claim.owner,
    annotations: {
      namespace: claim.namespace ?? 'tenant-a',
      owner: claim.owner,
      uid: claim.uid ?? `uid-${claim.owner}`,
      generation: claim.generation ?? 1,
      timestamp: new Date(Date.UTC(2026, 0, 1, 0, claim.age ?? 0)).toISOString(),
      since: claim.since ?? 0,
    },
  };
}

export function ledger(ports: Record<string, TestClaim>): Ledger {
  return Object.fromEntries(Object.entries(ports).map(([port, claim]) => [port, entry(claim)]));
}

export interface Switch {
  name: string;
  sim: EosSim;
  /** Replaces the ledger and writes the model, as interface-watcher and device-watcher do. */
  program(ports: Record<string, TestClaim>, options?: { model?: boolean }): Promise<Device>;
  writeModel(device: Device): Promise<void>;
  /** Runs one enforcer push in this process. */
  push(options?: PushOptions): Promise<string | undefined>;
  read(): Promise<Device>;
  confirmed(): Promise<Confirmed>;
  /** All log lines of all pushes so far. */
  logs(): string[];
}

export interface PushOptions {
  asked?: boolean;
  job?: string;
  /** Instead of the connection's own API, to step between two calls. */
  api?: Api;
  driver?: Driver;
  clock?: Clock;
  signal?: AbortSignal;
  /** Added to `data.naas` of the inventory. */
  naas?: Record<string, unknown>;
  /** Instead of the real credentials. */
  host?: Record<string, unknown>;
}

export interface Stage {
  plane: ControlPlane;
  connection: Connection;
  api: Api;
  leases: Api['leases'];
  devices: Client<Device>;
  configMaps: Client<ConfigMap>;
  /** A switch with its Device. @param startup its configuration before the platform came */
  addSwitch(name: string, options?: Partial<EosSimOptions> & { device?: boolean }): Promise<Switch>;
  template(name: string, text: string): Promise<void>;
}

/** API server, templates, and switches to be added. Call once per test file, at the top. */
export async function stage(): Promise<Stage> {
  const plane = await apiServer({ controllerManager: false });
  const kubeconfig = await plane.kubeconfigFor({
    name: 'test',
    groups: ['system:masters', 'naas:break-glass'],
  });
  const connection = await connect({ kubeconfig });
  after(() => connection.close());
  const devices = client(connection, DEVICES);
  const configMaps = client(connection, CONFIG_MAPS);
  const leases = client(connection, LEASES);

  async function put(map: ConfigMap): Promise<void> {
    const ref = { namespace: NAMESPACE, name: map.metadata.name };
    const old = await configMaps.get(ref).catch(() => undefined);
    if (old === undefined) await configMaps.create(map);
    else await configMaps.replace({ ...map, metadata: { ...old.metadata, ...map.metadata } });
  }

  async function template(name: string, text: string): Promise<void> {
    const scope = name === 'interface.j2' ? { [SCOPE_ANNOTATION]: 'port' } : {};
    await put({
      metadata: { namespace: NAMESPACE, name, labels: { app: 'naas', type: 'template' }, annotations: scope },
      data: { [name]: text },
    });
  }

  await template('generic.j2', BASE_TEMPLATE);
  await template('interface.j2', PORT_TEMPLATE);

  return {
    plane,
    connection,
    api: openApi(connection, NAMESPACE),
    leases,
    devices,
    configMaps,
    template,
    async addSwitch(name, { device = true, ...options } = {}) {
      const sim = await startEosSim({
        hostname: name,
        ports: 8,
        users: [{ name: 'naas', password: CANARY, privilege: 15 }],
        startupConfig: `hostname ${name}\nusername naas privilege 15 role network-admin secret sha512 $6$salt$Mh3kRk\n`,
        ...options,
      });
      after(() => sim.stop());
      const lines: string[] = [];
      await put({
        metadata: {
          namespace: NAMESPACE,
          name: `base-${name}`,
          labels: { app: 'naas', type: 'model', device: name },
          annotations: { order: '00', template: 'generic.j2' },
        },
        data: { 'structured-config': `hostname: ${name}\n` },
      });
      const ref = { namespace: NAMESPACE, name };
      async function writeModel(of: Device): Promise<void> {
        await put({
          metadata: {
            namespace: NAMESPACE,
            name: `interfaces-${name}`,
            labels: { app: 'naas', type: 'model', device: name },
            annotations: {
              order: '99',
              template: 'interface.j2',
              [DEVICE_UID_ANNOTATION]: of.metadata.uid ?? '',
              [DEVICE_GENERATION_ANNOTATION]: String(of.metadata.generation),
            },
          },
          data: { 'structured-config': JSON.stringify(of.spec) },
        });
      }
      const made: Switch = {
        name,
        sim,
        writeModel,
        async program(ports, { model = true } = {}) {
          const spec = ledger(ports);
          const old = await devices.get(ref).catch(() => undefined);
          const now =
            old === undefined
              ? await devices.create({
                  apiVersion: 'network.as.a.service/v1',
                  kind: 'Device',
                  metadata: ref,
                  spec,
                })
              : await devices.replace({ ...old, spec });
          if (model) await writeModel(now);
          return now;
        },
        async push(options = {}) {
          const hosts = JSON.stringify({
            [name]: {
              hostname: sim.address,
              port: sim.sshPort,
              username: 'naas',
              password: CANARY,
              platform: 'eos',
              ...options.host,
              data: { naas: { ports: '1-8', adopt: true, hostKeys: [sim.hostKeyPublic], ...options.naas } },
            },
          });
          const inventory = parseInventory({ hosts }).devices.get(name);
          if (inventory === undefined) throw new Error('not in the inventory');
          const hide = censor([inventory.password, inventory.privateKey]);
          const clock = options.clock ?? systemClock;
          return push({
            device: inventory,
            driver: options.driver ?? eos,
            api: options.api ?? openApi(connection, NAMESPACE),
            job: options.job ?? 'enforce-test',
            asked: options.asked ?? false,
            identity: `test/${Math.random()}`,
            journal: journal(
              openLog(
                'debug',
                () => hide,
                (line) => lines.push(line),
              ),
              clock,
            ),
            clock,
            hide,
            deadline: clock.monotonic() + 60_000,
            signal: options.signal ?? new AbortController().signal,
          });
        },
        read: () => devices.get(ref),
        confirmed: async () => (await devices.get(ref)).status?.confirmed ?? {},
        logs: () => lines,
      };
      if (device) await made.program({});
      return made;
    },
  };
}

/** The lines of one section of a configuration, without indentation. */
export function section(config: string, header: string): string[] | undefined {
  const lines = config.split('\n');
  const start = lines.indexOf(header);
  if (start === -1) return undefined;
  const body: string[] = [];
  for (const line of lines.slice(start + 1)) {
    if (!line.startsWith('   ')) break;
    body.push(line.trim());
  }
  return body;
}
