import type { Confirmed, Drift, Ledger } from '../../crds/types.gen.ts';
import { candidate } from '../../lib/render/candidate.ts';
import { configHash } from './config-hash.ts';
import { changedSections, sections } from './config-sections.ts';
import { drift } from './drift.ts';
import type { Ground } from './ground.ts';
import { gate } from './fence/gate.ts';
import { sessionName } from './session-name.ts';

export interface DriftCheck {
  /** The running configuration differs from what was confirmed last. */
  drifted: boolean;
  /** A session was opened to find out. */
  asked: boolean;
  /** What to write to the status; undefined when it cannot be told. */
  drift: Drift | 'none' | undefined;
  message: string;
}

/**
 * Compares the running configuration with the last confirmed one: by hash, and when that differs by loading what was
 * confirmed into a session that is thrown away (the switch may print the same configuration in another way).
 */
export async function checkDrift(ground: Ground, running: string): Promise<DriftCheck> {
  const { snapshot, line, pushing, lease, platform, fence } = ground;
  const { driver } = pushing;
  const { applied, confirmed = {}, drift: known } = snapshot.device.status ?? {};
  if (applied === undefined)
    return { drifted: false, asked: false, drift: undefined, message: 'Nothing was confirmed yet' };
  if (applied.configHash === configHash(running))
    return { drifted: false, asked: false, drift: 'none', message: 'No drift' };

  // As it was confirmed, with ports that were released since: their removal is our own next step, no drift.
  const asConfirmed = candidate({
    platform,
    model: {},
    active: ledgerOf(confirmed),
    confirmed,
    include: new Set<string>(),
  });
  const cannotTell = (why: string): DriftCheck => ({
    drifted: true,
    asked: true,
    drift: undefined,
    message: `The running configuration is not the confirmed one; what changed cannot be told: ${why}`,
  });
  if (asConfirmed.failures.length > 0) return cannotTell('templates no longer render it');

  const session = sessionName(lease.epoch, asConfirmed.digest, 7);
  await gate(fence);
  await line.current.open(session);
  try {
    const problems = await line.current.load(asConfirmed.text);
    if (problems.length > 0) return cannotTell('the switch refuses it');
    if ((await line.current.diff(session)) === '') {
      return {
        drifted: false,
        asked: true,
        drift: 'none',
        message: 'Printed otherwise than before, but no drift',
      };
    }
    const print = await line.current.print(session);
    const changes = changedSections(sections(print, driver.standsFor), sections(running, driver.standsFor));
    const lines = asConfirmed.lines.map(({ text, owner }) => ({
      text,
      port: owner.kind === 'base' ? undefined : owner.port,
    }));
    const portOf = (header: string): string | undefined => driver.portOf(header);
    const found = drift(changes, lines, portOf, known, pushing.clock.now());
    if (found === undefined) return { drifted: false, asked: true, drift: 'none', message: 'No drift' };
    const template = applied.platform === platform.digest ? '' : ', or by the templates, which changed too';
    return {
      drifted: true,
      asked: true,
      drift: found,
      message: `Drift: changed by somebody else${template}`,
    };
  } finally {
    await line.current.abort(session);
  }
}

/** The confirmed claims as a ledger in which each of them still counts. */
function ledgerOf(confirmed: Confirmed): Ledger {
  return Object.fromEntries(
    Object.entries(confirmed).map(([port, { namespace, owner, uid, generation, timestamp, ...settings }]) => [
      port,
      {
        ...settings,
        annotations: {
          namespace,
          owner,
          uid,
          generation,
          timestamp: timestamp ?? new Date(0).toISOString(),
          since: 0,
        },
      },
    ]),
  );
}
