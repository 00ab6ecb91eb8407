import type { Device } from '../../crds/types.gen.ts';
import { client } from '../../lib/kube/client.ts';
import type { Client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { CONFIG_MAPS, DEVICES, LEASES, PODS } from '../../lib/kube/resources.ts';
import type { ConfigMap, Lease, Pod } from '../../lib/kube/resources.ts';
import { joined } from './joined.ts';

/** All that the enforcer may touch at the API server (rbac.yaml). */
export interface Api {
  namespace: string;
  devices: Client<Device>;
  configMaps: Client<ConfigMap>;
  leases: Client<Lease>;
  /** The same over a connection of its own: a renewal must not stand in line behind the status of other devices. */
  renewals: Pick<Client<Lease>, 'get' | 'replace'>;
  pods: Pick<Client<Pod>, 'get'>;
}

/** A call that takes longer than this is as good as lost: the Lease would run out under it. */
const CALL_MS = 5_000;

/** @param lifeline for renewals; the same server */
export function api(connection: Connection, namespace: string, lifeline: Connection = connection): Api {
  const options = { timeoutMs: CALL_MS };
  const configMaps = client(connection, CONFIG_MAPS, options);
  return {
    namespace,
    devices: client(connection, DEVICES, options),
    // Templates are the same for all devices of a slice.
    configMaps: {
      ...configMaps,
      list: joined((asked = {}) => configMaps.list(asked), JSON.stringify),
    },
    leases: client(connection, LEASES, options),
    renewals: client(lifeline, LEASES, options),
    pods: client(connection, PODS, options),
  };
}
