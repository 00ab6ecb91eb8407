import type { Pod } from '../../lib/kube/resources.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';

/** What became of one container; times are RFC 3339 with whole seconds. */
export type ContainerState =
  | { readonly is: 'waiting'; readonly reason: string; readonly message?: string }
  | { readonly is: 'running'; readonly startedAt: string; readonly pid: number }
  | {
      readonly is: 'terminated';
      readonly exitCode: number;
      readonly reason: string;
      readonly message?: string;
      readonly startedAt?: string;
      readonly finishedAt: string;
    };

export interface PodFacts {
  /** When the agent took the Pod. */
  readonly startTime: string;
  readonly address: string;
  readonly containers: ReadonlyMap<string, ContainerState>;
  /** Why the agent itself ended the Pod, such as DeadlineExceeded. */
  readonly ended?: { readonly reason: string; readonly message: string };
  /** Set when nothing of the Pod can ever start. */
  readonly failed?: { readonly reason: string; readonly message: string };
}

export type Phase = 'Pending' | 'Running' | 'Succeeded' | 'Failed';

/** The phase of a Pod whose containers are never started again. */
export function phaseOf(facts: Pick<PodFacts, 'containers' | 'ended' | 'failed'>): Phase {
  if (facts.failed !== undefined) return 'Failed';
  const states = [...facts.containers.values()];
  if (states.some(({ is }) => is === 'waiting') && !states.some(({ is }) => is === 'running'))
    return 'Pending';
  if (states.some(({ is }) => is !== 'terminated')) return 'Running';
  if (facts.ended !== undefined) return 'Failed';
  return states.every((state) => state.is === 'terminated' && state.exitCode === 0) ? 'Succeeded' : 'Failed';
}

/**
 * The status of a Pod as a kubelet reports it, as a strategic merge patch: conditions of others stay.
 * @param now RFC 3339
 */
export function podStatusPatch(pod: DeepReadonly<Pod>, facts: PodFacts, now: string): object {
  const phase = phaseOf(facts);
  const why = facts.failed ?? facts.ended;
  const ready = phase === 'Running' && [...facts.containers.values()].every(({ is }) => is === 'running');
  const over = phase === 'Succeeded' || phase === 'Failed';
  const readiness = ready
    ? {}
    : { reason: over ? (phase === 'Succeeded' ? 'PodCompleted' : 'PodFailed') : 'ContainersNotReady' };
  const started = facts.failed === undefined && phase !== 'Pending';
  const condition = (type: string, yes: boolean, reason: object): object => {
    const status = yes ? 'True' : 'False';
    const before = pod.status?.conditions?.find((known) => known.type === type && known.status === status);
    return { type, status, lastTransitionTime: before?.lastTransitionTime ?? now, ...reason };
  };
  return {
    // Guards against a Pod of the same name that came after this one.
    metadata: { uid: pod.metadata.uid },
    status: {
      phase,
      ...(why === undefined ? {} : { reason: why.reason, message: why.message }),
      hostIP: facts.address,
      hostIPs: [{ ip: facts.address }],
      ...(started ? { podIP: facts.address, podIPs: [{ ip: facts.address }] } : {}),
      startTime: facts.startTime,
      conditions: [
        condition('PodReadyToStartContainers', started && !over, {}),
        condition('Initialized', true, {}),
        condition('Ready', ready, readiness),
        condition('ContainersReady', ready, readiness),
        condition('PodScheduled', true, {}),
      ],
      containerStatuses: (pod.spec?.containers ?? []).map(({ name, image = '' }) =>
        containerStatus(name, image, facts.containers.get(name)),
      ),
    },
  };
}

function containerStatus(name: string, image: string, state: ContainerState | undefined): object {
  const running = state?.is === 'running';
  return {
    name,
    image,
    // The platform's image is a directory of bundles here.
    imageID: '',
    restartCount: 0,
    ready: running,
    started: running,
    ...(running ? { containerID: `process://${state.pid}` } : {}),
    state: stateOf(state ?? { is: 'waiting', reason: 'ContainerCreating' }),
  };
}

function stateOf(state: ContainerState): object {
  // Strategic merge keeps what is not named: the other states are cleared.
  const none = { waiting: null, running: null, terminated: null };
  switch (state.is) {
    case 'waiting':
      return { ...none, waiting: { reason: state.reason, ...message(state.message) } };
    case 'running':
      return { ...none, running: { startedAt: state.startedAt } };
    case 'terminated':
      return {
        ...none,
        terminated: {
          exitCode: state.exitCode,
          reason: state.reason,
          ...message(state.message),
          startedAt: state.startedAt ?? null,
          finishedAt: state.finishedAt,
        },
      };
  }
}

function message(text: string | undefined): object {
  return text === undefined ? {} : { message: text };
}
