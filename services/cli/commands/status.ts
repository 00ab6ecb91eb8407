/** `status [REQUEST]`: requests and their state on each switch. */
import { client } from '../../../lib/kube/client.ts';
import { INTERFACES } from '../../../lib/kube/resources.ts';
import { openCluster } from '../cluster.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { CLUSTER_OPTIONS, OUTPUT_OPTIONS } from '../options.ts';
import { age } from '../output/age.ts';
import type { Tone } from '../output/colour.ts';
import { show } from '../output/show.ts';
import { table } from '../output/table.ts';
import type { Cell } from '../output/table.ts';
import { viewOf } from '../request-view.ts';
import type { RequestView } from '../request-view.ts';

export const status = command({
  parameters: [{ name: 'REQUEST', optional: true, complete: 'request' }],
  options: { ...CLUSTER_OPTIONS, ...OUTPUT_OPTIONS },
  examples: ['status', 'status request-001', 'status request-001 -o yaml'],
  async run(context) {
    const { connection, namespace } = await openCluster(context);
    const interfaces = client(connection, INTERFACES);
    const [name] = context.positionals;
    const found =
      name === undefined
        ? (await interfaces.list({ namespace })).items
        : [await interfaces.get({ namespace, name })];
    const requests = found.map(viewOf);
    if (requests.length === 0) context.stderr.write(`There are no requests in namespace ${namespace}\n`);
    await show(context, {
      kind: 'RequestStatus',
      data: { requests },
      text: ({ headers, paint }) =>
        requests.length === 0
          ? ''
          : table(
              headers ? ['NAME', 'PORTS', 'READY', 'STATE', 'SINCE', 'MESSAGE'] : [],
              requests.flatMap((request) => rows(request, context.now())),
              paint,
            ),
    });
    return EXIT.ok;
  },
});

const TONES: Readonly<Record<RequestView['next'], Tone>> = { act: 'bad', wait: 'waiting', nothing: 'good' };

function rows({ name, ready, reason, since, message, next, devices }: RequestView, now: number): Cell[][] {
  const state = { text: reason, tone: TONES[next] };
  return [
    [`interface/${name}`, '', ready, state, age(since, now), message],
    ...devices.map(({ name: device, ports = '', state, message = '' }, index) => {
      const branch = index === devices.length - 1 ? '└─' : '├─';
      return [`${branch} ${device}`, ports, '', state, '', message];
    }),
  ];
}
