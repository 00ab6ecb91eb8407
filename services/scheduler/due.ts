import { REBUILDING_ANNOTATION } from '../../crds/names.ts';
import type { Attempted, Device, Held } from '../../crds/types.gen.ts';
import type { DueRequest } from '../../lib/ledger/due.ts';
import { dueRequests, hasReleases } from '../../lib/ledger/due.ts';
import { readLeaving } from '../../lib/ledger/leaving.ts';
import { compressPorts } from '../../lib/ports/range.ts';
import { backOff } from './back-off.ts';

const HOUR = 3_600_000;
/** Outcomes that another address, credential, host key or adoption in the inventory may end. */
const NOT_ENTERED: ReadonlySet<Attempted['outcome']> = new Set([
  'unreachable',
  'auth-failed',
  'host-key-unknown',
  'not-adopted',
]);

/** Everything the decision depends on. Times are milliseconds since 1970. */
export interface DueInput {
  readonly device: Device;
  /** Which version of which Device the interface model was made from; undefined while there is none. */
  readonly model: { readonly uid: string; readonly generation: number } | undefined;
  /** Digest of the platform set P; undefined while templates or base models are in such disorder that there is none. */
  readonly platform: string | undefined;
  readonly mode: 'enforce' | 'alert' | 'pause';
  /** Digest of what is needed to reach and enter the switch: now, and at the try of `attempted`, if that is known. */
  readonly access: { readonly now: string; readonly attempted: string | undefined };
  /** `named`: asked for by name, which ignores back-off and holds; `sweep`: with all others, which does not. */
  readonly ask: 'named' | 'sweep' | undefined;
  /** A Job made for this very ask was lost: it is no longer served at once. */
  readonly askLost: boolean;
  readonly inFlight: boolean;
  /** When the Job in flight counts as lost though nobody tells of its end. */
  readonly inFlightUntil: number | undefined;
  /** Jobs in a row that ended without leaving a result. */
  readonly lost: { readonly count: number; readonly at: number } | undefined;
  /** Jobs in a row that succeeded, and yet the very same things are due. */
  readonly fruitless: { readonly signature: string; readonly count: number; readonly at: number } | undefined;
  /** When the switch was last compared with what it should be, besides `attempted.at`. */
  readonly checkedAt: number | undefined;
  readonly complianceInterval: number;
  readonly now: number;
}

export type DueReason = 'claims' | 'releases' | 'platform' | 'drift' | 'access' | 'compliance' | 'asked';

/** What keeps a device that something is due on from being pushed. */
export type Wait = 'model' | 'in-flight' | 'paused' | 'access' | 'platform-rejected' | 'back-off' | 'nothing';

export type Verdict =
  | { readonly due: true; readonly reasons: readonly DueReason[]; readonly signature: string }
  /** `next`: when time alone may change the answer; absent: only an event can. */
  | { readonly due: false; readonly wait: Wait; readonly next?: number };

/**
 * Whether a device is to be pushed or checked now. From stored state alone (enforcement.md, "Scheduler"), so
 * that a restart loses nothing and two schedulers come to the same answer.
 */
export function due(input: DueInput): Verdict {
  const { device, model, now } = input;
  // R10: while the ledger is rebuilt its model tells nothing. A model of another Device would end as `busy`.
  if (device.metadata.annotations?.[REBUILDING_ANNOTATION] === 'true') return { due: false, wait: 'model' };
  if (model === undefined || model.uid !== device.metadata.uid) return { due: false, wait: 'model' };
  // Changes gather while a Job is on its way; its end is an event.
  if (input.inFlight) return { due: false, wait: 'in-flight', ...nextAt(input.inFlightUntil) };
  if (input.mode === 'pause') return { due: false, wait: 'paused' };

  const found = findings(input);
  if (input.ask === 'named') {
    const gate = input.askLost ? lostGate(input) : undefined;
    return gate ?? dueFor(found, ['asked', ...found.reasons]);
  }

  const gate = lostGate(input) ?? closedGate(input, found);
  if (gate !== undefined) return gate;

  const reasons: DueReason[] = [...found.reasons];
  if (input.ask === 'sweep') reasons.push('asked');
  const check = complianceAt(input);
  if (now >= check) reasons.push('compliance');
  if (reasons.length > 0) return dueFor(found, reasons);
  return { due: false, wait: 'nothing', next: Math.min(check, found.holdEnds) };
}

/** Requests that are due and not held, and when the next hold ends by time. */
export function unheldRequests(input: Pick<DueInput, 'device' | 'platform' | 'now'>): {
  requests: DueRequest[];
  heldRequests: DueRequest[];
  holdEnds: number;
} {
  const held = new Map((input.device.status?.held ?? []).map((entry) => [entry.uid, entry]));
  const requests: DueRequest[] = [];
  const heldRequests: DueRequest[] = [];
  let holdEnds = Infinity;
  for (const request of dueRequests(input.device.spec, input.device)) {
    const entry = held.get(request.uid);
    if (entry === undefined || holdChanged(entry, request, input)) {
      requests.push(request);
      continue;
    }
    const end = holdEnd(entry);
    if (input.now >= end) {
      requests.push(request);
      continue;
    }
    heldRequests.push(request);
    holdEnds = Math.min(holdEnds, end);
  }
  return { requests, heldRequests, holdEnds };
}

/** How often every switch is compared with what it should be, in milliseconds: 20 switches a second at most. */
export function complianceInterval(devices: number): number {
  return Math.max(30_000, (devices / 20) * 1000);
}

interface Findings {
  readonly reasons: readonly DueReason[];
  readonly holdEnds: number;
  readonly signature: string;
}

function findings(input: DueInput): Findings {
  const { device } = input;
  const { requests, holdEnds } = unheldRequests(input);
  const reasons: DueReason[] = [];
  // Another model may show something else for the same requests.
  const parts: string[] = [String(input.model?.generation)];
  if (modelHasNews(input)) {
    if (requests.length > 0) reasons.push('claims');
    parts.push(
      ...requests.map(({ uid, generation, ports }) => `${uid}:${generation}:${compressPorts(ports)}`),
    );
    if (hasReleases(device)) {
      reasons.push('releases');
      parts.push('releases');
    }
  }
  if (isPlatformDue(input)) {
    reasons.push('platform');
    parts.push(input.platform ?? 'broken');
  }
  if (device.status?.drift !== undefined && input.mode === 'enforce') {
    reasons.push('drift');
    parts.push(`drift:${device.status.drift.since}`);
  }
  if (isAccessDue(input)) {
    reasons.push('access');
    parts.push(`access:${input.access.now}`);
  }
  return { reasons, holdEnds, signature: parts.join('\n') };
}

/** A set in disorder is tried once, so that its Device says so; it cannot get better before it changes. */
function isPlatformDue({ device, platform }: DueInput): boolean {
  const attempted = attemptOf(device);
  if (platform === undefined) return attempted?.outcome !== 'platform-rejected';
  return attempted?.platform !== platform;
}

/** A person mended what the inventory says of a switch that could not be entered, and waits for what comes of it. */
function isAccessDue(input: DueInput): boolean {
  return NOT_ENTERED.has(attemptOf(input.device)?.outcome) && accessChanged(input);
}

/** Where nobody knows what was tried, nothing is known to have changed. */
function accessChanged({ access }: DueInput): boolean {
  return access.attempted !== undefined && access.attempted !== access.now;
}

/**
 * A push shows the model, not the ledger: until the model has caught up there is nothing to push for. A model
 * that is merely newer than the last try counts too, else a ledger that never rests would never be pushed.
 */
function modelHasNews({ device, model }: DueInput): boolean {
  if (model === undefined) return false;
  if (model.generation >= (device.metadata.generation ?? 0)) return true;
  return (
    model.generation > Math.max(attemptOf(device)?.generation ?? 0, device.status?.applied?.generation ?? 0)
  );
}

function dueFor(found: Findings, reasons: readonly DueReason[]): Verdict {
  return { due: true, reasons, signature: found.signature };
}

/** `next` only where there is one. */
function nextAt(next: number | undefined): { next?: number } {
  return next === undefined ? {} : { next };
}

/** Jobs that left no result close the way for a while. */
function lostGate({ device, now, lost }: DueInput): Verdict | undefined {
  if (lost === undefined || lost.count === 0) return undefined;
  const end = lost.at + backOff(device.metadata.uid ?? '', lost.count);
  return now < end ? { due: false, wait: 'back-off', next: end } : undefined;
}

/** The last outcome may close the way for a while. */
function closedGate(input: DueInput, found: Findings): Verdict | undefined {
  const { device, now, access, fruitless } = input;
  const uid = device.metadata.uid ?? '';
  const attempted = attemptOf(device);

  if (fruitless !== undefined && fruitless.count > 0 && fruitless.signature === found.signature) {
    const end = fruitless.at + backOff(uid, fruitless.count);
    if (found.reasons.length > 0 && now < end) return { due: false, wait: 'back-off', next: end };
  }
  if (attempted?.outcome === undefined) return undefined;
  const at = timeOf(attempted.at);

  switch (attempted.outcome) {
    case 'applied':
    case 'unchanged':
      return undefined;
    case 'auth-failed':
      // Trying the same credentials again locks accounts. Not knowing which were tried allows one more try.
      if (access.attempted === access.now) return { due: false, wait: 'access' };
      return undefined;
    case 'platform-rejected': {
      if (input.platform === undefined) return { due: false, wait: 'platform-rejected' };
      const leftSince = Object.values(readLeaving(device)).some(
        (left) => left >= (attempted.generation ?? 0),
      );
      if (attempted.platform !== input.platform || leftSince) return undefined;
      // What the switch has confirmed before is not what it refuses: the set was in disorder, and was put back.
      const wait =
        device.status?.applied?.platform === input.platform ? backOff(uid, attempted.tries ?? 1) : HOUR;
      if (now >= at + wait) return undefined;
      return { due: false, wait: 'platform-rejected', next: at + wait };
    }
    case 'unreachable':
    case 'busy':
    case 'uncertain':
    case 'rolled-back':
    case 'not-adopted':
    case 'host-key-unknown': {
      // The last two wait for the inventory, or for a change on the switch itself, which only a look can tell.
      const end = at + backOff(uid, attempted.tries ?? 1);
      if (accessChanged(input) || now >= end) return undefined;
      return { due: false, wait: 'back-off', next: end };
    }
  }
}

/** The last try, if it was for this very Device. */
function attemptOf(device: Device): Attempted | undefined {
  const attempted = device.status?.attempted;
  if (attempted?.uid !== undefined && attempted.uid !== device.metadata.uid) return undefined;
  return attempted;
}

function complianceAt(input: DueInput): number {
  const attempted = timeOf(attemptOf(input.device)?.at);
  return Math.max(attempted, input.checkedAt ?? 0) + input.complianceInterval;
}

/** Whether the request, or what the platform adds to it, or the switch, is another than when it was held. */
function holdChanged(
  held: Held,
  request: DueRequest,
  { device, platform }: Pick<DueInput, 'device' | 'platform'>,
): boolean {
  const applied = device.status?.applied;
  if (held.generation !== request.generation) return true;
  if (held.ports !== undefined && held.ports !== compressPorts(request.ports)) return true;
  if (differs(held.platform, platform)) return true;
  return differs(held.serial, applied?.serial) || differs(held.version, applied?.version);
}

/** Two facts differ only if both are known. */
function differs(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function holdEnd(held: Held): number {
  return held.retryAt === undefined ? timeOf(held.since) + HOUR : timeOf(held.retryAt);
}

/** @returns 0 for no or unreadable text, which never keeps a device waiting */
function timeOf(text: string | undefined): number {
  const time = text === undefined ? 0 : Date.parse(text);
  return Number.isNaN(time) ? 0 : time;
}
