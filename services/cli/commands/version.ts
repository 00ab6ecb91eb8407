/** `version`: of this program and, when it answers, of the cluster. */
import manifest from '../../../package.json' with { type: 'json' };
import { GROUP } from '../../../crds/names.ts';
import type { Connection } from '../../../lib/kube/connection.ts';
import { isNotFound } from '../../../lib/kube/errors.ts';
import { openCluster } from '../cluster.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { asFailure } from '../failure.ts';
import { CLUSTER_OPTIONS, OUTPUT_OPTIONS } from '../options.ts';
import { show } from '../output/show.ts';
import { table } from '../output/table.ts';

export const version = command({
  parameters: [],
  options: {
    ...CLUSTER_OPTIONS,
    ...OUTPUT_OPTIONS,
    client: { type: 'boolean', help: 'of this program only; nothing is asked' },
  },
  examples: ['version', 'version --client -o json'],
  async run(context) {
    const data: Record<string, string> = { client: manifest.version, node: process.version };
    if (context.values.client !== true) {
      try {
        const { connection } = await openCluster(context);
        Object.assign(data, await versionsOf(connection));
      } catch (error) {
        // The program's own version can be told without a cluster.
        context.stderr.write(`${asFailure(error, context.program).message}\n`);
      }
    }
    await show(context, {
      kind: 'Version',
      data,
      text: () => table([], Object.entries(data)),
    });
    return EXIT.ok;
  },
});

/** Of Kubernetes, and of the platform's API there. */
async function versionsOf(connection: Connection): Promise<Record<string, string>> {
  const get = <T>(path: string) => connection.request<T>({ method: 'GET', path });
  const { gitVersion } = await get<{ gitVersion: string }>('/version');
  return { kubernetes: gitVersion, api: await apiVersions(get(`/apis/${GROUP}`)) };
}

async function apiVersions(answer: Promise<{ versions: { groupVersion: string }[] }>): Promise<string> {
  try {
    const { versions } = await answer;
    return versions.map(({ groupVersion }) => groupVersion).join(', ');
  } catch (error) {
    if (isNotFound(error)) return 'not installed';
    throw error;
  }
}
