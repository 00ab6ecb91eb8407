/** One tenant's client: plays its part of a round with its own credentials, and keeps what it was told. */
import { API_VERSION } from '../../../crds/names.ts';
import type { Interface } from '../../../crds/types.gen.ts';
import { client } from '../../../lib/kube/client.ts';
import { pause, systemClock } from '../../../lib/kube/clock.ts';
import type { Connection } from '../../../lib/kube/connection.ts';
import { ApiError, ConnectionError, isAlreadyExists, isNotFound } from '../../../lib/kube/errors.ts';
import { INTERFACES } from '../../../lib/kube/resources.ts';
import type { Action, ClientPlan, Wish } from './plan.ts';

/** What came of a wish. */
export type Answer =
  | { readonly told: 'stored'; readonly uid: string; readonly generation: number }
  | { readonly told: 'denied'; readonly causes: readonly { reason: string; message: string }[] }
  /** The request was gone, or on its way out, when it was to be changed. */
  | { readonly told: 'gone' }
  /** No answer but failures until patience ran out. */
  | { readonly told: 'nothing'; readonly why: string };

export interface Asked {
  readonly tenant: string;
  readonly client: number;
  readonly name: string;
  readonly wish: Wish;
  readonly answer: Answer;
}

export interface ClientOptions {
  readonly connection: Connection;
  /** Called after each call that was answered. */
  readonly called: () => void;
  /** Fulfilled when nothing of this name is stored. */
  readonly untilGone: (namespace: string, name: string) => Promise<void>;
}

/** Webhooks may be down, answers be lost: a person would try again for a while. */
const TRIES = 200;
const AGAIN_MS = 150;
const CALL_MS = 15_000;

/** Plays all actions, one after the other. */
export async function play(plan: ClientPlan, options: ClientOptions): Promise<Asked[]> {
  const asked: Asked[] = [];
  for (const action of plan.actions) {
    if (action.kind === 'drop') {
      await drop(plan.tenant, action.name, options);
      continue;
    }
    const { name, wish } = action;
    const answer = await wishFor(plan.tenant, action, options);
    asked.push({ tenant: plan.tenant, client: plan.client, name, wish, answer });
  }
  return asked;
}

async function wishFor(
  namespace: string,
  { kind, name, wish }: Exclude<Action, { kind: 'drop' }>,
  options: ClientOptions,
): Promise<Answer> {
  if (kind === 'again') {
    await drop(namespace, name, options);
    await options.untilGone(namespace, name);
  }
  const api = client(options.connection, INTERFACES, { timeoutMs: CALL_MS });
  const body = manifest(namespace, name, wish);
  const change = () => api.patch({ namespace, name }, { spec: body.spec }, { type: 'merge' });
  return persistently(options, async () => {
    if (kind === 'move') return change();
    try {
      return await api.create(body);
    } catch (error) {
      // A try before this one may have been stored though its answer was lost.
      if (isAlreadyExists(error)) return change();
      throw error;
    }
  });
}

async function drop(namespace: string, name: string, options: ClientOptions): Promise<void> {
  const api = client(options.connection, INTERFACES, { timeoutMs: CALL_MS });
  const answer = await persistently(options, async () => {
    await api.delete({ namespace, name });
    return undefined;
  });
  if (answer.told === 'nothing') throw new Error(`${namespace}/${name} could not be deleted: ${answer.why}`);
}

/** Until the API server has stored it, or says why not. */
async function persistently(
  options: ClientOptions,
  attempt: () => Promise<Interface | undefined>,
): Promise<Answer> {
  let why = '';
  for (let tries = 0; tries < TRIES; tries += 1) {
    try {
      const stored = await attempt();
      const { uid = '', generation = 0 } = stored?.metadata ?? {};
      return { told: 'stored', uid, generation };
    } catch (error) {
      if (isNotFound(error)) return { told: 'gone' };
      const causes = (error instanceof ApiError ? error.details?.causes : undefined) ?? [];
      const denial = causes.map(({ reason = '', message = '' }) => ({ reason, message }));
      if (denial.some(({ reason }) => reason === 'BeingDeleted')) return { told: 'gone' };
      if (!isPassing(error, denial)) return { told: 'denied', causes: denial };
      why = error instanceof Error ? error.message : String(error);
    } finally {
      options.called();
    }
    await pause(systemClock, AGAIN_MS);
  }
  return { told: 'nothing', why };
}

/** Failures that a client need not take for an answer. */
function isPassing(error: unknown, denial: readonly { reason: string }[]): boolean {
  if (error instanceof ConnectionError) return true;
  if (!(error instanceof ApiError)) throw error;
  return (
    error.code >= 500 || error.code === 429 || denial.some(({ reason }) => reason === 'PolicyUnavailable')
  );
}

function manifest(namespace: string, name: string, { tag, vlan, ports }: Wish): Interface {
  const devices = new Map<string, string[]>();
  for (const key of ports) {
    const [port = '', device = ''] = key.split('@');
    devices.set(device, [...(devices.get(device) ?? []), port]);
  }
  return {
    apiVersion: API_VERSION,
    kind: 'Interface',
    metadata: { namespace, name },
    spec: {
      services: [...devices].map(([devicename, listed]) => ({
        ...{ devicename, ports: listed, vlan, description: tag },
        ...{ shutdown: false, trunk: false },
      })),
    },
  };
}
