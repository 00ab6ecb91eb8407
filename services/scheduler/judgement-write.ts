import type { Condition, Device, DeviceStatus } from '../../crds/types.gen.ts';
import type { Client } from '../../lib/kube/client.ts';
import { removeCondition, setCondition } from '../../lib/kube/conditions.ts';
import { isConflict, isNotFound } from '../../lib/kube/errors.ts';
import { writeStatus } from '../../lib/kube/status-writer.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';
import { JUDGED, type Judgement } from './judge.ts';

const TRIES = 5;

/**
 * Writes what the scheduler thinks of a device; everything else in the status stays as the enforcer wrote it. The
 * replace is conditional: on a conflict it starts again from a fresh read (R1).
 * @param cached the Device as the store has it; a stale one costs one more round
 */
export async function writeJudgement(
  api: Pick<Client<Device>, 'get' | 'replaceStatus'>,
  cached: Device,
  judgeOf: (device: Device) => Judgement,
  now: string,
): Promise<void> {
  let device = cached;
  for (let tries = 1; ; tries += 1) {
    try {
      await writeStatus(api, device as DeepReadonly<Device>, judgedStatus(device, judgeOf(device), now));
      return;
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error) || tries === TRIES) throw error;
      device = await api.get({ namespace: cached.metadata.namespace, name: cached.metadata.name });
    }
  }
}

/** The status with the scheduler's part renewed. @param now RFC 3339 */
export function judgedStatus(device: Device, judgement: Judgement, now: string): DeviceStatus {
  const { observedGeneration, summary } = judgement;
  let conditions: Condition[] = device.status?.conditions ?? [];
  for (const type of JUDGED) {
    const verdict = judgement.conditions[type];
    conditions =
      verdict === undefined
        ? removeCondition(conditions, type)
        : setCondition(conditions, { type, ...verdict, observedGeneration }, now);
  }
  return { ...device.status, observedGeneration, summary: { ...summary }, conditions };
}
