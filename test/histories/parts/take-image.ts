import type { Policy } from '../../../webhooks/policy/policy.ts';
import { rest } from '../play.ts';
import type { Image } from './image.ts';
import { Platform } from './platform.ts';
import { DEVICE_NAMES } from './settings.ts';

/** Installs a platform, waits until it is at rest, and keeps what is then stored and shown. */
export async function takeImage(policy: Pick<Policy, 'evaluate' | 'digest'>): Promise<Image> {
  const platform = new Platform({
    seed: 1,
    telling: true,
    policy,
    skew: () => 0,
    replicas: { webhook: 1, 'interface-watcher': 1, 'device-watcher': 1, scheduler: 1 },
  });
  const { world, cluster } = platform;
  platform.start();
  await rest(platform, () => {
    const ready = DEVICE_NAMES.every((name) => isApplied(platform, name));
    return ready ? undefined : { property: 'the platform is installed', what: 'a device is not applied' };
  });
  if (world.violation !== undefined) throw new Error(`${world.violation.what}\n${world.story.text()}`);
  return {
    objects: cluster.store.all().filter(({ plural }) => !['jobs', 'pods'].includes(plural)),
    revision: cluster.store.revision,
    uids: cluster.server.uids,
    now: world.timeline.now,
    switches: new Map(
      [...platform.switches].map(([name, { running, startup, version }]) => [
        name,
        { running, startup, version },
      ]),
    ),
  };
}

function isApplied({ cluster }: Platform, name: string): boolean {
  const device = cluster.store.get('devices', `naas-system/${name}`) as
    { status?: { applied?: { saved?: boolean } } } | undefined;
  return device?.status?.applied?.saved === true;
}
