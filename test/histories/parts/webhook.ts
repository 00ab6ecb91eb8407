import jsonPatch from 'fast-json-patch';
import type { Operation } from 'fast-json-patch';
import { PLATFORM_NAMESPACE } from '../../../crds/names.ts';
import type { Interface } from '../../../crds/types.gen.ts';
import { silentLog } from '../../../lib/kube/log.ts';
import { mutateHandler } from '../../../webhooks/mutate/mutate-handler.ts';
import { loadPolicy } from '../../../webhooks/policy/policy.ts';
import type { Policy } from '../../../webhooks/policy/policy.ts';
import type { Review } from '../../../webhooks/review/admission-review.ts';
import { sources } from '../../../webhooks/sources/sources.ts';
import { Unavailable } from '../../../webhooks/unavailable.ts';
import { validateHandler } from '../../../webhooks/validate/validate-handler.ts';
import type { Cluster } from '../kubernetes/connection.ts';
import { connectionOf } from '../kubernetes/connection.ts';
import type { Process } from '../world/process.ts';

export type Admission = { object: Interface } | { denied: string };

/** Both webhooks as one process with caches of its own; the policy is the committed one. */
export interface Webhook {
  admit(review: Review): Promise<Admission>;
}

type Evaluate = Pick<Policy, 'evaluate' | 'digest'>;

/** The real policy, as the service runs it. */
export function openPolicy(): Promise<Evaluate> {
  return loadPolicy();
}

export function startWebhook(cluster: Cluster, process: Process, policy: Evaluate): Webhook {
  const known = sources(connectionOf(cluster, process), {
    namespace: PLATFORM_NAMESPACE,
    clock: process.clock,
    random: process.random,
    log: silentLog,
    onProblem: () => undefined,
  });
  known.start();
  const mutate = mutateHandler({ defaults: known.defaults, expandInPlace: true });
  const validate = validateHandler({
    policy,
    facts: known.facts,
    defaults: known.defaults,
    settings: { hideOwners: false, requireTenant: false },
    log: silentLog,
  });
  return {
    async admit(review) {
      try {
        const { patch } = await mutate(review);
        const operations =
          patch === undefined ? [] : (JSON.parse(Buffer.from(patch, 'base64').toString()) as Operation[]);
        const object = jsonPatch.applyPatch(structuredClone(review.object), operations).newDocument;
        const { allowed, status } = await validate({ ...review, object });
        return allowed ? { object: object as unknown as Interface } : { denied: status?.message ?? 'denied' };
      } catch (error) {
        if (error instanceof Unavailable) return { denied: error.message };
        throw error;
      }
    },
  };
}
