/** What happens in a round, drawn from a seed: who asks for what, and what befalls the services meanwhile. */
import { seeded, type Random } from '../enforcer-kills/random.ts';

/** A port of a switch: `3@devicea`. */
export type PortKey = `${string}@${string}`;

/** What one request asks for, the same on all its ports. */
export interface Wish {
  /** Description on the switch; no other wish of the experiment has it. */
  readonly tag: string;
  readonly vlan: number;
  readonly ports: readonly PortKey[];
}

/** `move` changes the request in place; `again` deletes it, waits until it is gone, and creates it anew. */
export type Action =
  | { readonly kind: 'ask' | 'move' | 'again'; readonly name: string; readonly wish: Wish }
  | { readonly kind: 'drop'; readonly name: string };

export interface ClientPlan {
  readonly client: number;
  readonly tenant: string;
  /** Comes when what the others asked for is decided; those others race each other past admission. */
  readonly late: boolean;
  readonly actions: readonly Action[];
}

/** How an answer of the API server fails: refused, or the connection ends before or after it was done. */
export type Failure = 429 | 500 | 'unheard' | 'lost' | 'hangs';

/** `after` so many calls of clients in the round: the order is planned, not the time. */
export type Disturbance = { readonly after: number; readonly target: string } & (
  | { readonly kind: 'kill'; /** Its Lease need not run out. */ readonly free: boolean }
  | { readonly kind: 'stop'; readonly forMs: number }
  | { readonly kind: 'cut' }
  | { readonly kind: 'stale'; readonly forMs: number }
  | { readonly kind: 'errors'; readonly failure: Failure; readonly times: number }
  /** The leader sleeps until another has its Lease, and wakes up believing that it leads. */
  | { readonly kind: 'depose' }
);

export interface RoundPlan {
  readonly number: number;
  /** Every replica leads, as if there were no Leases (R7). */
  readonly allLead: boolean;
  /**
   * No enforcer starts until all clients are done: one push then carries what the whole round changed. Else pushes
   * and changes overtake each other.
   */
  readonly pushesWait: boolean;
  /** Namespaces that fight. */
  readonly tenants: readonly string[];
  readonly clients: readonly ClientPlan[];
  readonly disturbances: readonly Disturbance[];
}

export interface PlanOptions {
  readonly seed: number;
  readonly rounds: number;
  readonly clients: number;
  /** Tenants of the first half of the rounds, and of the second. */
  readonly tenants: readonly [number, number];
}

export const DEVICES = ['devicea', 'deviceb'] as const;
/** Ports that are fought for, on each switch. */
const FOUGHT = 4;
/** First ports of the grounds that rounds move between. */
const GROUNDS = [1, 9, 17, 25, 33, 41] as const;
/** One of so many clients is not late. */
const RUSH = 4;
/** Rounds in a row in which the Leases decide, and in which everybody leads; fewer where there are few. */
const REGIME_ROUNDS = 10;
const ELECTED = ['interface-watcher', 'device-watcher', 'scheduler'] as const;
export const REPLICATED = ['webhooks', ...ELECTED] as const;
/** One of so many rounds does not let pushes wait: each costs as much as ten requests. */
const FREE_PUSHES = 4;
/** Services of which two run, and the one that stands for the kubelet. `enforcer`: whichever runs. */
const MORTAL = [...REPLICATED.flatMap((name) => [name, `${name}-2`]), 'node-agent', 'enforcer'];
/** Who talks to the API server through a proxy of its own. */
const PROXIED = REPLICATED.flatMap((name) => [name, `${name}-2`]);

/** `duel-1` and `duel-2`, or `crowd10-1` to `crowd10-10`: no two numbers share a tenant. */
export function tenantNames(count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `${count === 2 ? 'duel' : `crowd${count}`}-${index + 1}`,
  );
}

/** What the tags of a round's wishes begin with. */
export const tagsOf = (round: number): string => `r${round}-`;

/** The plan of one round; depends on nothing but the options and the number, from 0. */
export function planRound(options: PlanOptions, number: number): RoundPlan {
  const random = seeded(options.seed * 100_003 + number);
  const pushesWait = number % FREE_PUSHES !== 0;
  const tenants = tenantNames(options.tenants[number * 2 < options.rounds ? 0 : 1]);
  const first = random.pick(GROUNDS);
  const ground = DEVICES.flatMap((device) =>
    Array.from({ length: FOUGHT }, (_, index): PortKey => `${first + index}@${device}`),
  );
  const clients = Array.from({ length: options.clients }, (_, client) => ({
    client,
    tenant: tenants[client % tenants.length] ?? '',
    late: (client + number) % RUSH !== 0,
    actions: actionsOf(random, ground, { number, client, pushesWait }),
  }));
  const regime = Math.max(1, Math.min(REGIME_ROUNDS, Math.floor(options.rounds / 4)));
  const allLead = Math.floor(number / regime) % 2 === 1;
  return {
    number,
    allLead,
    pushesWait,
    tenants,
    clients,
    disturbances: disturbancesOf(random, options.clients, allLead),
  };
}

/** Two names for each client: a new request may come while the switch still shows the one before. */
function actionsOf(
  random: Random,
  ground: readonly PortKey[],
  { number: round, client, pushesWait }: { number: number; client: number; pushesWait: boolean },
): Action[] {
  const [old, fresh] = round % 2 === 0 ? ['odd', 'even'] : ['even', 'odd'];
  const named = (name: string) => `client-${client}-${name}`;
  let wishes = 0;
  const wish = (): Wish => {
    wishes += 1;
    const count = 1 + random.below(2);
    const ports = new Set(Array.from({ length: count }, () => random.pick(ground)));
    return {
      tag: `${tagsOf(round)}c${client}-${wishes}`,
      vlan: 100 + ((round * 211 + client * 7 + wishes) % 3800),
      ports: [...ports],
    };
  };
  const drop: Action = { kind: 'drop', name: named(old ?? '') };
  const ask = (kind: 'ask' | 'move' | 'again', name = named(fresh ?? '')): Action => ({
    kind,
    name,
    wish: wish(),
  });
  const draw = random.below(20);
  if (draw < 10) return [drop, ask('ask')];
  if (draw < 13) return [drop, ask('ask'), ask('move')];
  if (draw < 15) return [ask('move', named(old ?? '')), drop, ask('ask')];
  if (draw < 17) return [drop, ask('ask'), { kind: 'drop', name: named(fresh ?? '') }];
  // Gone is what a switch has confirmed: that needs a push.
  if (draw < 18 && !pushesWait) return [ask('again', named(old ?? '')), drop];
  return [ask('ask'), drop, ask('move')];
}

function disturbancesOf(random: Random, clients: number, allLead: boolean): Disturbance[] {
  const count = random.pick([0, 1, 1, 2, 2, 3]);
  return Array.from({ length: count }, () => disturbance(random, random.below(clients * 2), allLead));
}

function disturbance(random: Random, after: number, allLead: boolean): Disturbance {
  const draw = random.below(100);
  if (draw < 30) return { kind: 'kill', after, target: random.pick(MORTAL), free: random.chance(0.95) };
  if (draw < 50) return { kind: 'stop', after, target: random.pick(MORTAL), forMs: 100 + random.below(900) };
  if (draw < 65) return { kind: 'cut', after, target: random.pick(PROXIED) };
  if (draw < 75)
    return { kind: 'stale', after, target: random.pick(PROXIED), forMs: 200 + random.below(800) };
  if (draw < 78 && !allLead) return { kind: 'depose', after, target: random.pick(ELECTED) };
  const failures: readonly Failure[] = [
    429,
    429,
    500,
    500,
    'unheard',
    'unheard',
    'lost',
    'lost',
    'lost',
    'lost',
  ];
  // A call that is never answered costs its whole timeout: few of them.
  const failure = random.chance(0.02) ? 'hangs' : random.pick(failures);
  const times = failure === 'hangs' ? 1 : 1 + random.below(6);
  return { kind: 'errors', after, target: random.pick(PROXIED), failure, times };
}

/** The same disturbance in words. */
export function toldDisturbance(disturbance: Disturbance): string {
  const { kind, target, after } = disturbance;
  if (kind === 'errors')
    return `${target}: ${disturbance.times} × ${disturbance.failure} after ${after} calls`;
  if (kind === 'stop' || kind === 'stale')
    return `${target}: ${kind} ${disturbance.forMs} ms after ${after} calls`;
  return `${target}: ${kind} after ${after} calls`;
}
