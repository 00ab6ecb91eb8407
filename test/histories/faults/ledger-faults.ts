import type { Fault } from './fault.ts';

const REQUEST = 'services/interface-watcher/reconcile-request.ts';
const DEVICE = 'services/interface-watcher/reconcile-device.ts';
const SETTLE_CLAIMS = 'services/interface-watcher/settle-claims.ts';
const SETTLE = 'lib/ledger/settle.ts';
const RESERVE = 'lib/ledger/reserve.ts';
const RELEASE = 'lib/ledger/release.ts';

/** Faults of claims: R1 to R5, R8, R10 and the order of steps in which a request is reconciled. */
export const LEDGER_FAULTS: readonly Fault[] = [
  {
    name: 'no CAS',
    scenario: 'ownership',
    rule: 'R1',
    breaks: 'a Device is written over whatever stands there: its version is read again just before the write',
    story:
      'Two watchers reserve on one Device; the second writes what it had read before the first, so nothing new, or a claim is gone.',
    edits: [
      {
        file: REQUEST,
        find: '/** Writes the status if it changes, conditional on the last read. */',
        replace: `async function overwrite(world: World, device: Device): Promise<Device | undefined> {
  const stored = await world.getDevice(device.metadata.name);
  const resourceVersion = stored?.metadata.resourceVersion ?? '';
  return world.replaceDevice({ ...device, metadata: { ...device.metadata, resourceVersion } });
}

/** Writes the status if it changes, conditional on the last read. */`,
      },
      {
        file: REQUEST,
        find: 'current(await world.replaceDevice(reservation.write))',
        replace: 'current(await overwrite(world, reservation.write))',
      },
      {
        file: REQUEST,
        find: 'current(await look.world.replaceDevice(settled))',
        replace: 'current(await overwrite(look.world, settled))',
      },
    ],
  },
  {
    name: 'accept without CAS',
    scenario: 'ownership',
    rule: 'R1, R4',
    breaks: 'the acceptance is written over whatever the Interface says by then',
    story:
      'A request is accepted by two watchers, each with a timestamp of its own; the Device keeps the one that the Interface lost.',
    edits: [
      {
        file: REQUEST,
        find: 'look.request = current(await world.replaceInterfaceStatus({ ...request, status }));',
        replace: `const stored = await world.getInterface({
      namespace: request.metadata.namespace ?? '',
      name: request.metadata.name,
    });
    const resourceVersion = stored?.metadata.resourceVersion ?? '';
    const metadata = { ...request.metadata, resourceVersion };
    look.request = current(await world.replaceInterfaceStatus({ ...request, metadata, status }));`,
      },
    ],
  },
  {
    name: 'cached read in R3',
    scenario: 'return',
    rule: 'R3',
    breaks: 'claims are judged by Interfaces as a cache shows them',
    story:
      'A sees the Device but not yet the Interface: to it the claim is of nobody, and it removes what B has had accepted.',
    edits: [
      {
        file: 'services/interface-watcher/watcher.ts',
        find: 'return { world: options.wrap?.(world) ?? world, barrier };',
        replace: `const { getInterface } = caches;
    return { world: { ...(options.wrap?.(world) ?? world), getInterface }, barrier };`,
      },
    ],
  },
  {
    name: 'compare by name',
    scenario: 'return',
    rule: 'R3, R6',
    breaks: 'a claim counts for the request of its name, also when that is another one than made it',
    story:
      'r1 is deleted, stripped of its finalizer and made again before anybody looks: the claims of the first r1 stay for ever.',
    edits: [
      {
        file: SETTLE,
        find: 'if (request === undefined || request.uid !== uid || request.deleting)',
        replace: 'if (request === undefined || request.deleting)',
      },
    ],
  },
  {
    name: 'Interface read before Device',
    scenario: 'lost-reservations',
    // Met once in some 400 histories.
    seed: 500,
    rule: 'R3',
    breaks: 'claims are judged by what their Interface said before the Device was read',
    story:
      'B has read the Interface and stands still; a Device is lost, so the attempt goes up, A reserves anew and accepts; B takes the new reservations for old ones.',
    edits: [
      {
        file: SETTLE_CLAIMS,
        find: 'let latest = device;',
        replace: 'let latest = (device = (await world.getDevice(device.metadata.name)) ?? device);',
      },
      {
        file: REQUEST,
        find: 'const request = await world.getInterface({ namespace: facts.namespace, name: facts.name });',
        replace: 'const request: Interface | undefined = first;',
      },
    ],
  },
  {
    name: 'claim without reserve',
    scenario: 'ownership',
    rule: 'R4',
    breaks: 'ports are claimed for good device by device, before all of them are held and accepted',
    story: 'The first port turns active before any acceptance.',
    edits: [
      {
        file: RESERVE,
        find: 'if (settings === undefined || isReserved(settled.reserved, request)) return settled;',
        replace: `const timestamp = new Date(Date.UTC(2026, 0, 1)).toISOString();
    if (settings === undefined || settled.active.some((claim) => claim.generation === generation)) return settled;`,
      },
      {
        file: RESERVE,
        find: 'return { ...settled, reserved: [{ ...settings, owner, uid, generation, attempt }] };',
        replace: 'return { ...settled, active: [{ ...settings, owner, uid, generation, timestamp }] };',
      },
      {
        file: RESERVE,
        find: 'entry !== undefined && isReserved(ownClaims(parseEntry(port, entry), request.uid).reserved, request)',
        replace: `entry !== undefined &&
      ownClaims(parseEntry(port, entry), request.uid).active.some((own) => own.generation === request.generation)`,
      },
    ],
  },
  {
    name: 'drop without `attempt`',
    scenario: 'late-refusal',
    rule: 'step 4',
    breaks: 'a refused request drops its reservations, but its attempt stays the same',
    story:
      'A refuses r1 and stands still before it drops what it reserved; the reason goes, B accepts on those very reservations; A drops them.',
    edits: [
      {
        file: REQUEST,
        find: `await store(look, reserved ? { ...record, attempt: facts.attempt + 1 } : record, waitingFor);
  await settleOwn(look);`,
        replace: `await store(look, record, waitingFor);
  const claim = { ...look.request.status?.claim, attempt: facts.attempt + 1 };
  const dropped = { ...look.request, status: { ...look.request.status, claim } };
  await settleOwn(reserved ? { ...look, request: dropped } : look);`,
      },
    ],
  },
  {
    name: 'no look',
    scenario: 'meeting',
    rule: 'step 2',
    breaks:
      'ports are reserved device by device until a conflict is met, without a look at all of them first',
    story: 'A request that is refused on d2 reserves d1, drops it, is woken by that, and so on for ever.',
    edits: [
      {
        file: REQUEST,
        find: `      return device === undefined ? [] : conflicts(device, ports, facts.namespace);
    }),
  ];`,
        replace: `      return device === undefined ? [] : conflicts(device, ports, facts.namespace).slice(0, 0);
    }),
  ];`,
      },
      {
        file: REQUEST,
        find: 'const reservation = reserve(device, ports, facts);',
        replace: `const taken = conflicts(device, ports, facts.namespace);
    if (taken.length > 0) return refuse(look, taken);
    const reservation = reserve(device, ports, facts);`,
      },
    ],
  },
  {
    name: 'timestamp per device',
    scenario: 'ownership',
    rule: 'precedence, R4',
    breaks:
      'a generation gets its place among the claims when it comes to each device, not once when accepted',
    story: 'Two devices of one generation carry different timestamps.',
    edits: [
      {
        file: REQUEST,
        find: 'const settled = device === undefined ? undefined : settle(device, { namespace, uid }, look.request);',
        replace: `const claim = look.request.status?.claim;
      const accepted = claim?.accepted && { ...claim.accepted, timestamp: look.world.now() };
      const stamped = accepted && { ...look.request, status: { ...look.request.status, claim: { ...claim, accepted } } };
      const settled =
        device === undefined ? undefined : settle(device, { namespace, uid }, stamped ?? look.request);`,
      },
    ],
  },
  {
    name: 'no `since`',
    scenario: 'take-over',
    rule: 'R12',
    breaks:
      'a port counts as programmed when the same claim was confirmed there once, before others were on top',
    story:
      'r2 is on top of r1 and shown, but not told yet; r2 goes, r1 is on top again and counts as shown by its old confirm.',
    edits: [
      {
        file: 'lib/ledger/due.ts',
        find: 'sameClaim(top, confirmed) && isConfirmed(device, top.since)',
        replace: 'sameClaim(top, confirmed)',
      },
      {
        file: 'lib/ledger/due.ts',
        find: "import { isConfirmed, unconfirmedLeaving } from './leaving.ts';",
        replace: "import { unconfirmedLeaving } from './leaving.ts';",
      },
    ],
  },
  {
    name: 'no leaving',
    scenario: 'ownership',
    rule: 'R5',
    breaks: 'a claim that is removed is not noted as leaving',
    story: 'A claim is removed and nobody waits for the switch, which goes on showing it.',
    edits: [
      {
        file: 'lib/ledger/edit.ts',
        find: '...(left ? { [uid]: generation } : {}) };',
        replace: '...(left ? {} : {}) };',
      },
    ],
  },
  {
    name: 'finalizer unconfirmed',
    scenario: 'ownership',
    rule: 'R5',
    breaks: 'the finalizer goes when the ledger is free of the request, though the switch may show it still',
    story: 'r1 is gone, and the switch still shows it.',
    edits: [
      {
        file: RELEASE,
        find: 'return portsOf(device, uid).length === 0 && !isLeaving(device, uid);',
        replace: 'return portsOf(device, uid).length === 0;',
      },
    ],
  },
  {
    name: 'reads swapped',
    scenario: 'departure',
    rule: 'R5',
    breaks: 'the Devices are read before the GET that shows the deletion',
    story:
      'A reads d1 before r1 has claims there and stands still; B has r1 accepted, it is deleted; A goes on, sees the deletion, and lets r1 go with its claims.',
    edits: [
      {
        file: REQUEST,
        find: 'if (!isUnchanged(first, request)) throw new Changed();',
        replace: 'if (!requestFacts(request).deleting && !isUnchanged(first, request)) throw new Changed();',
      },
      {
        file: REQUEST,
        find: 'world.replaceInterface(unguard(first))',
        replace: 'world.replaceInterface(unguard(look.request))',
      },
      {
        file: REQUEST,
        find: 'const { world, first, inventory } = look;',
        replace: 'const { world, inventory } = look;',
      },
    ],
  },
  {
    name: 'a 404 dropped from `devices`',
    scenario: 'loss',
    rule: 'step 3, R10',
    breaks: 'a Device that is lost counts as one that shows nothing of the request',
    story: 'd1 is lost and dropped from `devices`; when it is back nobody knows that r1 had claims there.',
    edits: [
      {
        file: RELEASE,
        find: 'return request.devices.filter((name) => !isReleased(devices.get(name), request.uid));',
        replace: `return request.devices.filter(
    (name) => devices.get(name) !== undefined && !isReleased(devices.get(name), request.uid),
  );`,
      },
    ],
  },
  {
    name: 'rebuild without `attempt`+1',
    scenario: 'lost-reservations',
    rule: 'R10',
    breaks: 'a ledger is rebuilt while an acceptance may still rest on reservations that were lost with it',
    story:
      'A stands still before the accept; d2 is lost and made anew without the reservation; the accept passes.',
    edits: [
      {
        file: DEVICE,
        find: 'for (const request of await world.listInterfaces()) await dropReservations(world, request, name);',
        replace: '',
      },
    ],
  },
  {
    name: 'model ignored in the rebuild',
    scenario: 'loss',
    rule: 'R10',
    breaks: 'a request with a newer generation pending gets nothing back of its accepted one',
    story:
      'r1 has a newer generation pending when d1 is lost; the ports of its accepted one are not restored.',
    edits: [
      {
        file: DEVICE,
        find: 'const model = await world.getModel(name);',
        replace: 'const model = undefined;',
      },
    ],
  },
];
