import { createHmac, randomBytes } from 'node:crypto';
import { APP, APP_LABEL, MANAGED_BY_LABEL } from '../../crds/names.ts';
import type { InventoryDevice } from '../../lib/inventory/device.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { isAlreadyExists, isNotFound } from '../../lib/kube/errors.ts';
import { SECRETS, type Secret } from '../../lib/kube/resources.ts';
import { MANAGER } from './job.ts';

/** Secret that remembers with which credentials devices were tried in vain: digests only, keyed by its own salt. */
export const ACCESS_SECRET = 'scheduler-access';
const SALT = '_salt';

/**
 * Digest of all that decides whether a switch lets us in: address, credentials, host keys, adoption. Keyed, so
 * that nobody who sees one can try passwords on it without the salt.
 */
export function accessDigest(salt: Buffer, device: InventoryDevice): string {
  const { hostname, port, username, password, privateKey, hostKeys, adopt } = device;
  const text = JSON.stringify([hostname, port, username, password, privateKey, hostKeys, adopt]);
  return createHmac('sha256', salt).update(text).digest('base64url');
}

/** What was tried by which Job; kept over restarts. */
export interface AccessMemory {
  digest(device: InventoryDevice): string;
  /** Digest at the try of this Job; undefined if it is not known. */
  triedBy(device: string, job: string | undefined): string | undefined;
  remember(device: string, job: string, digest: string): Promise<void>;
}

/** Reads the memory, or makes it. */
export async function loadAccessMemory(connection: Connection, namespace: string): Promise<AccessMemory> {
  const secrets = client(connection, SECRETS, { timeoutMs: 10_000 });
  const ref = { namespace, name: ACCESS_SECRET };

  async function load(): Promise<Secret> {
    try {
      return await secrets.get(ref);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const labels = { [APP_LABEL]: APP, [MANAGED_BY_LABEL]: MANAGER };
    try {
      const data = { [SALT]: randomBytes(32).toString('base64') };
      return await secrets.create({ metadata: { ...ref, labels }, type: 'Opaque', data });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return secrets.get(ref);
    }
  }

  const { data = {} } = await load();
  const salt = Buffer.from(data[SALT] ?? '', 'base64');
  if (salt.length < 16) throw new Error(`Secret ${ACCESS_SECRET} has no salt: delete it, it is made anew`);
  const tried = new Map<string, { job: string; digest: string }>();
  for (const [device, text] of Object.entries(data)) {
    const [job, digest] = Buffer.from(text, 'base64').toString().split(' ');
    if (device !== SALT && job !== undefined && digest !== undefined) tried.set(device, { job, digest });
  }
  return {
    digest: (device) => accessDigest(salt, device),
    triedBy(device, job) {
      const entry = tried.get(device);
      return entry !== undefined && entry.job === job ? entry.digest : undefined;
    },
    async remember(device, job, digest) {
      const known = tried.get(device);
      if (known?.job === job && known.digest === digest) return;
      tried.set(device, { job, digest });
      const text = Buffer.from(`${job} ${digest}`).toString('base64');
      await secrets.patch(ref, { data: { [device]: text } }, { type: 'merge' });
    },
  };
}
