/** `whoami`: who the API server takes you for, and where you may ask for ports. */
import { openCluster } from '../cluster.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { accessTo, whoIs } from '../identity.ts';
import { CLUSTER_OPTIONS, OUTPUT_OPTIONS } from '../options.ts';
import { show } from '../output/show.ts';
import { table } from '../output/table.ts';

export const whoami = command({
  parameters: [],
  options: { ...CLUSTER_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['whoami', 'whoami -o json'],
  async run(context) {
    const { connection, namespace } = await openCluster(context);
    const identity = await whoIs(connection);
    const namespaces = await accessTo(connection, [namespace]);
    await show(context, {
      kind: 'WhoAmI',
      data: { server: connection.server, ...identity, namespaces },
      text: ({ headers }) =>
        [
          table([], [['User:', identity.user], ['Groups:', identity.groups.join(', ')]]),
          table(
            headers ? ['NAMESPACE', 'ROLE'] : [],
            namespaces.map(({ namespace, role }) => [namespace, role]),
          ),
        ].join('\n'),
    });
    return EXIT.ok;
  },
});
