import type { Device, Interface } from '../../../crds/types.gen.ts';
import { ownClaims, parseEntry } from '../../../lib/ledger/entry.ts';
import { requestFacts } from '../../../lib/ledger/request.ts';
import type { Property, Scene } from './property.ts';

const NAME = '(b) R4: a claim is active only while all ports of its generation are held';

/** A generation counts once all its ports are held, and a claim turns active only then. */
export const allOrNothing: Property = {
  name: NAME,
  onWrite({ target, before, after }, scene) {
    if (after === undefined) return;
    if (target.plural === 'interfaces') onAccept(before as Interface | undefined, after as Interface, scene);
    if (target.plural !== 'devices' || target.subresource !== undefined) return;
    for (const { uid, generation, timestamp, where } of activated(
      before as Device | undefined,
      after as Device,
    )) {
      const accepted = scene.record.accepted.get(`${uid}@${generation}`);
      if (accepted === undefined)
        scene.broken(`${uid}@${generation} turns active on ${where} and was never accepted`);
      else if (accepted !== timestamp)
        scene.broken(`${where}: active since ${timestamp}, accepted ${accepted}`);
      if (!counts(uid, generation, scene)) continue;
      const missing = unheld(uid, generation, scene, after as Device);
      if (missing !== undefined)
        scene.broken(`${uid}@${generation} turns active on ${where} without ${missing}`);
    }
  },
};

/** What was accepted is held, as long as it counts. */
export const acceptedIsHeld: Property = {
  name: '(b) R4: all ports of an accepted generation are held',
  always(_device, scene) {
    for (const request of scene.record.requests()) {
      const { uid, accepted, namespace, name } = requestFacts(request);
      if (accepted === undefined || !counts(uid, accepted.generation, scene)) continue;
      const missing = unheld(uid, accepted.generation, scene);
      if (missing !== undefined)
        scene.broken(`${namespace}/${name} (${uid}@${accepted.generation}) lacks ${missing}`);
    }
  },
};

function onAccept(before: Interface | undefined, after: Interface, scene: Scene): void {
  const { uid, accepted, guarded } = requestFacts(after);
  const was = before === undefined ? undefined : requestFacts(before).accepted;
  if (accepted === undefined || was?.generation === accepted.generation) return;
  if (!guarded) scene.broken(`${uid}@${accepted.generation} is accepted without the finalizer`);
  if (was !== undefined && was.generation > accepted.generation) {
    scene.broken(`${uid}: generation ${accepted.generation} is accepted after ${was.generation}`);
  }
  const missing = unheld(uid, accepted.generation, scene);
  if (missing !== undefined) scene.broken(`${uid}@${accepted.generation} is accepted without ${missing}`);
}

/** Whether the generation is what the request stands for: not gone, not superseded, not cost by a lost Device. */
function counts(uid: string, generation: number, { record }: Scene): boolean {
  const request = record.request(uid);
  if (request === undefined || record.lossy.has(uid)) return false;
  const { deleting, accepted } = requestFacts(request);
  return !deleting && accepted?.generation === generation;
}

/** The first port of the generation that is not held. */
function unheld(uid: string, generation: number, { record }: Scene, written?: Device): string | undefined {
  const missing = record.listed(uid, generation)?.find(({ device: name, port }) => {
    // R10: a ledger that is not whole tells nothing; the rebuild brings it back.
    if (record.isIncomplete(name)) return false;
    const device = written?.metadata.name === name ? written : record.device(name);
    const entry = device?.spec[port];
    if (entry === undefined) return true;
    const { active, reserved } = ownClaims(parseEntry(port, entry), uid);
    return ![...active, ...reserved].some((claim) => claim.generation === generation);
  });
  return missing === undefined ? undefined : `${missing.port}@${missing.device}`;
}

function activated(before: Device | undefined, after: Device) {
  return Object.entries(after.spec).flatMap(([port, entry]) => {
    const old = before?.spec[port];
    const was = old === undefined ? [] : parseEntry(port, old).active;
    return parseEntry(port, entry)
      .active.filter(
        (claim) => !was.some(({ uid, generation }) => uid === claim.uid && generation === claim.generation),
      )
      .map(({ uid, generation, timestamp }) => ({
        ...{ uid, generation, timestamp },
        where: `${port}@${after.metadata.name}`,
      }));
  });
}
