/** What tenants do: they create, change and delete requests, fight over ports, and ask for nonsense. */
import type { Interface, InterfaceSpec } from '../../../../crds/types.gen.ts';
import { client } from '../../../../lib/kube/client.ts';
import { isNotFound } from '../../../../lib/kube/errors.ts';
import { INTERFACES } from '../../../../lib/kube/resources.ts';
import type { Random } from '../../enforcer-kills/random.ts';
import { refusable, SWITCHES, TENANTS, type LoadStage, type Operation, type Tenant } from './stage.ts';

/** Requests of a tenant; few, so that they overlap and take over from each other. */
const NAMES = 10;
const RACES = 3;
/** Where a tenant asks for ports mostly, and where it asks sometimes: there it is denied what others hold. */
const HOME: Readonly<Record<Tenant, number>> = { 'tenant-a': 1, 'tenant-b': 21 };
const HOME_PORTS = 20;
const LAST_PORT = 40;
const RACE_PORT = 41;
const DELETED = 0.35;
const ABROAD = 0.15;

async function stored(stage: LoadStage, namespace: Tenant, name: string): Promise<Interface | undefined> {
  return client(stage.tenants[namespace], INTERFACES)
    .get({ namespace, name })
    .catch((error: unknown) => {
      if (isNotFound(error)) return undefined;
      throw error;
    });
}

function spec(random: Random, tenant: Tenant): InterfaceSpec {
  const devices = random.chance(0.5) ? SWITCHES : [random.pick(SWITCHES)];
  return {
    services: devices.map((devicename) => {
      const first = random.chance(ABROAD)
        ? 1 + random.below(LAST_PORT - 4)
        : HOME[tenant] + random.below(HOME_PORTS - 4);
      return {
        devicename,
        ports: [`${first}-${first + random.below(4)}`],
        vlan: 100 + random.below(800),
        trunk: random.chance(0.3),
        shutdown: random.chance(0.5),
        ...(random.chance(0.3) ? { description: `rack ${random.below(100)}` } : {}),
      };
    }),
  };
}

/** Creates the request, or changes it, or deletes it. */
export const change: Operation = {
  name: 'create, change or delete a request',
  weight: 34,
  async run(stage) {
    const { random } = stage;
    const namespace = random.pick(TENANTS);
    const name = `soak-${random.below(NAMES)}`;
    const wanted = spec(random, namespace);
    const gone = random.chance(DELETED);
    const requests = client(stage.tenants[namespace], INTERFACES);
    const found = await stored(stage, namespace, name);
    if (found === undefined) {
      return refusable(stage, 'created', () =>
        requests.create({ metadata: { name, namespace }, spec: wanted }),
      );
    }
    if (gone) return refusable(stage, 'deleted', () => requests.delete({ namespace, name }));
    return refusable(stage, 'changed', () => requests.replace({ ...found, spec: wanted }));
  },
};

/** Both tenants ask for the same port at the same time: both may pass admission, one only gets it. */
export const race: Operation = {
  name: 'both tenants want a port at once',
  weight: 4,
  async run(stage) {
    const number = stage.random.below(RACES);
    const name = `race-${number}`;
    const services = SWITCHES.map((devicename) => ({
      devicename,
      ports: [RACE_PORT + number],
      vlan: 50,
    }));
    const outcomes = await Promise.all(
      TENANTS.map(async (namespace) => {
        const requests = client(stage.tenants[namespace], INTERFACES);
        if ((await stored(stage, namespace, name)) !== undefined)
          return refusable(stage, 'deleted', () => requests.delete({ namespace, name }));
        return refusable(stage, 'created', () =>
          requests.create({ metadata: { name, namespace }, spec: { services } }),
        );
      }),
    );
    return outcomes.join(' + ');
  },
};

const NONSENSE: readonly object[] = [
  { devicename: 'devicea', ports: ['5-'], vlan: 10 },
  { devicename: 'devicea', ports: ['9-2'], vlan: 10 },
  { devicename: 'devicea', ports: [1], vlan: 5000 },
  { devicename: 'devicea', ports: [99], vlan: 10 },
  { devicename: 'devicea', ports: [53], vlan: 10 },
  { devicename: 'nowhere', ports: [1], vlan: 10 },
  { devicename: 'deviceb', ports: [1], vlan: 10, vlans: ['7-3'], trunk: true },
  { devicename: 'deviceb' },
];

/** How `nonsense` ends when the platform takes it. */
export const TAKEN = 'taken';

export const nonsense: Operation = {
  name: 'ask for nonsense',
  weight: 8,
  async run(stage) {
    const namespace = stage.random.pick(TENANTS);
    const service = stage.random.pick(NONSENSE);
    const body = { metadata: { name: 'nonsense', namespace }, spec: { services: [service] } };
    return refusable(stage, TAKEN, () => client(stage.tenants[namespace], INTERFACES).create(body as never));
  },
};
