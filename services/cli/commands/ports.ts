/** `ports DEVICE`: who holds the ports of a switch, and which are free. */
import { client } from '../../../lib/kube/client.ts';
import { INTERFACES } from '../../../lib/kube/resources.ts';
import type { PortName } from '../../../lib/ports/port.ts';
import { openCluster } from '../cluster.ts';
import type { Cluster } from '../cluster.ts';
import { command } from '../command.ts';
import type { Context } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { CLUSTER_OPTIONS, OUTPUT_OPTIONS, PLATFORM_OPTIONS } from '../options.ts';
import { portView } from '../output/port-table.ts';
import { show } from '../output/show.ts';
import { mayNotSee, seeDevice } from '../platform.ts';
import type { SeenDevice } from '../platform.ts';
import { portsOfDevice, portsOfRequests, rowsOf } from '../port-rows.ts';
import type { PortUse } from '../port-rows.ts';

const options = {
  free: { type: 'boolean', help: 'only those that a request may ask for' },
  mine: { type: 'boolean', help: 'only those of your namespace' },
  tenant: { type: 'string', value: 'NAME', help: 'only those of a tenant', complete: 'namespace' },
  ...CLUSTER_OPTIONS,
  ...PLATFORM_OPTIONS,
  ...OUTPUT_OPTIONS,
} as const;

export const ports = command({
  parameters: [{ name: 'DEVICE', complete: 'device' }],
  options,
  examples: ['ports devicea', 'ports devicea --free', 'ports devicea --mine -o wide'],
  async run(context) {
    const tenant = tenantOf(context);
    const cluster = await openCluster(context);
    const device = await seeDevice(cluster.connection, context, context.positionals[0] ?? '');
    const uses = await portsSeen(context, cluster, device, tenant?.(cluster));
    if (uses.size === 0) context.stderr.write(`There are no such ports of ${device.name}\n`);
    await show(context, portView('Ports', device.name, rowsOf(uses), context.now()));
    return EXIT.ok;
  },
});

/** Whose ports are wanted, once the namespace is known; undefined: everybody's. */
function tenantOf({ values, program }: Context<typeof options>): ((cluster: Cluster) => string) | undefined {
  const { free, mine, tenant } = values;
  if ([free, mine, tenant].filter((each) => each !== undefined).length > 1)
    throw new Failure('--free, --mine and --tenant exclude each other', { next: `${program} ports --help` });
  if (tenant !== undefined) return () => tenant;
  return mine === true ? ({ namespace }) => namespace : undefined;
}

async function portsSeen(
  { values, program, stderr }: Context<typeof options>,
  { connection, namespace }: Cluster,
  device: SeenDevice,
  tenant: string | undefined,
): Promise<Map<PortName, PortUse>> {
  const { ledger, inventory } = device;
  if (ledger === undefined) {
    // Without the right to read Devices, one's own requests still say what they hold.
    if (tenant === namespace) {
      const { items } = await client(connection, INTERFACES).list({ namespace });
      return portsOfRequests(items, device.name);
    }
    throw mayNotSee(device, `Who holds ports of ${device.name}`, `${program} ports ${device.name} --mine`);
  }
  if (values.free === true && inventory === undefined)
    throw mayNotSee(device, `Which ports of ${device.name} are free`, `${program} ports ${device.name}`);
  if (inventory === undefined && tenant === undefined)
    stderr.write('Only ports that are held are shown: you may not read which ports the switch has\n');
  const wanted = (use: PortUse) =>
    values.free === true ? use.state === 'free' : tenant === undefined || use.tenant === tenant;
  return new Map([...portsOfDevice(ledger, inventory)].filter(([, use]) => wanted(use)));
}
