import type { Device } from '../../crds/types.gen.ts';
import type { Claimed } from '../../lib/ledger/settle.ts';
import { settle } from '../../lib/ledger/settle.ts';
import { current } from './rounds.ts';
import type { World } from './world.ts';

/**
 * R3 for claims of any requests on a Device: each by the Interface it names, read after the Device; one write per
 * request (R2).
 * @param device as read
 * @returns the Device as it is then
 * @throws Changed when a write came too late
 */
export async function settleClaims(
  world: World,
  device: Device,
  claims: readonly Claimed[],
): Promise<Device> {
  const read = (claimed: Claimed) =>
    world.getInterface({ namespace: claimed.namespace, name: claimed.owner });
  const holders = await Promise.all(claims.map(read));
  let latest = device;
  for (const [index, claimed] of claims.entries()) {
    // What was read is good for `device`; for what a write of ours returned it must be read again.
    const holder = latest === device ? holders[index] : await read(claimed);
    const settled = settle(latest, claimed, holder);
    if (settled !== undefined) latest = current(await world.replaceDevice(settled));
  }
  return latest;
}
