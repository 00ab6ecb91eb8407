import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlane } from '../../../../tools/controlplane/start.ts';
import { readMetrics } from '../../../../bench/measure/metrics-page.ts';
import { apiRequest } from '../../../../tools/controlplane/api-request.ts';

export interface EtcdUse {
  /** MiB of the database that hold data, compacted revisions not counted. */
  readonly databaseInUse: number;
  readonly keys: number;
}

/** Reads etcd's metrics, as the API server's user. */
export async function etcdUse(plane: Pick<ControlPlane, 'pids' | 'directory'>): Promise<EtcdUse> {
  const { call, close } = await etcd(plane);
  try {
    const { text } = await call({ path: '/metrics' });
    const page = readMetrics(text);
    return {
      databaseInUse: page.sum('etcd_mvcc_db_total_size_in_use_in_bytes') / 2 ** 20,
      keys: page.sum('etcd_debugging_mvcc_keys_total'),
    };
  } finally {
    close();
  }
}

async function etcd({ pids, directory }: Pick<ControlPlane, 'pids' | 'directory'>) {
  const flags = (await readFile(`/proc/${pids['etcd']}/cmdline`, 'utf8')).split('\0');
  const url = flags.find((flag) => flag.startsWith('--advertise-client-urls='))?.split('=')[1];
  if (url === undefined) throw new Error('etcd does not say where it listens');
  const [ca, cert, key] = await Promise.all(
    ['etcd-ca.crt', 'etcd-client.crt', 'etcd-client.key'].map((name) =>
      readFile(join(directory, 'pki', name), 'utf8'),
    ),
  );
  const call = apiRequest(url, ca ?? '', { cert: cert ?? '', key: key ?? '' });
  return { call, close: () => call.close() };
}
