import type { Connection } from '../../../../lib/kube/connection.ts';
import { ApiError } from '../../../../lib/kube/errors.ts';
import type { RunningPlatform } from '../../../platform/running-platform.ts';
import type { Random } from '../../enforcer-kills/random.ts';

export const TENANTS = ['tenant-a', 'tenant-b'] as const;
export const SWITCHES = ['devicea', 'deviceb'] as const;
export type Tenant = (typeof TENANTS)[number];

/** What the operations of the load work with. */
export interface LoadStage {
  readonly naas: RunningPlatform;
  readonly random: Random;
  readonly admin: Connection;
  readonly tenants: Readonly<Record<Tenant, Connection>>;
  /** Token of somebody who may call POST /configure. */
  readonly configureToken: string;
  /** Services that are being restarted, or were a moment ago. */
  readonly restarting: Set<string>;
  /** Aborts when the load ends: whatever still runs then ends too. */
  readonly signal: AbortSignal;
}

export interface Operation {
  readonly name: string;
  /** How often, compared to the others. */
  readonly weight: number;
  /** @returns in a word how it ended; by throwing: it failed */
  run(stage: LoadStage): Promise<string>;
}

/**
 * Does something that the platform may refuse.
 *
 * @returns what `done` says, or the refusal: `refused` by schema or admission (400, 422), `forbidden` (403),
 * `conflict` (409), `not there` (404);
 * `no admission` while the webhooks are restarted, for nothing is admitted without them
 * @throws whatever else goes wrong
 */
export async function refusable(
  { restarting }: LoadStage,
  done: string,
  call: () => Promise<unknown>,
): Promise<string> {
  try {
    await call();
    return done;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (restarting.has('webhooks') && error.message.includes('failed calling webhook')) return 'no admission';
    const word = REFUSALS[error.code];
    if (word === undefined) throw error;
    return word;
  }
}

const REFUSALS: Readonly<Record<number, string>> = {
  400: 'refused',
  403: 'forbidden',
  404: 'not there',
  409: 'conflict',
  422: 'refused',
};
