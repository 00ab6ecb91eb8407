/** `version`: of this program and, when it answers, of the cluster. */
import manifest from '../../../package.json' with { type: 'json' };
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
    let kubernetes: string | undefined;
    if (context.values.client !== true) {
      try {
        const { connection } = await openCluster(context);
        ({ gitVersion: kubernetes } = await connection.request<{ gitVersion: string }>({
          method: 'GET',
          path: '/version',
        }));
      } catch (error) {
        // The program's own version can be told without a cluster.
        context.stderr.write(`${asFailure(error, context.program).message}\n`);
      }
    }
    const data = { client: manifest.version, node: process.version, ...(kubernetes && { kubernetes }) };
    await show(context, {
      kind: 'Version',
      data,
      text: () => table([], Object.entries(data)),
    });
    return EXIT.ok;
  },
});
