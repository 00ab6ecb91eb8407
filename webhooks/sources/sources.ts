import { CATALOG_CONFIGMAP, CATALOG_KEY, DEFAULTS_CONFIGMAP, DEFAULTS_KEY } from '../../crds/names.ts';
import type { Device, Tenant } from '../../crds/types.gen.ts';
import type { Clock } from '../../lib/kube/clock.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { informer } from '../../lib/kube/informer.ts';
import { shared } from '../../lib/kube/store.ts';
import type { Informer } from '../../lib/kube/informer.ts';
import type { Log } from '../../lib/kube/log.ts';
import type { Metrics } from '../../lib/kube/metrics.ts';
import { CONFIG_MAPS, DEVICES, TENANTS } from '../../lib/kube/resources.ts';
import { keptBook } from '../../lib/grants/kept-book.ts';
import { heldCounts, ownSettings, portsAfter } from '../../lib/ledger/usage.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { BUILT_IN_DEFAULTS, parseDefaults } from '../../lib/ports/defaults.ts';
import type { PortDefaults } from '../../lib/ports/defaults.ts';
import { Unavailable } from '../unavailable.ts';
import type { Facts } from '../validate/facts.ts';
import { requireFresh } from './freshness.ts';
import { holderOf, isUnreachable } from './holders.ts';
import { readKnownDevices } from './known-devices.ts';
import { lastGood } from './last-good.ts';
import { watchedText } from './watched-text.ts';

/** Everything decisions rest on, followed from the API server. */
export interface Sources {
  /** @throws Unavailable while it cannot be told, or is out of date */
  facts: () => Facts;
  /** @throws Unavailable likewise */
  defaults: () => PortDefaults;
  /** Why no decision can be made now. */
  missing(): string | undefined;
  start(): void;
  whenSynced(): Promise<void>;
  stop(): Promise<void>;
}

export interface SourcesOptions {
  namespace: string;
  clock: Clock;
  log: Log;
  metrics?: Metrics;
  /** In [0, 1). */
  random?: () => number;
  /** Text of a ConfigMap that could not be read: the last good one stays in use. */
  onProblem: (name: string) => void;
}

export function sources(connection: Connection, options: SourcesOptions): Sources {
  const { namespace, clock, log, metrics, random, onProblem } = options;
  const common = { namespace, log, clock, ...(metrics && { metrics }), ...(random && { random }) };
  const configMap = (name: string) =>
    informer(connection, CONFIG_MAPS, { ...common, fieldSelector: `metadata.name=${name}` });
  const catalogMap = configMap(CATALOG_CONFIGMAP);
  const defaultsMap = configMap(DEFAULTS_CONFIGMAP);
  const devices = informer(connection, DEVICES, {
    ...common,
    transform: slim,
    indexes: { [BY_HOLDER]: holdersOf },
  });
  const { namespace: _, ...everywhere } = common;
  const tenants = informer(connection, TENANTS, { ...everywhere, transform: withoutStatus });
  const grants = keptBook();
  tenants.onChange(({ key, object }) => grants.put(key, shared<Tenant>(object)));
  const problemOf = (name: string) => (problem: string) => {
    log.error(
      { configMap: `${namespace}/${name}`, problem },
      'a ConfigMap cannot be read: the last good one stays',
    );
    onProblem(name);
  };
  const catalog = watchedText(
    catalogMap,
    { namespace, name: CATALOG_CONFIGMAP, key: CATALOG_KEY },
    lastGood({
      parse: readKnownDevices,
      absent: () => undefined,
      onProblem: problemOf(CATALOG_CONFIGMAP),
    }),
  );
  const portDefaults = watchedText(
    defaultsMap,
    { namespace, name: DEFAULTS_CONFIGMAP, key: DEFAULTS_KEY },
    lastGood({
      parse: parseDefaults,
      absent: () => BUILT_IN_DEFAULTS,
      onProblem: problemOf(DEFAULTS_CONFIGMAP),
    }),
  );
  // Read at once, so that a broken text is told when it is written and not when it is next needed.
  catalogMap.onChange(() => void catalog());
  defaultsMap.onChange(() => void portDefaults());

  function facts(): Facts {
    requireFresh(catalogMap, 'the inventory', clock.monotonic());
    requireFresh(devices, 'the ledger', clock.monotonic());
    requireFresh(tenants, 'the list of tenants', clock.monotonic());
    const known = catalog().current();
    if (known === undefined) throw new Unavailable('the inventory is not published yet');
    const ledger = (device: string) => shared<Device>(devices.store.get(`${namespace}/${device}`));
    return {
      device: (name) => known.get(name),
      holder: (device, port) => holderOf(ledger(device)?.spec[port]),
      unreachable: (device) => isUnreachable(ledger(device)),
      grants: () => grants.book(known),
      held: (device, port, uid) => ownSettings(ledger(device), port, uid),
      portsAfter(tenant, uid, request) {
        const held = devices.store.byIndex(BY_HOLDER, tenant).map(({ metadata }) => metadata.name);
        const names = new Set([...held, ...request.devices.keys()]);
        const ledgers = [...names].flatMap((name) => {
          const device = ledger(name);
          return device === undefined ? [] : [[name, device] as const];
        });
        return portsAfter(new Map(ledgers), tenant, uid, request);
      },
    };
  }

  function defaults(): PortDefaults {
    requireFresh(defaultsMap, 'the defaults', clock.monotonic());
    const current = portDefaults().current();
    if (current === undefined) throw new Unavailable('the defaults cannot be read');
    return current;
  }

  const all: readonly Pick<Informer<unknown>, 'start' | 'whenSynced' | 'stop'>[] = [
    catalogMap,
    defaultsMap,
    devices,
    tenants,
  ];
  return {
    facts,
    defaults,
    missing() {
      try {
        facts();
        defaults();
        return undefined;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
    start: () => all.forEach((one) => one.start()),
    whenSynced: async () => void (await Promise.all(all.map((one) => one.whenSynced()))),
    stop: async () => void (await Promise.all(all.map((one) => one.stop()))),
  };
}

/** Index of Devices: by namespace that holds ports there. */
const BY_HOLDER = 'holder';

function holdersOf(device: DeepReadonly<Device>): string[] {
  return [...heldCounts(device as Device).keys()];
}

/** A Tenant's status says how much it holds, and changes as often as that: nothing here looks at it. */
function withoutStatus({ apiVersion, kind, metadata, spec }: Tenant): Tenant {
  return { apiVersion, kind, metadata, spec };
}

/** Keeps of a Device what decisions look at; `confirmed` alone is as large as the ledger. */
function slim({ apiVersion, kind, metadata, spec, status }: Device): Device {
  const conditions = status?.conditions;
  return { apiVersion, kind, metadata, spec, ...(conditions !== undefined && { status: { conditions } }) };
}
