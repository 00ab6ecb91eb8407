/** `who-owns DEVICE PORTS`: who holds these ports of a switch. */
import { client } from '../../../lib/kube/client.ts';
import { INTERFACES } from '../../../lib/kube/resources.ts';
import type { PortName } from '../../../lib/ports/port.ts';
import { parsePortList } from '../../../lib/ports/range.ts';
import { openCluster } from '../cluster.ts';
import type { Cluster } from '../cluster.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { CLUSTER_OPTIONS, OUTPUT_OPTIONS, PLATFORM_OPTIONS } from '../options.ts';
import { portView } from '../output/port-table.ts';
import { show } from '../output/show.ts';
import { mayNotSee, seeDevice } from '../platform.ts';
import type { SeenDevice } from '../platform.ts';
import { portsOfDevice, portsOfRequests, rowsOf } from '../port-rows.ts';
import type { PortState, PortUse } from '../port-rows.ts';

export const whoOwns = command({
  parameters: [{ name: 'DEVICE', complete: 'device' }, { name: 'PORTS' }],
  options: { ...CLUSTER_OPTIONS, ...PLATFORM_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['who-owns devicea 11', 'who-owns devicea 1-5,7 -o json'],
  async run(context) {
    const { program, positionals } = context;
    const [written = '', list = ''] = positionals;
    const asked = parsePortList(list);
    if (!Array.isArray(asked))
      throw new Failure(`PORTS: ${asked.message}`, { next: `${program} who-owns --help` });
    const cluster = await openCluster(context);
    const device = await seeDevice(cluster.connection, context, written);
    const known = await portsKnown(cluster, device, asked, program);
    // Without the inventory nobody knows whether a port that is not held exists.
    const otherwise: PortState = device.inventory === undefined ? 'not held' : 'unknown';
    const uses = new Map<PortName, PortUse>(
      asked.map((port) => [port, known.get(port) ?? { state: otherwise }]),
    );
    await show(context, portView('PortOwners', device.name, rowsOf(uses), context.now()));
    return EXIT.ok;
  },
});

/** @throws Failure where some of the ports asked for may be somebody else's, and Devices may not be read */
async function portsKnown(
  { connection, namespace }: Cluster,
  device: SeenDevice,
  asked: readonly PortName[],
  program: string,
): Promise<ReadonlyMap<PortName, PortUse>> {
  if (device.ledger !== undefined) return portsOfDevice(device.ledger, device.inventory);
  const { items } = await client(connection, INTERFACES).list({ namespace });
  const own = portsOfRequests(items, device.name);
  if (asked.every((port) => own.has(port))) return own;
  throw mayNotSee(
    device,
    `Who holds ports of ${device.name}`,
    `${program} explain -f FILE (a request that would be denied says who holds its ports)`,
  );
}
