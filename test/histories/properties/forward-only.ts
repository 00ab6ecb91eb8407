import type { Applied, Device } from '../../../crds/types.gen.ts';
import type { KubeObject } from '../../../lib/kube/types.ts';
import type { Write } from '../kubernetes/server.ts';
import type { LedgerVersion } from '../parts/switch.ts';
import type { Property, Scene } from './property.ts';

/** R9: the switch never shows a ledger older than what was applied, and `applied` never goes back. */
export const forwardOnly: Property = {
  name: '(d) R9: the switch never shows a ledger older than applied',
  onWrite({ target, before, after, by }, scene) {
    const applied = newlyApplied(target, before, after);
    if (applied === undefined) return;
    const { device, was, is } = applied;
    if (was !== undefined && was.uid === is.uid && is.generation < was.generation) {
      scene.broken(`${by} takes applied of ${device} from ${was.generation} back to ${is.generation}`);
    }
    const read = scene.modelRead(by, device);
    if (read?.uid !== is.uid || read.generation !== is.generation) {
      scene.broken(`${by} says that ${device} has applied ${told(is)}; its model was of ${told(read)}`);
    }
    if (scene.switches.get(device)?.armed === true) {
      scene.broken(`${by} says that ${device} has applied ${told(is)}; it still waits for a confirm`);
    }
    // A push that had nothing to change: what is shown is that newer ledger, too.
    const shown = scene.switches.get(device);
    if (shown !== undefined && (shown.version === undefined || isOlder(shown.version, is, scene)))
      shown.version = is;
  },
  always(name, scene) {
    const target = scene.switches.get(name);
    const applied = scene.record.device(name)?.status?.applied;
    if (target === undefined || target.disturbed || applied === undefined || target.version === undefined)
      return;
    if (isOlder(target.version, applied, scene)) {
      scene.broken(`${name} shows ledger ${told(target.version)}, applied is ${told(applied)}`);
    }
  },
};

/** The `applied` that a write of a Device's status changes. */
export function newlyApplied(
  target: Write['target'],
  before: KubeObject | undefined,
  after: KubeObject | undefined,
): { device: string; was: Applied | undefined; is: Applied } | undefined {
  if (target.plural !== 'devices' || target.subresource !== 'status' || after === undefined) return undefined;
  const [was, is] = [before as Device | undefined, after as Device].map((device) => device?.status?.applied);
  // Clocks differ: two may give the same time.
  const isSame = is?.at === was?.at && is?.uid === was?.uid && is?.generation === was?.generation;
  if (is === undefined || isSame) return undefined;
  return { device: after.metadata.name, was, is };
}

/** Ledgers of a Device that was made later are newer, whatever their generation. */
function isOlder(a: LedgerVersion | undefined, b: LedgerVersion, { record }: Scene): boolean {
  if (a === undefined) return false;
  const ages = record.age(a.uid) - record.age(b.uid);
  return ages === 0 ? a.generation < b.generation : ages < 0;
}

function told(version: LedgerVersion | undefined): string {
  return version === undefined ? 'nothing known' : `${version.uid}@${version.generation}`;
}
