/** `whoami`: who the API server takes you for, where you may ask for ports, for which, and what you hold. */
import type { Interface } from '../../../crds/types.gen.ts';
import { client } from '../../../lib/kube/client.ts';
import type { Connection } from '../../../lib/kube/connection.ts';
import { INTERFACES } from '../../../lib/kube/resources.ts';
import { canonicalDevice } from '../../../lib/ports/port.ts';
import { openCluster } from '../cluster.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { accessTo, whoIs } from '../identity.ts';
import type { Identity, NamespaceAccess } from '../identity.ts';
import { limitsOf } from '../limits.ts';
import type { Limits } from '../limits.ts';
import { CLUSTER_OPTIONS, OUTPUT_OPTIONS } from '../options.ts';
import { show } from '../output/show.ts';
import { table } from '../output/table.ts';
import { portsOfRequests } from '../port-rows.ts';

/** What somebody may do in a namespace, and what is held there. */
interface Membership extends NamespaceAccess {
  readonly requests?: number;
  /** Ports held, over all devices. */
  readonly ports?: number;
  readonly limits?: Limits;
}

export const whoami = command({
  parameters: [],
  options: { ...CLUSTER_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['whoami', 'whoami -n tenant-a', 'whoami -o json'],
  async run(context) {
    const { connection, namespace, namespaces } = await openCluster(context);
    const identity = await whoIs(connection);
    const access = await accessTo(connection, namespaces);
    // Namespaces of other contexts may be other people's.
    const own = access.filter((each) => each.role !== 'none' || each.namespace === namespace);
    const memberships = await Promise.all(own.map((each) => membership(connection, each)));
    await show(context, {
      kind: 'WhoAmI',
      data: { server: connection.server, ...identity, namespaces: memberships },
      text: ({ headers }) => textOf(identity, connection.server, memberships, headers),
    });
    return EXIT.ok;
  },
});

async function membership(connection: Connection, access: NamespaceAccess): Promise<Membership> {
  if (access.role === 'none') return access;
  const { namespace } = access;
  const [{ items }, limits] = await Promise.all([
    client(connection, INTERFACES).list({ namespace }),
    limitsOf(connection, namespace),
  ]);
  return {
    ...access,
    requests: items.length,
    ports: limits?.usage?.ports ?? portsHeld(items),
    ...(limits !== undefined && { limits }),
  };
}

/** Each port of a device once, whichever requests list it. */
function portsHeld(requests: readonly Interface[]): number {
  const devices = new Set(
    requests.flatMap(({ status }) => (status?.devices ?? []).map(({ name }) => canonicalDevice(name))),
  );
  return [...devices].reduce((sum, device) => sum + portsOfRequests(requests, device).size, 0);
}

function textOf(
  { user, groups }: Identity,
  server: string,
  memberships: readonly Membership[],
  headers: boolean,
): string {
  const parts = [
    table(
      [],
      [
        ['You are', user],
        ['in groups', groups.join(', ')],
        ['at', server],
      ],
    ),
    table(
      headers ? ['NAMESPACE', 'ROLE', 'REQUESTS', 'PORTS', 'LIMIT'] : [],
      memberships.map(({ namespace, role, requests, ports, limits }) => [
        ...[namespace, role, String(requests ?? ''), String(ports ?? '')],
        limits === undefined ? '' : String(limits.maxPorts ?? 'none'),
      ]),
    ),
  ];
  const grants = memberships.flatMap(({ namespace, limits }) =>
    (limits?.grants ?? []).map((grant) => grantRow(namespace, grant)),
  );
  if (grants.length > 0)
    parts.push(table(headers ? ['NAMESPACE', 'DEVICES', 'PORTS', 'VLANS', 'TRUNKS'] : [], grants));
  return parts.join('\n');
}

function grantRow(namespace: string, grant: Limits['grants'][number]): string[] {
  const devices = [...(grant.devices ?? []), ...(grant.groups ?? []).map((group) => `group:${group}`)];
  const lists = [devices, grant.ports, grant.vlans].map((list) => list.join(','));
  return [namespace, ...lists, grant.trunk === true ? 'yes' : 'no'];
}
