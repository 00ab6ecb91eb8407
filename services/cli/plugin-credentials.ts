/** Credentials that come from a plugin of the kubeconfig, such as `kubectl naas token`. */
import { systemClock } from '../../lib/kube/clock.ts';
import { credentialSource } from '../../lib/kube/credentials.ts';
import type { Credentials } from '../../lib/kube/credentials.ts';
import { messageOf } from '../../lib/kube/errors.ts';
import type { Target } from '../../lib/kube/kubeconfig.ts';
import { Failure } from './failure.ts';

/** Tells `token`, which kubectl and we run, that nobody is there to log in. */
const UNATTENDED = { name: 'NAAS_UNATTENDED', value: '1' };

/**
 * The target with what its plugin gives, asked once for the whole command. Before any call: a person may have to log in,
 * which takes longer than any answer may.
 *
 * @throws Failure with the plugin's own words
 */
export async function withPluginCredentials(
  target: Target,
  options: { unattended: boolean; program: string },
): Promise<Target> {
  const { exec, ...user } = target.user;
  if (!exec) return target;
  const env = [...(exec.env ?? []), ...(options.unattended ? [UNATTENDED] : [])];
  let given: Credentials;
  try {
    given = await credentialSource(
      { ...target, user: { ...user, exec: { ...exec, env } } },
      systemClock,
    ).current();
  } catch (error) {
    throw pluginFailure(error, exec, options.program);
  }
  const authorization = given.headers['authorization'];
  const token = typeof authorization === 'string' ? /^Bearer (.+)$/.exec(authorization)?.[1] : undefined;
  const base64 = (pem: Buffer | string) => Buffer.from(pem).toString('base64');
  const { cert, key } = given.tls;
  return {
    ...target,
    user: {
      ...user,
      ...(token !== undefined && { token }),
      ...(cert && key && { certData: base64(cert), keyData: base64(key) }),
    },
  };
}

/** What a plugin says last is what went wrong; ours says what to do as well. */
function pluginFailure(
  error: unknown,
  { command, installHint }: { command?: string; installHint?: string },
  program: string,
): Failure {
  const said = messageOf(error).trim();
  if (error instanceof Error && 'code' in error) {
    return new Failure(`The kubeconfig's credential plugin "${command ?? ''}" cannot be run: ${said}`, {
      next: installHint ?? `put ${command ?? 'it'} into a folder of PATH`,
      cause: error,
    });
  }
  const [, message = said, next = `${program} login`] =
    /^(?:Error: )?([^]*?)(?:\nNext: (.*))?$/.exec(said) ?? [];
  return new Failure(
    message || `The kubeconfig's credential plugin "${command ?? ''}" failed without a word`,
    {
      next,
      cause: error,
    },
  );
}
