/** Why a request is as it is, and what to do next. */
import type { Connection } from '../../../../lib/kube/connection.ts';
import type { Context } from '../../command.ts';
import { EXIT } from '../../exit-code.ts';
import type { ExitCode } from '../../exit-code.ts';
import { explanations, explanationsOf } from '../../explanations.ts';
import type { Explanation } from '../../explanations.ts';
import type { OUTPUT_OPTIONS } from '../../options.ts';
import { age } from '../../output/age.ts';
import { show } from '../../output/show.ts';
import { table } from '../../output/table.ts';
import { wrap } from '../../output/wrap.ts';
import { readRequest } from '../../read-request.ts';
import { remarks, troubles, viewOf } from '../../request-view.ts';
import type { RequestView } from '../../request-view.ts';
import { explanationText } from './explanation-view.ts';

export async function explainRequest(
  context: Context<typeof OUTPUT_OPTIONS>,
  connection: Connection,
  ref: { namespace: string; name: string },
): Promise<ExitCode> {
  const request = viewOf(await readRequest(connection, ref, context.program));
  const all = explanations();
  const words = troubles(request).flatMap((id) => explanationsOf(id, all));
  const next = nextStep(request);
  await show(context, {
    kind: 'RequestExplanation',
    data: { request, explanations: words, ...(next !== undefined && { next }) },
    text: ({ headers }) => textOf(request, words, { headers, next, now: context.now() }),
  });
  return EXIT.ok;
}

/** The command to type; undefined when all is well. */
function nextStep({ next, deleting, namespace, name }: RequestView): string | undefined {
  if (next === 'nothing') return undefined;
  if (next === 'act') return `kubectl edit -n ${namespace} interface/${name}`;
  return `kubectl wait -n ${namespace} --for=${deleting ? 'delete' : 'condition=Ready'} interface/${name}`;
}

function textOf(
  request: RequestView,
  words: readonly Explanation[],
  { headers, next, now }: { headers: boolean; next: string | undefined; now: number },
): string {
  const { namespace, name, ready, reason, since, message, devices } = request;
  const state = ready === 'True' ? 'is ready' : `is not ready: ${reason}`;
  const how = age(since, now);
  const messages = [message, ...remarks(request).map(({ type, message }) => `${type}: ${message}`)];
  const parts = [
    `Interface ${namespace}/${name} ${state}${how === '' ? '' : `, for ${how}`}\n` +
      messages.map((text) => wrap(text, { indent: '  ' })).join(''),
  ];
  if (devices.length > 0) parts.push(deviceTable(devices, headers));
  if (words.length > 0) parts.push(explanationText(words));
  if (next !== undefined) parts.push(`Next: ${next}\n`);
  return parts.join('\n');
}

function deviceTable(devices: RequestView['devices'], headers: boolean): string {
  return table(
    headers ? ['DEVICE', 'PORTS', 'STATE', 'MESSAGE'] : [],
    devices.flatMap(({ name, ports = '', state, message = '', conflicts = [], shadowed = [] }) => [
      [name, ports, state, message],
      ...conflicts.map(({ ports, reason, owner }) => [
        '',
        ports,
        reason,
        owner === undefined ? '' : `held by ${owner}`,
      ]),
      ...shadowed.map(({ ports, by }) => ['', ports, 'TakenOver', `held by ${by}`]),
    ]),
  );
}
