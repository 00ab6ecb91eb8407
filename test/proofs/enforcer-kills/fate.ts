import type { Random } from './random.ts';

/**
 * What befalls an enforcer at one of its steps:
 * - `kill`: it dies; its sockets close, nothing it began is ended
 * - `pause`: it is stopped, and goes on much later
 * - `cut`: the switch drops all connections, the enforcer lives on
 * - `reload`: the switch boots: sessions and what was not saved are gone, the enforcer lives on
 */
export type FateKind = 'kill' | 'pause' | 'cut' | 'reload';

/** One call of an enforcer to the switch or the API server. */
export interface Site {
  /** `switch.commit`, `api.leases.get` … */
  op: string;
  /** The n-th such call of this push, from 0. */
  nth: number;
  /** Step of the push, for the reader. */
  step: string;
}

export interface Fate {
  kind: FateKind;
  site: Site;
  /** Before the call leaves, while it is under way (after so many bytes to the switch), or done and not yet heard of. */
  when: 'before' | 'within' | 'after';
  bytes: number;
}

/** What the calls after a step of the journal are for. */
const AFTER: Readonly<Record<string, string>> = {
  start: 'connect',
  connect: 'before the Lease',
  lease: 'announce the epoch',
  read: 'read the running configuration',
  drift: 'drift check',
  render: 'before the load',
  load: 'before the commit',
  commit: 'between commit and verify',
  reconnect: 'before the confirm',
  confirm: 'after the confirm',
  status: 'before the release',
};
/** Calls that stand for themselves. */
const ITSELF: Readonly<Record<string, string>> = {
  'switch.save': 'save',
  'switch.print': 'diff',
  'switch.diff': 'diff',
};

/** @param step the journal's step that runs or has ended last */
export function stepOf(op: string, step: string, running: boolean): string {
  const own = ITSELF[op];
  if (own !== undefined) return own;
  if (running) return step;
  if (step === 'reconnect' && op === 'switch.runningConfig') return 'verify';
  return AFTER[step] ?? `after ${step}`;
}

/** Shares of the kinds: mostly kills. */
export const KINDS: readonly FateKind[] = [
  ...Array<FateKind>(14).fill('kill'),
  ...Array<FateKind>(3).fill('pause'),
  'cut',
  'reload',
];

export function drawFate(random: Random, sites: readonly Site[], kinds: readonly FateKind[] = KINDS): Fate {
  const kind = random.pick(kinds);
  // By step first: the short ones are to be met as often as the long ones.
  const step = random.pick([...new Set(sites.map((site) => site.step))]);
  const site = random.pick(sites.filter((one) => one.step === step));
  const toSwitch = site.op.startsWith('switch.');
  const when = random.pick<Fate['when']>(
    kind === 'kill' && toSwitch ? ['before', 'within', 'within', 'after'] : ['before', 'after'],
  );
  const bytes = site.op === 'switch.load' ? random.below(70_000) : random.below(300);
  return { kind, site, when, bytes };
}

export function toldFate({ kind, site, when, bytes }: Fate): string {
  const place = when === 'within' ? `${bytes} bytes into` : when;
  return `${kind} ${place} ${site.op}#${site.nth} (${site.step})`;
}
