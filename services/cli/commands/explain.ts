/** `explain`: what a word means, why a request is not ready, or whether a file would be accepted. */
import { openCluster } from '../cluster.ts';
import { command } from '../command.ts';
import type { Context } from '../command.ts';
import { EXIT } from '../exit-code.ts';
import type { ExitCode } from '../exit-code.ts';
import { Failure } from '../failure.ts';
import { explanations, explanationsOf } from '../explanations.ts';
import { nameOf } from '../object-name.ts';
import { CLUSTER_OPTIONS, OUTPUT_OPTIONS } from '../options.ts';
import { show } from '../output/show.ts';
import { explanationView } from './explain/explanation-view.ts';

const options = {
  filename: {
    type: 'string',
    short: 'f',
    value: 'FILE',
    help: 'a file of requests, or - for stdin: tried on the server, not stored',
    complete: 'file',
  },
  ...CLUSTER_OPTIONS,
  ...OUTPUT_OPTIONS,
} as const;

export const explain = command({
  parameters: [{ name: 'WORD-OR-REQUEST', optional: true, complete: 'reason' }],
  options,
  examples: [
    'explain PortOwnedByOtherTenant',
    'explain request-001',
    'explain interface/ready (a request whose name is a word of the platform)',
    'explain -f request.yaml',
  ],
  async run(context) {
    const [subject] = context.positionals;
    const { filename } = context.values;
    if ((subject === undefined) === (filename === undefined))
      throw new Failure('Name a word, a request, or a file by -f', {
        next: `${context.program} explain --help`,
      });
    if (filename !== undefined) return explainFile(context, filename);
    return explainSubject(context, subject ?? '');
  },
});

async function explainFile(context: Context<typeof options>, file: string): Promise<ExitCode> {
  const { tryFile } = await import('./explain/try-file.ts');
  const { connection, namespace } = await openCluster(context);
  return tryFile(context, { connection, namespace, givenNamespace: context.values.namespace, file });
}

async function explainSubject(context: Context<typeof options>, subject: string): Promise<ExitCode> {
  const { program } = context;
  const words = explanationsOf(subject);
  if (words.length > 0) {
    await show(context, explanationView(words));
    return EXIT.ok;
  }
  const name = nameOf('interface', subject, `${program} status`);
  // Requests are named in small letters, words of the platform never are.
  if (name === subject && /[A-Z]/.test(subject)) {
    const ids = [...new Set(explanations().map(({ id }) => id))].join(', ');
    throw new Failure(`There is no word "${subject}". There are: ${ids}`, {
      next: `${program} explain WORD, or ${program} status for the names of requests`,
    });
  }
  const { explainRequest } = await import('./explain/explain-request.ts');
  const { connection, namespace } = await openCluster(context);
  return explainRequest(context, connection, { namespace, name });
}
