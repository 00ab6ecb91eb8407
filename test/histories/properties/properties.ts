import type { Platform } from '../parts/platform.ts';
import { acceptedIsHeld, allOrNothing } from './all-or-nothing.ts';
import { appliedRuns } from './applied-runs.ts';
import { firstPush } from './first-push.ts';
import { forwardOnly } from './forward-only.ts';
import { kept } from './kept.ts';
import { modelsForward } from './models-forward.ts';
import { oneOwner } from './one-owner.ts';
import { oneRequestAWrite } from './one-request-a-write.ts';
import { programmed } from './programmed.ts';
import type { Property, Scene } from './property.ts';
import { Record } from './record.ts';
import { released } from './released.ts';
import { restored } from './restored.ts';
import { goneIsGone, shownAsConfirmed } from './shown-as-confirmed.ts';

/** What must hold at every version: ownership.md, "What the histories test checks". */
export const PROPERTIES: readonly Property[] = [
  oneOwner,
  oneRequestAWrite,
  allOrNothing,
  acceptedIsHeld,
  released,
  forwardOnly,
  shownAsConfirmed,
  goneIsGone,
  kept,
  programmed,
  modelsForward,
  firstPush,
  appliedRuns,
  restored,
];

/** Kinds of objects that properties look at. */
const WATCHED: ReadonlySet<string> = new Set(['interfaces', 'devices']);

/** Checks all properties at every write and whenever a switch shows something else. */
export function watchProperties(platform: Platform): Record {
  const { world, switches, cluster } = platform;
  const record = new Record(platform);
  const scenes = PROPERTIES.map((property) => ({
    property,
    scene: {
      record,
      switches,
      modelRead: (enforcer: string, device: string) => platform.node.reads.get(enforcer)?.get(device),
      broken: (what: string) => world.violate(property.name, what),
    } satisfies Scene,
  }));
  platform.onWrite.push((write) => {
    record.noteRelease(write);
    for (const { property, scene } of scenes) property.onWrite?.(write, scene);
  });
  cluster.store.onWrite(({ plural, key }) => {
    if (!WATCHED.has(plural)) return;
    const device = key.slice(key.indexOf('/') + 1);
    const names = plural === 'devices' ? [device] : [...switches.keys()];
    for (const name of names) for (const { property, scene } of scenes) property.always?.(name, scene);
  });
  for (const [name, target] of switches) {
    target.onCommit.push((before) => {
      for (const { property, scene } of scenes) property.onCommit?.(name, before, scene);
    });
    target.onChange.push(() => {
      for (const { property, scene } of scenes) property.always?.(name, scene);
    });
  }
  return record;
}
