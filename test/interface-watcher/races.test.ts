import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import type { Interface } from '../../crds/types.gen.ts';
import { apiServer } from '../support/api-server.ts';
import { conditionOf, owners, startLab } from './lab.ts';

const HOSTS = `
devicea: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-48"}}}
deviceb: {hostname: 192.0.2.2, platform: eos, data: {naas: {ports: "1-48"}}}
`;
/** Rounds of S-22; its full 1,000 are for a quiet machine. */
const ROUNDS = Number(process.env['NAAS_RACE_ROUNDS'] ?? 50);

const lab = await startLab(await apiServer());
await lab.namespace('tenant-a');
await lab.namespace('tenant-b');
await lab.inventory(HOSTS);
// R7: two that both believe to lead.
await lab.watcher();
await lab.watcher();

afterEach(() => lab.clear());

function isDecided(request: Interface | undefined): boolean {
  const accepted = conditionOf(request, 'Accepted');
  return (
    accepted !== undefined &&
    accepted.status !== 'Unknown' &&
    accepted.observedGeneration === request?.metadata.generation
  );
}

test(`S-22 of two tenants that apply the same ports at once exactly one gets them, ${ROUNDS} times`, async () => {
  const wins = { 'tenant-a': 0, 'tenant-b': 0 };
  const tenants = ['tenant-a', 'tenant-b'] as const;
  for (let round = 0; round < ROUNDS; round++) {
    const name = `race-${round}`;
    const listed = { 'tenant-a': ['devicea', 'deviceb'], 'tenant-b': ['deviceb', 'devicea'] };
    await Promise.all(
      tenants.map((tenant) =>
        lab.apply(
          tenant,
          name,
          listed[tenant].map((devicename) => ({ devicename, ports: ['1-4'], vlan: 10 })),
        ),
      ),
    );
    const seen = (): (Interface | undefined)[] => tenants.map((tenant) => lab.seen(tenant, name));
    await lab.untilAny(`race ${round}: one accepted and one refused`, () => {
      const states = seen().map((request) => isDecided(request) && conditionOf(request, 'Accepted')?.status);
      return states.includes('True') && states.includes('False');
    });
    const decided = seen();
    const accepted = tenants.filter((_, index) => conditionOf(decided[index], 'Accepted')?.status === 'True');
    assert.equal(accepted.length, 1, JSON.stringify(decided.map((request) => request?.status)));
    const [winner] = accepted;
    assert.ok(winner);
    wins[winner]++;
    for (const device of ['devicea', 'deviceb']) {
      const holders = new Set(Object.values(owners(await lab.device(device))));
      assert.deepEqual([...holders], [`${winner}/${name}`]);
    }
    await lab.clear();
  }
  console.log(`wins: ${JSON.stringify(wins)}`);
});

test('many requests on one device at once are all accepted', async () => {
  const names = Array.from({ length: 24 }, (_, index) => `many-${index}`);
  await Promise.all(
    names.map((name, index) =>
      lab.apply(index % 2 === 0 ? 'tenant-a' : 'tenant-b', name, [
        { devicename: 'devicea', ports: [index + 1], vlan: 10 },
        { devicename: 'deviceb', ports: [index + 1], vlan: 10 },
      ]),
    ),
  );
  await Promise.all(
    names.map((name, index) =>
      lab.untilCondition(index % 2 === 0 ? 'tenant-a' : 'tenant-b', name, 'Accepted', 'Accepted'),
    ),
  );
  assert.equal(Object.keys((await lab.device('devicea'))?.spec ?? {}).length, names.length);
});
