import type { Device } from '../../../crds/types.gen.ts';
import type { Client } from '../../../lib/kube/client.ts';
import { isNotFound } from '../../../lib/kube/errors.ts';
import type { Lease } from '../../../lib/kube/resources.ts';
import type { HeldLease } from './lease.ts';
import { leaseName } from './lease.ts';

/** Someone else has the right to push, or the ledger went on: stop, and write nothing. */
export class FenceLost extends Error {
  override readonly name = 'FenceLost';
}

export interface Fence {
  lease: HeldLease;
  leases: Client<Lease>;
  devices: Client<Device>;
  namespace: string;
  device: string;
  /** Uid of the Device whose model is being pushed. */
  uid: string;
  /** Generation of the Device from which that model was made. */
  generation: number;
}

/**
 * Passed before the session, the commit, the confirm and the status (R9). Both reads are quorum reads.
 * @returns the Device as it stands now
 * @throws FenceLost
 */
export async function gate(fence: Fence): Promise<Device> {
  const { lease, devices, namespace, device, uid, generation } = fence;
  const [, now] = await Promise.all([
    checkLease(fence),
    devices.get({ namespace, name: device }).catch(gone('Device')),
  ]);
  return checkDevice(now, uid, generation, lease.epoch);
}

/** The half of the gate that a conditional write of the Device does not make good for. @throws FenceLost */
export async function checkLease({ lease, leases, namespace, device }: Fence): Promise<void> {
  const stored = await leases.get({ namespace, name: leaseName(device) }).catch(gone('Lease'));
  if (!lease.isMine(stored))
    throw new FenceLost(`The Lease of ${device} is no longer ours (epoch ${lease.epoch})`);
}

/** @throws FenceLost when the push would take the switch back, or somebody later has written. */
export function checkDevice(now: Device, uid: string, generation: number, epoch: number): Device {
  const { applied, attempted } = now.status ?? {};
  if (now.metadata.uid !== uid) throw new FenceLost(`Device ${now.metadata.name} was made anew`);
  if ((attempted?.epoch ?? 0) > epoch) {
    throw new FenceLost(
      `Epoch ${attempted?.epoch} has written to Device ${now.metadata.name}, ours is ${epoch}`,
    );
  }
  if (applied?.uid === uid && applied.generation > generation) {
    throw new FenceLost(`Generation ${applied.generation} is applied already, this is ${generation}`);
  }
  return now;
}

function gone(what: string): (error: unknown) => never {
  return (error) => {
    if (isNotFound(error)) throw new FenceLost(`${what} is gone`);
    throw error;
  };
}
