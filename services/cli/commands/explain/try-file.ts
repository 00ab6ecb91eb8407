/** Whether requests of a file would be accepted: the server decides, and stores nothing. */
import { text } from 'node:stream/consumers';
import { parseAllDocuments } from 'yaml';
import { API_VERSION } from '../../../../crds/names.ts';
import { DENIALS } from '../../../../crds/reasons.ts';
import type { Interface } from '../../../../crds/types.gen.ts';
import { client } from '../../../../lib/kube/client.ts';
import type { Connection } from '../../../../lib/kube/connection.ts';
import { ApiError, isAlreadyExists } from '../../../../lib/kube/errors.ts';
import { INTERFACES } from '../../../../lib/kube/resources.ts';
import type { Context } from '../../command.ts';
import { EXIT } from '../../exit-code.ts';
import type { ExitCode } from '../../exit-code.ts';
import { explanations, explanationsOf } from '../../explanations.ts';
import type { Explanation } from '../../explanations.ts';
import { Failure } from '../../failure.ts';
import { readNamedFile } from '../../named-file.ts';
import type { OUTPUT_OPTIONS } from '../../options.ts';
import { plain } from '../../output/plain.ts';
import { show } from '../../output/show.ts';
import { explanationText } from './explanation-view.ts';

interface Problem {
  /** Id of a denial, or the API server's own word. */
  readonly reason: string;
  /** Such as `spec.services[0].ports[2]`. */
  readonly field: string;
  readonly message: string;
}

interface Trial {
  readonly namespace: string;
  readonly name: string;
  readonly outcome: 'accepted' | 'denied' | 'invalid';
  readonly problems: readonly Problem[];
}

export interface TrialOptions {
  readonly connection: Connection;
  /** For requests that name none. */
  readonly namespace: string;
  /** `--namespace`: requests that name another one are refused, as kubectl does. */
  readonly givenNamespace: string | undefined;
  /** Path, or `-` for stdin. */
  readonly file: string;
}

/** Tries every request of the file by a dry run. The exit code is that of the worst. */
export async function tryFile(
  context: Context<typeof OUTPUT_OPTIONS>,
  { connection, namespace, givenNamespace, file }: TrialOptions,
): Promise<ExitCode> {
  const next = `${context.program} explain -f FILE`;
  const requests = requestsIn(await readText(file, next), file, next);
  const trials: Trial[] = [];
  for (const request of requests) {
    const own = request.metadata.namespace ?? namespace;
    if (givenNamespace !== undefined && own !== givenNamespace)
      throw new Failure(`${file}: ${request.metadata.name} is of namespace ${own}, not ${givenNamespace}`, {
        next: `${context.program} explain -n ${own} -f ${file}`,
      });
    trials.push(
      await tryRequest(connection, { ...request, metadata: { ...request.metadata, namespace: own } }),
    );
  }
  const ids = new Set(trials.flatMap(({ problems }) => problems.map(({ reason }) => reason)));
  const all = explanations();
  const words = [...ids].flatMap((id) =>
    explanationsOf(id, all).filter(({ section }) => section === 'Denials'),
  );
  await show(context, {
    kind: 'Trial',
    data: { requests: trials, explanations: words },
    text: () => textOf(trials, words),
  });
  if (trials.some(({ outcome }) => outcome === 'invalid')) return EXIT.failed;
  return trials.some(({ outcome }) => outcome === 'denied') ? EXIT.denied : EXIT.ok;
}

async function readText(file: string, next: string): Promise<string> {
  return file === '-' ? text(process.stdin) : readNamedFile({ what: '-f', file, next });
}

/** @throws Failure for what is no Interface */
function requestsIn(yaml: string, file: string, next: string): Interface[] {
  const found: Interface[] = [];
  for (const document of parseAllDocuments(yaml)) {
    const [error] = document.errors;
    if (error !== undefined) throw new Failure(`${file}: ${error.message}`, { next: 'mend the YAML' });
    const object = document.toJS() as Partial<Interface> | null;
    if (object === null) continue;
    const { apiVersion, kind, metadata } = object;
    if (apiVersion !== API_VERSION || kind !== 'Interface' || metadata?.name === undefined)
      throw new Failure(
        `${file}: has ${apiVersion ?? 'no apiVersion'} ${kind ?? 'without a kind'}; only an Interface of ${API_VERSION} with a name can be explained`,
        { next },
      );
    found.push(object as Interface);
  }
  if (found.length === 0) throw new Failure(`${file}: has no request in it`, { next });
  return found;
}

/** As `kubectl apply` would: creates the request or changes its spec. */
async function tryRequest(connection: Connection, request: Interface): Promise<Trial> {
  const interfaces = client(connection, INTERFACES);
  const { namespace = '', name } = request.metadata;
  try {
    try {
      await interfaces.create(request, { dryRun: true });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const stored = await interfaces.get({ namespace, name });
      await interfaces.replace({ ...stored, spec: request.spec }, { dryRun: true });
    }
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 422) throw error;
    const problems = (error.details?.causes ?? []).map(({ reason = '', field = '', message = '' }) => ({
      ...{ reason, field, message },
    }));
    const denied = problems.some(({ reason }) => isDenial(reason));
    const told =
      problems.length > 0 ? problems : [{ reason: error.reason, field: '', message: error.message }];
    return { namespace, name, outcome: denied ? 'denied' : 'invalid', problems: told };
  }
  return { namespace, name, outcome: 'accepted', problems: [] };
}

function isDenial(reason: string): boolean {
  return (DENIALS as readonly string[]).includes(reason);
}

const OUTCOMES: Readonly<Record<Trial['outcome'], string>> = {
  accepted: 'would be accepted',
  denied: 'would be denied',
  invalid: 'is not a valid request',
};

function textOf(trials: readonly Trial[], words: readonly Explanation[]): string {
  const results = trials.map(({ namespace, name, outcome, problems }) => {
    const lines = problems.map(
      ({ field, message }) => `  ${plain(field === '' ? message : `${field}: ${message}`)}\n`,
    );
    return `Interface ${namespace}/${name} ${OUTCOMES[outcome]}\n${lines.join('')}`;
  });
  return [...results, ...(words.length > 0 ? [explanationText(words)] : [])].join('\n');
}
