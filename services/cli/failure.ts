/** How a command ends badly: what is wrong, what to do next, and the code for scripts. */
import { ApiError, ConnectionError, messageOf } from '../../lib/kube/errors.ts';
import { EXIT } from './exit-code.ts';
import type { ExitCode } from './exit-code.ts';

/** A command cannot go on. The message is one a person can act on; `next` is the command, or the step, to try. */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly next: string;
  readonly exitCode: ExitCode;

  constructor(message: string, options: { next: string; exitCode?: ExitCode; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.next = options.next;
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}

/**
 * Anything thrown, as what a person is told.
 *
 * @param program as the person calls it, such as `kubectl naas`
 */
export function asFailure(error: unknown, program: string): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof ApiError) return ofAnswer(error, program);
  if (error instanceof ConnectionError) {
    return new Failure(`The API server cannot be reached: ${error.message}`, {
      next: 'kubectl config view --minify (is this the right server, and is it up?)',
      exitCode: error.code === 'Timeout' ? EXIT.timeout : EXIT.failed,
      cause: error,
    });
  }
  return new Failure(messageOf(error), { next: 'NAAS_DEBUG=1 says where it came from', cause: error });
}

function ofAnswer(error: ApiError, program: string): Failure {
  if (error.code === 401) {
    return new Failure('The API server does not know you: the login is missing, old or for another cluster', {
      next: `${program} login`,
      cause: error,
    });
  }
  if (error.code === 403) return new Failure(error.message, { next: `${program} whoami`, cause: error });
  return new Failure(error.message, {
    next: `${program} version (is the platform there, and well?)`,
    cause: error,
  });
}
