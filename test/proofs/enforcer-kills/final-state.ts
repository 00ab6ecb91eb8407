import { isDeepStrictEqual } from 'node:util';
import { dueRequests, hasReleases } from '../../../lib/ledger/due.ts';
import { NAMESPACE } from './platform.ts';
import type { Stand } from './stand.ts';

/** What must hold once an enforcer was left alone: switch, startup-config, status, Lease. */
export async function checkFinalState(stand: Stand, where: string): Promise<void> {
  const { sim, story, witness, platform, name } = stand;
  const device = await stand.read();
  const { status, metadata } = device;
  witness.look(where);
  witness.nothingLeft(where);
  witness.readStatus(device, where);
  const expect = (what: string, is: unknown, should: unknown): void => {
    if (isDeepStrictEqual(is, should)) return;
    story.broken(`${where}: ${what} is ${brief(is)}, should be ${brief(should)}`);
  };
  expect('running configuration', sim.runningConfig(), stand.expected());
  expect('startup-config', sim.startupConfig().trimEnd(), stand.expected());
  expect('applied', pick(status?.applied, ['uid', 'generation', 'serial', 'saved']), {
    uid: metadata.uid,
    generation: metadata.generation,
    serial: sim.device.serial,
    saved: true,
  });
  expect('attempted.generation', status?.attempted?.generation, metadata.generation);
  expect('a good outcome', ['applied', 'unchanged'].includes(status?.attempted?.outcome ?? ''), true);
  const shown = Object.fromEntries(
    stand.requests().flatMap((request) => {
      const { uid, namespace, name: owner, generation, vlan, trunk, shutdown, stp, timestamp } = request;
      const claim = {
        uid,
        namespace,
        owner,
        generation,
        vlan,
        trunk,
        shutdown,
        stp,
        timestamp,
        description: owner,
      };
      return request.ports.map((port) => [String(port), claim]);
    }),
  );
  expect('confirmed', status?.confirmed, shown);
  expect(
    'requests due',
    dueRequests(device.spec, device).map(({ owner }) => owner),
    [],
  );
  expect('releases due', hasReleases(device), false);
  for (const type of ['Reachable', 'InSync', 'Saved']) {
    expect(type, status?.conditions?.find((condition) => condition.type === type)?.status, 'True');
  }
  const lease = await platform.api.leases.get({ namespace: NAMESPACE, name: `enforce-${name}` });
  expect('holder of the Lease', lease.spec?.holderIdentity ?? '', '');
}

function pick<T extends object>(from: T | undefined, keys: readonly (keyof T)[]): Partial<T> {
  const picked: Partial<T> = {};
  for (const key of keys) if (from?.[key] !== undefined) picked[key] = from[key];
  return picked;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'absent';
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}
