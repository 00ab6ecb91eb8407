import type { Device, Interface, Tenant } from '../../crds/types.gen.ts';
import type { KeptBook } from '../../lib/grants/kept-book.ts';
import type { Controller } from '../../lib/kube/controller.ts';
import type { Change, Informer } from '../../lib/kube/informer.ts';
import { PRIORITY_CHANGE, PRIORITY_RESYNC } from '../../lib/kube/queue.ts';
import type { ConfigMap } from '../../lib/kube/resources.ts';
import { shared } from '../../lib/kube/store.ts';
import { keyOf } from '../../lib/kube/types.ts';
import { isAccepted, requestFacts } from '../../lib/ledger/request.ts';
import { BY_CLAIM, BY_DEVICE, BY_LIMIT, BY_NAMESPACE, claimantsOf, heldPorts } from './indexes.ts';
import { ledgerChange } from './ledger-change.ts';

/** What changes, and who is told. */
export interface Wakes {
  interfaces: Informer<Interface>;
  devices: Informer<Device>;
  catalogs: Informer<ConfigMap>;
  tenants: Informer<Tenant>;
  /** Follows the Tenants. */
  grants: KeptBook;
  /** Devices of the inventory, and those with a ledger. */
  knownDevices(): Iterable<string>;
  /** By key of an Interface. */
  requests: Pick<Controller, 'enqueue'>;
  /** By name of a Device. */
  ledgers: Pick<Controller, 'enqueue'>;
}

/** Lets the requests and ledgers be looked at that a change may concern; what is to be done they find by themselves. */
export function wakeOnChange(wakes: Wakes): void {
  const { interfaces, devices, catalogs, tenants, grants, knownDevices, requests, ledgers } = wakes;

  function onInterface(change: Change<Interface>): void {
    requests.enqueue(change.key, priorityOf(change));
    const { object, previous } = change;
    if (previous === undefined || previous.metadata.uid === object?.metadata.uid) return;
    for (const device of devices.store.byIndex(BY_CLAIM, previous.metadata.uid ?? '')) {
      ledgers.enqueue(device.metadata.name);
    }
  }

  function onDevice(change: Change<Device>): void {
    const { object, previous } = change;
    const name = (object ?? previous)?.metadata.name;
    if (name === undefined) return;
    const { ledger, concerned } = ledgerChange(shared<Device>(previous), shared<Device>(object));
    if (ledger) ledgers.enqueue(name, priorityOf(change));
    const isConcerned = (uid: string) => concerned === 'everyone' || concerned.has(uid);
    const claims = [...claimantsOf(object), ...claimantsOf(previous)].filter(({ uid }) => isConcerned(uid));
    // One that is not decided may wait for any port of the Device.
    const listed = interfaces.store.byIndex(BY_DEVICE, name).filter((request) => {
      const facts = requestFacts(request as Interface);
      return isConcerned(facts.uid) || !isAccepted(facts);
    });
    const keys = new Set([
      ...claims.map(({ namespace, owner }) => `${namespace}/${owner}`),
      ...listed.map(keyOf),
    ]);
    for (const key of keys) requests.enqueue(key, priorityOf(change));
    for (const [tenant, before] of heldPorts(previous)) {
      if ((heldPorts(object).get(tenant) ?? 0) >= before) continue;
      for (const request of interfaces.store.byIndex(BY_LIMIT, tenant)) requests.enqueue(keyOf(request));
    }
  }

  function onTenant({ key, object, initial }: Change<Tenant>): void {
    const concerned = grants.put(key, shared<Tenant>(object));
    // At the start every request is looked at anyway.
    if (initial) return;
    for (const tenant of concerned) {
      for (const request of interfaces.store.byIndex(BY_NAMESPACE, tenant)) requests.enqueue(keyOf(request));
    }
  }

  function onCatalog(change: { initial: boolean }): void {
    for (const name of knownDevices()) ledgers.enqueue(name, priorityOf(change));
    for (const request of interfaces.store.list()) {
      requests.enqueue(keyOf(request), { priority: PRIORITY_RESYNC });
    }
  }

  interfaces.onChange(onInterface);
  devices.onChange(onDevice);
  catalogs.onChange(onCatalog);
  tenants.onChange(onTenant);
}

function priorityOf(change: { initial: boolean }): { priority: number } {
  return { priority: change.initial ? PRIORITY_RESYNC : PRIORITY_CHANGE };
}
