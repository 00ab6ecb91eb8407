/**
 * Stands in for the enforcer where only the scheduler and the node agent are tested: reads its slice, writes the
 * status that a push would leave, touches no switch. How each device behaves is read from `control.json` beside
 * the bundle; each run leaves a line in `runs.jsonl` there.
 */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { parse } from 'yaml';
import type { Outcome } from '../../crds/reasons.ts';
import type { Confirmed, Device, Ledger } from '../../crds/types.gen.ts';
import { parseInventory } from '../../lib/inventory/parse.ts';
import type { InventoryDevice } from '../../lib/inventory/device.ts';
import { client } from '../../lib/kube/client.ts';
import { connect } from '../../lib/kube/connection.ts';
import { isConflict } from '../../lib/kube/errors.ts';
import { CONFIG_MAPS, DEVICES, type ConfigMap } from '../../lib/kube/resources.ts';
import { topClaim, toConfirmed } from '../../lib/ledger/claim.ts';
import type { ConfigMapLike } from '../../lib/render/config-map.ts';
import { platformSet } from '../../lib/render/platform-set.ts';

/** How a device behaves; nothing: it is applied at once. */
export interface Behaviour {
  readonly outcome?: Outcome;
  /** `crash`: exit code 1 without a result; `hang`: until killed; `silent`: exit code 0 without a result. */
  readonly instead?: 'crash' | 'hang' | 'silent';
  readonly delayMs?: number;
  /** Stays alive so long after the result was written. */
  readonly lingerMs?: number;
}

export interface FakeRun {
  readonly job: string;
  readonly devices: readonly string[];
  readonly asked: boolean;
  readonly environment: Readonly<Record<string, string>>;
  readonly arguments: readonly string[];
  readonly at: number;
}

/** @param directory of the bundle */
export async function fakeEnforcer(directory: string): Promise<void> {
  const {
    NAAS_SLICE_DIRECTORY = '',
    NAAS_JOB = '',
    NAAS_NAMESPACE = '',
    JOB_COMPLETION_INDEX = '0',
  } = process.env;
  const slice = readFileSync(join(NAAS_SLICE_DIRECTORY, `slice-${JOB_COMPLETION_INDEX}.yaml`), 'utf8');
  const devices = [...parseInventory({ hosts: slice }).devices.values()];
  const run: FakeRun = {
    job: NAAS_JOB,
    devices: devices.map(({ name }) => name),
    asked: process.env['NAAS_ASKED'] === 'true',
    environment: { ...process.env } as Record<string, string>,
    arguments: process.argv,
    at: Date.now(),
  };
  const connection = await connect({ userAgent: 'naas-enforcer' });
  // What is shown is what was read before the push, as the real one does it.
  const maps = await client(connection, CONFIG_MAPS).list({ namespace: NAAS_NAMESPACE });
  // Before the run is told: whoever waits for it may then change the behaviour of the next one.
  const control = JSON.parse(readFileSync(join(directory, 'control.json'), 'utf8')) as Record<
    string,
    Behaviour
  >;
  appendFileSync(join(directory, 'runs.jsonl'), `${JSON.stringify(run)}\n`);
  console.log(`pushing ${run.devices.join(', ')}`);
  await Promise.all(devices.map((device) => push(device, control[device.name] ?? {})));
  await connection.close();
  console.log('done');

  async function push(entry: InventoryDevice, behaviour: Behaviour): Promise<void> {
    const api = client(connection, DEVICES);
    if (behaviour.delayMs !== undefined) await wait(behaviour.delayMs);
    if (behaviour.instead === 'crash') process.exit(1);
    if (behaviour.instead === 'silent') return;
    if (behaviour.instead === 'hang') await wait(600_000);
    const ofType = (type: string) =>
      maps.items.filter(({ metadata }) => metadata.labels?.['type'] === type) as ConfigMapLike[];
    const set = platformSet(ofType('model'), ofType('template'), entry);
    for (;;) {
      const device = await api.get({ namespace: NAAS_NAMESPACE, name: entry.name });
      try {
        await api.replaceStatus({
          ...device,
          status: nextStatus(device, 'digest' in set ? set.digest : undefined),
        });
        break;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
    if (behaviour.lingerMs !== undefined) await wait(behaviour.lingerMs);

    function nextStatus(device: Device, digest: string | undefined): NonNullable<Device['status']> {
      const model = maps.items.find(({ metadata }) => metadata.name === `interfaces-${entry.name}`);
      const generation = generationOf(model);
      const outcome = digest === undefined ? 'platform-rejected' : (behaviour.outcome ?? 'applied');
      const good = outcome === 'applied' || outcome === 'unchanged';
      const at = new Date().toISOString();
      const uid = device.metadata.uid ?? '';
      const attempted = {
        ...{ uid, generation, epoch: 1, job: NAAS_JOB, outcome, at },
        ...(digest === undefined ? {} : { platform: digest }),
        tries: good ? 0 : (device.status?.attempted?.tries ?? 0) + 1,
      };
      if (!good || digest === undefined) return { ...device.status, attempted };
      const confirmed: Confirmed = {};
      for (const [port, item] of Object.entries(topsOf(model))) {
        const top = topClaim(item);
        if (top !== undefined) confirmed[port] = toConfirmed(top);
      }
      return {
        ...device.status,
        attempted,
        confirmed,
        applied: { uid, generation, platform: digest, configHash: 'h1:0', at },
      };
    }
  }
}

function topsOf(model: ConfigMap | undefined): Ledger {
  return parse(model?.data?.['structured-config'] ?? '{}') as Ledger;
}

function generationOf(model: ConfigMap | undefined): number {
  return Number(model?.metadata.annotations?.['network.as.a.service/device-generation'] ?? 0);
}
