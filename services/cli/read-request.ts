import type { Interface } from '../../crds/types.gen.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { isNotFound } from '../../lib/kube/errors.ts';
import { INTERFACES } from '../../lib/kube/resources.ts';
import { Failure } from './failure.ts';

/**
 * Reads a request.
 *
 * @throws Failure when there is none of this name
 */
export async function readRequest(
  connection: Connection,
  ref: { readonly namespace: string; readonly name: string },
  program: string,
): Promise<Interface> {
  try {
    return await client(connection, INTERFACES).get(ref);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    throw new Failure(`There is no request "${ref.name}" in namespace ${ref.namespace}`, {
      next: `${program} status -n ${ref.namespace}`,
      cause: error,
    });
  }
}
