/** `status [REQUEST]`: requests and their state on each switch. */
import { client } from '../../../lib/kube/client.ts';
import { INTERFACES } from '../../../lib/kube/resources.ts';
import { openCluster } from '../cluster.ts';
import { command } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { nameOf } from '../object-name.ts';
import { CLUSTER_OPTIONS, OUTPUT_OPTIONS } from '../options.ts';
import { age } from '../output/age.ts';
import type { Tone } from '../output/colour.ts';
import { show } from '../output/show.ts';
import { table } from '../output/table.ts';
import type { Cell } from '../output/table.ts';
import { readRequest } from '../read-request.ts';
import { viewOf } from '../request-view.ts';
import type { RequestView } from '../request-view.ts';

export const status = command({
  parameters: [{ name: 'REQUEST', optional: true, complete: 'request' }],
  options: {
    'all-namespaces': { type: 'boolean', short: 'A', help: 'requests of all tenants (needs the right to)' },
    ...CLUSTER_OPTIONS,
    ...OUTPUT_OPTIONS,
  },
  examples: ['status', 'status -A', 'status request-001', 'status request-001 -o yaml'],
  async run(context) {
    const { values, positionals, program, stderr } = context;
    const [written] = positionals;
    const name = written === undefined ? undefined : nameOf('interface', written, `${program} status`);
    const all = values['all-namespaces'] === true;
    if (all && name !== undefined)
      throw new Failure('A request has one namespace: REQUEST and -A exclude each other', {
        next: `${program} status --help`,
      });
    const { connection, namespace } = await openCluster(context);
    const found =
      name === undefined
        ? (await client(connection, INTERFACES).list(all ? {} : { namespace })).items
        : [await readRequest(connection, { namespace, name }, program)];
    const requests = found.map(viewOf);
    if (requests.length === 0)
      stderr.write(`There are no requests${all ? '' : ` in namespace ${namespace}`}\n`);
    await show(context, {
      kind: 'RequestStatus',
      data: { requests },
      text: ({ headers, paint }) =>
        requests.length === 0
          ? ''
          : table(
              headers ? [...(all ? ['NAMESPACE'] : []), ...HEADERS] : [],
              requests.flatMap((request) =>
                rows(request, context.now()).map((row) => (all ? [request.namespace, ...row] : row)),
              ),
              paint,
            ),
    });
    return EXIT.ok;
  },
});

const HEADERS = ['NAME', 'PORTS', 'READY', 'STATE', 'SINCE', 'MESSAGE'];
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
