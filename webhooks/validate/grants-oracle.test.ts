import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Grant, Tenant } from '../../crds/types.gen.ts';
import { grantDenials } from '../../lib/grants/denials.ts';
import { grantBook } from '../../lib/grants/grant-book.ts';
import { readTenant } from '../../lib/grants/read-tenant.ts';
import { BUILT_IN_DEFAULTS, resolveRequest } from '../../lib/ports/resolve.ts';
import type { Settings } from '../../lib/ports/resolve.ts';
import { expandPort } from '../../lib/ports/range.ts';
import { expandVlans } from '../../lib/ports/vlan.ts';
import { loadPolicy } from '../policy/policy.ts';
import { readKnownDevices } from '../sources/known-devices.ts';
import { readDecision } from './decision.ts';
import type { Facts } from './facts.ts';
import { policyInput } from './policy-input.ts';

const policy = await loadPolicy();
const DEVICE = {
  ...{ platform: 'eos', ports: '1-6', uplinks: '', reserved: '', reservedVlans: '' },
  ...{ unused: 'parked', mode: 'enforce', adopt: true },
};
const known = readKnownDevices(
  JSON.stringify({ devices: { leaf1: { ...DEVICE, groups: ['x'] }, leaf2: { ...DEVICE, groups: [] } } }),
);

const PORTS = ['1', '2', '3', '4', '5', '6'];
const vlan = fc.integer({ min: 1, max: 6 });
const items = fc.uniqueArray(
  fc.oneof(
    vlan,
    vlan.map((id) => `${id}-${id + 2}`),
  ),
  { minLength: 1, maxLength: 3 },
);
const grant: fc.Arbitrary<Grant> = fc.record(
  {
    devices: fc.subarray(['Leaf1', 'leaf[2-3]', 'leaf[1-9]']),
    groups: fc.subarray(['x']),
    ports: fc.oneof(items, fc.constant<string[]>(['*'])),
    vlans: items,
    trunk: fc.boolean(),
    shared: fc.boolean(),
  },
  { requiredKeys: ['ports', 'vlans'] },
);
const spec = fc.record(
  { grants: fc.array(grant, { maxLength: 3 }), maxPorts: fc.integer({ min: 0, max: 12 }) },
  { requiredKeys: [] },
);
const tenants = fc
  .tuple(fc.option(spec), fc.option(spec), fc.option(spec))
  .map((specs) =>
    specs.flatMap((one, index) => (one === null ? [] : [{ name: `tenant-${'abc'[index]}`, spec: one }])),
  );
const wanted: fc.Arbitrary<Settings> = fc
  .record({ vlan, trunk: fc.boolean(), nativeVlan: fc.option(vlan), more: fc.option(vlan) })
  .map(({ vlan: id, trunk, nativeVlan, more }) => ({
    ...{ vlan: id, trunk, shutdown: true, stp: 'portfast' as const, description: 'x' },
    ...(trunk && nativeVlan !== null && { nativeVlan }),
    ...(trunk && more !== null && { vlans: more === 6 ? '6' : `${more}-6` }),
  }));
const service = fc.record({ device: fc.constantFrom('leaf1', 'Leaf2'), settings: wanted });
const request = fc.record({
  /** Each port in one service at most: conflicting settings are another check's business. */
  services: fc.array(service, { minLength: 1, maxLength: 3 }),
  ports: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 6, maxLength: 6 }),
  held: fc.array(fc.option(wanted), { minLength: 12, maxLength: 12 }),
  counted: fc.record({ after: fc.integer({ min: 0, max: 14 }), added: fc.integer({ min: 0, max: 6 }) }),
  requireTenant: fc.boolean(),
});

/** What somebody would work out by hand: every VLAN on every port for itself. */
function byHand(
  all: readonly { name: string; spec: Tenant['spec'] }[],
  device: 'leaf1' | 'leaf2',
  port: string,
  settings: Settings,
  held: Settings | undefined,
): string[] {
  const vlans = (list: readonly (string | number)[]) => expandVlans(list) as number[];
  const asked = (one: Settings) =>
    vlans([
      one.vlan,
      ...(one.nativeVlan === undefined ? [] : [one.nativeVlan]),
      ...(one.vlans?.split(',') ?? []),
    ]);
  const onDevice = (name: string) =>
    (all.find((one) => one.name === name)?.spec.grants ?? []).filter(
      ({ devices = [], groups = [] }) =>
        devices.some(
          (item) => item === 'leaf[1-9]' || (item === 'Leaf1' ? device === 'leaf1' : device === 'leaf2'),
        ) ||
        (groups.length > 0 && device === 'leaf1'),
    );
  const mine = onDevice('tenant-a');
  const disputed = (id: number) =>
    all.some(
      ({ name }) =>
        name !== 'tenant-a' &&
        onDevice(name).some((other) => vlans(other.vlans).includes(id)) &&
        mine.some((own) => vlans(own.vlans).includes(id)) &&
        [...mine, ...onDevice(name)].some((one) => vlans(one.vlans).includes(id) && one.shared !== true),
    );
  const covering = mine.filter(({ ports }) =>
    ports.some((item) => item === '*' || (expandPort(item) as string[]).includes(port)),
  );
  const same = held !== undefined && held.trunk === settings.trunk;
  const added = asked(settings).filter((id) => !(same && asked(held).includes(id)));
  if (same && added.length === 0) return [];
  if (covering.length === 0) return [`PortNotPermitted ${device} ${port}`];
  const usable = covering.filter(({ trunk }) => !settings.trunk || trunk === true);
  if (usable.length === 0) return [`TrunkNotPermitted ${device} ${port}`];
  return added
    .filter((id) => disputed(id) || !usable.some((one) => vlans(one.vlans).includes(id)))
    .map((id) => `VLAN ${id} ${device}`);
}

test('S-17 S-18 the policy, the interface-watcher’s check and an account by hand agree on what is denied', () => {
  let [permitted, refused] = [0, 0];
  fc.assert(
    fc.property(tenants, request, (all, { services, ports, held, counted, requireTenant }) => {
      const listed = services.map(({ device, settings }, index) => ({
        ...settings,
        devicename: device,
        ports: PORTS.filter((_, port) => ports[port] === index),
        ...(settings.vlans !== undefined && { vlans: settings.vlans.split(',') }),
      }));
      const stored = { services: listed.filter(({ ports: its }) => its.length > 0) };
      const resolution = resolveRequest(stored as never, 'x', BUILT_IN_DEFAULTS);
      if (!('request' in resolution) || stored.services.length === 0) return;
      const resolved = resolution.request;
      const read = all.map((one) => readTenant({ metadata: { name: one.name }, spec: one.spec }));
      const book = grantBook(
        read.flatMap((one) => one ?? []),
        known,
      );
      const heldOn = (device: string, port: string) =>
        held[(device === 'leaf1' ? 0 : 6) + Number(port) - 1] ?? undefined;
      const facts: Facts = {
        device: (name) => known.get(name),
        holder: () => undefined,
        unreachable: () => false,
        grants: () => book,
        held: heldOn,
        portsAfter: () => counted,
      };
      const about = {
        operation: 'UPDATE',
        namespace: 'tenant-a',
        name: 'x',
        uid: 'u',
        user: 'ann',
        dryRun: false,
      };
      const input = policyInput(about, stored as never, resolved, facts, {
        hideOwners: false,
        requireTenant,
      });
      const decision = readDecision(policy.evaluate(input));
      const denials = decision.allow ? [] : decision.denials;

      const ids = (text: string) => {
        const found = [...text.matchAll(/VLAN ([0-9,-]+)/g)].flatMap(([, list = '']) => list.split(','));
        return expandVlans(found) as number[];
      };
      const told = (denial: {
        reason: string;
        message: string;
        device?: string;
        port?: string;
      }): string[] => {
        const device = denial.device?.toLowerCase();
        if (denial.reason === 'VlanNotPermitted')
          return ids(denial.message).map((id) => `VLAN ${id} ${device}`);
        return [denial.port === undefined ? denial.reason : `${denial.reason} ${device} ${denial.port}`];
      };
      const byPolicy = [...new Set(denials.flatMap(told))].sort();
      const checked = grantDenials(book, {
        ...{ namespace: 'tenant-a', request: resolved, requireTenant },
        ...{ held: heldOn, ports: () => counted },
      });
      const byWatcher = [...new Set(checked.flatMap(told))].sort();

      const tenant = all.find(({ name }) => name === 'tenant-a');
      const expected =
        tenant === undefined
          ? requireTenant
            ? ['TenantRequired']
            : []
          : [...resolved.devices].flatMap(([device, its]) =>
              [...its.ports].flatMap(([port, settings]) =>
                byHand(all, device as 'leaf1', port, settings, heldOn(device, port)),
              ),
            );
      const max = tenant?.spec.maxPorts ?? Infinity;
      if (counted.added > 0 && counted.after > max) expected.push('PortLimitExceeded');
      const wantedDenials = [...new Set(expected)].sort();

      assert.deepEqual(byPolicy, wantedDenials);
      assert.deepEqual(byWatcher, wantedDenials);
      if (wantedDenials.length === 0) permitted += 1;
      else refused += 1;
    }),
    { numRuns: 600 },
  );
  assert.ok(permitted > 50 && refused > 50, `${permitted} permitted, ${refused} refused`);
});
