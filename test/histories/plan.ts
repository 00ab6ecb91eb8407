import fc from 'fast-check';
import type { Service } from '../../crds/types.gen.ts';
import { TENANTS } from './parts/platform.ts';
import { DEVICE_NAMES } from './parts/settings.ts';
import type { DeviceName, Mode } from './parts/settings.ts';
import { BROKEN_VLAN, REFUSED_VLAN } from './parts/switch.ts';
import type { Role } from './world/process.ts';
import type { Trap } from './world/world.ts';
import type { Scenario } from './scenarios.ts';

export const REQUEST_NAMES = ['r1', 'r2', 'r3'] as const;

/** One thing that somebody does, or that befalls a process. */
export type Act =
  | { do: 'apply'; tenant: string; name: string; ports: number; vlan: number; past: boolean }
  | { do: 'delete' | 'strip'; tenant: string; name: string }
  | { do: 'delete namespace'; tenant: string }
  | { do: 'pause' | 'wake' | 'catch up' | 'kill'; role: Role; which: number }
  /** Without a kind: all its watches. */
  | { do: 'lag'; role: Role; which: number; kind?: string | undefined }
  | { do: 'resume' }
  | { do: 'trap'; trap: Trap }
  | { do: 'pass'; seconds: number }
  | { do: 'lose' | 'lose lease' | 'reboot' | 'cut' | 'edit' | 'ask'; device: DeviceName }
  | { do: 'give up node'; which: number }
  | { do: 'base model'; variant: number }
  | { do: 'mode'; device: DeviceName; mode: Mode | 'out' }
  | { do: 'nothing' };

/** An act, and how the world goes on afterwards. */
export interface Command {
  act: Act;
  /** Calls that happen before the next command. */
  steps: number;
  /** 0: in the order of asking; else the seed of a random one. */
  order: number;
}

export interface Plan {
  /** Clocks differ by up to so many milliseconds. */
  skew: number;
  /** Nothing is installed yet. */
  fresh: boolean;
  commands: Command[];
}

/** What requests list. A device in other letters of case, and a port with a zero, are the same device and no port. */
const LISTS: readonly Readonly<Record<string, readonly string[]>>[] = [
  { d1: ['1'] },
  { d1: ['1-2'] },
  { d1: ['1'], d2: ['1'] },
  { d2: ['1-2'] },
  { d1: ['2'], d2: ['2'] },
  { D1: ['2-3'], d2: ['1'] },
  { d1: ['3'] },
  { d1: ['2'] },
  { d1: ['1-3'] },
  { d1: ['01'] },
];
const VLANS = [10, 20, 30, REFUSED_VLAN, BROKEN_VLAN] as const;

const MODES = ['enforce', 'alert', 'pause', 'out'] as const;

/** `spec.services` of a request. */
export function servicesOf(ports: number, vlan: number): Service[] {
  const list = LISTS[ports] ?? {};
  return Object.entries(list).map(([devicename, names]) => ({
    devicename,
    ports: [...names],
    vlan: VLANS[vlan] ?? 10,
    shutdown: false,
  }));
}

/** What befalls whoever steps into a trap. */
const FATES: readonly Trap['fate'][] = [
  ...(['pause', 'pause', 'pause', 'die before', 'die after', 'die after'] as const),
  ...(['conflict', 'turned away', 'fails', 'fails, but applied', 'lost', 'answer lost', 'late'] as const),
];

const which = fc.nat({ max: 2 });

function acts(scenario: Scenario): fc.Arbitrary<Act> {
  const name = fc.constantFrom(...REQUEST_NAMES.slice(0, scenario.requests));
  const tenant = fc.constantFrom(...TENANTS.slice(0, scenario.tenants ?? TENANTS.length));
  const role = fc.constantFrom<Role>(...scenario.troubled);
  const device = fc.constantFrom<DeviceName>(...(scenario.devices ?? DEVICE_NAMES));
  // The first lists are the plain ones: most requests meet on few ports.
  const ports =
    scenario.lists === undefined
      ? fc.oneof(fc.nat({ max: 4 }), fc.nat({ max: LISTS.length - 1 }))
      : fc.constantFrom(...scenario.lists);
  const anyVlan = fc.oneof(
    { weight: scenario.badVlans ? 2 : 9, arbitrary: fc.nat({ max: 2 }) },
    { weight: 1, arbitrary: fc.nat({ max: VLANS.length - 1 }) },
  );
  const vlan = scenario.vlans === undefined ? anyVlan : fc.constantFrom(...scenario.vlans);
  const nothing = fc.constant<Act>({ do: 'nothing' });
  const trap =
    scenario.traps.length === 0
      ? nothing
      : fc
          .tuple(fc.constantFrom(...scenario.traps), fc.constantFrom(...(scenario.fates ?? FATES)))
          .map(([{ role, kind }, fate]): Act => ({ do: 'trap', trap: { role, kind, fate } }));
  const all: { [kind in Act['do']]: fc.Arbitrary<Act> } = {
    apply: fc.record({ do: fc.constant('apply'), tenant, name, ports, vlan, past: fc.boolean() }),
    delete: fc.record({ do: fc.constant('delete'), tenant, name }),
    strip: fc.record({ do: fc.constant('strip'), tenant, name }),
    'delete namespace': fc.record({ do: fc.constant('delete namespace'), tenant }),
    pause: fc.record({ do: fc.constant('pause'), role, which }),
    wake: fc.record({ do: fc.constant('wake'), role, which }),
    lag: fc.record({
      do: fc.constant('lag'),
      role,
      which,
      kind: fc.constantFrom(...(scenario.lags ?? [undefined])),
    }),
    'catch up': fc.record({ do: fc.constant('catch up'), role, which }),
    kill: fc.record({ do: fc.constant('kill'), role, which }),
    resume: fc.constant({ do: 'resume' }),
    trap,
    pass: fc.record({
      do: fc.constant('pass'),
      seconds: fc.constantFrom(...(scenario.passes ?? [1, 6, 11, 16, 30, 61, 185])),
    }),
    lose: fc.record({ do: fc.constant('lose'), device }),
    'lose lease': fc.record({ do: fc.constant('lose lease'), device }),
    reboot: fc.record({ do: fc.constant('reboot'), device }),
    cut: fc.record({ do: fc.constant('cut'), device }),
    edit: fc.record({ do: fc.constant('edit'), device }),
    ask: fc.record({ do: fc.constant('ask'), device }),
    'give up node': fc.record({ do: fc.constant('give up node'), which }),
    'base model': fc.record({ do: fc.constant('base model'), variant: fc.nat({ max: 2 }) }),
    mode: fc.record({
      do: fc.constant('mode'),
      device,
      mode: fc.constantFrom<Mode | 'out'>(...(scenario.modes ?? MODES)),
    }),
    nothing,
  };
  const weighted = Object.entries(scenario.weights).map(([kind, weight]) => ({
    weight,
    arbitrary: all[kind as Act['do']],
  }));
  return fc.oneof(...weighted);
}

/** Plans of a scenario. They shrink to few commands, each as plain as it can be. */
export function plans(scenario: Scenario): fc.Arbitrary<Plan> {
  const parts = (scenario.parts ?? [scenario]).map((part) => commandsOf({ ...scenario, ...part }));
  return fc.record({
    skew: fc.constantFrom(0, 0, 50, 5_000, 120_000),
    fresh: fc.oneof({ weight: 19, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
    commands: fc.tuple(...parts).map((commands) => commands.flat()),
  });
}

function commandsOf(part: Scenario): fc.Arbitrary<Command[]> {
  const command = fc.record({
    act: acts(part),
    steps:
      part.least === undefined
        ? fc.oneof(fc.nat({ max: 8 }), fc.nat({ max: part.steps }))
        : fc.integer({ min: part.least, max: part.steps }),
    order: fc.oneof(fc.constant(0), fc.nat({ max: 1_000_000 })),
  });
  return fc.array(command, { minLength: 1, maxLength: part.commands, size: 'max' });
}
