import { drawFate, toldFate } from './fate.ts';
import type { Fate, FateKind, Site } from './fate.ts';
import { checkFinalState } from './final-state.ts';
import { startLife } from './life.ts';
import type { End, Life } from './life.ts';
import type { Mutation } from './mutations.ts';
import { drawProcessFate, startProcessLife, toldProcessFate } from './process-life.ts';
import type { ProcessFate } from './process-life.ts';
import type { Platform } from './platform.ts';
import { seeded } from './random.ts';
import type { Random } from './random.ts';
import { openStand } from './stand.ts';
import type { Stand } from './stand.ts';
import { openStory } from './story.ts';

/** Changes of the ledger in one run, each pushed through a chain of fates. */
const CHANGES = 3;
/** Enforcers of one change that something befalls, at most. */
const MOST_FATES = 6;
/** Share of enforcers that are processes of their own. */
const PROCESS_SHARE = 0.13;
/** Longer than the commit timer, and shorter. */
const WAITS_S = [0, 0, 20, 61];

export interface Run {
  seed: number;
  /** What befell enforcers, by kind and step. */
  fates: { kind: FateKind; step: string; when: Fate['when']; process: boolean }[];
  pushes: number;
  /** Promises that did not hold; empty if all is well. */
  broke: readonly string[];
  story: readonly string[];
}

export interface RunOptions {
  platform: Platform;
  seed: number;
  hostKey: string;
  mutation: Mutation | undefined;
  /** The enforcer as it is deployed; undefined: no processes. */
  bundle: string | undefined;
  /** Calls that the first push makes (`rehearse`). */
  sites: readonly Site[];
}

/**
 * One seeded run: a switch and its Device, some changes of the ledger. Each change is pushed by enforcers that are
 * killed, stopped or lose their switch at a seeded step, then by one that is left alone.
 */
export async function run({ platform, seed, hostKey, mutation, sites, bundle }: RunOptions): Promise<Run> {
  const random = seeded(seed);
  const story = openStory();
  const stand = await openStand(platform, { name: `switch-${seed}`, hostKey, random, story });
  const result: Run = { seed, fates: [], pushes: 0, broke: story.broke, story: story.lines };
  try {
    // In some runs nothing befalls the first contact.
    let known = sites;
    await stand.change();
    if (random.chance(0.6)) {
      await pushOnce(stand, result, undefined, mutation);
      await checkFinalState(stand, 'after the first push');
      await stand.change();
    }
    for (let change = 0; change < CHANGES && story.broke.length === 0; change += 1) {
      if (change > 0) await stand.change();
      known = await chain(stand, random, result, { known, mutation, bundle });
    }
  } catch (error) {
    story.broken(`the run failed: ${error instanceof Error ? error.stack : String(error)}`);
  } finally {
    await stand.stop();
  }
  return result;
}

/** A push that nothing befalls. @returns the calls it makes */
export async function rehearse(platform: Platform, hostKey: string): Promise<readonly Site[]> {
  const story = openStory();
  const stand = await openStand(platform, { name: 'switch-0', hostKey, random: seeded(0), story });
  try {
    await stand.change();
    const life = await startLife(stand, { job: 'rehearsal', fate: undefined, mutation: undefined });
    await life.interrupted;
    await checkFinalState(stand, 'after the rehearsal');
    if (story.broke.length > 0) throw new Error(`The rehearsal failed:\n${story.lines.join('\n')}`);
    return life.sites;
  } finally {
    await stand.stop();
  }
}

/** @returns the calls that a push makes, as the last one here made them */
async function chain(
  stand: Stand,
  random: Random,
  result: Run,
  {
    known,
    mutation,
    bundle,
  }: { known: readonly Site[]; mutation: Mutation | undefined; bundle: string | undefined },
): Promise<readonly Site[]> {
  const { story } = stand;
  const asleep: Life[] = [];
  let sites = known;
  const fates = 1 + random.below(MOST_FATES);
  for (let index = 0; index < fates && story.broke.length === 0; index += 1) {
    const asProcess = random.chance(PROCESS_SHARE);
    const fate = drawFate(random, sites, mutation?.kinds);
    const processFate = drawProcessFate(random);
    const life =
      asProcess && bundle !== undefined
        ? await pushAsProcess(stand, result, processFate, bundle)
        : await pushOnce(stand, result, fate, mutation);
    // What a successor does beside is only known once there was one.
    sites = union(sites, life.sites);
    const { state } = await life.interrupted;
    if (state === 'paused') asleep.push(life);
    // Its successor need not wait for the end of its Lease, if the node has told in time.
    if (state === 'killed' && random.chance(0.5)) {
      story.tell(`the end of ${life.job} is known`);
      stand.reportEnded(life.job);
    }
    await meanwhile(stand, random);
    if (asleep.length > 0 && random.chance(0.4)) {
      await wake(stand, random, asleep.splice(random.below(asleep.length), 1));
    }
  }
  if (random.chance(0.5)) await wake(stand, random, asleep.splice(0));
  const last = await pushOnce(stand, result, undefined, mutation);
  await checkFinalState(stand, 'after the last push');
  // They find that others went on: nothing may change any more.
  if (asleep.length > 0) {
    if (await wake(stand, random, asleep)) await pushOnce(stand, result, undefined, mutation);
    await checkFinalState(stand, 'after the last sleeper woke');
  }
  return union(sites, last.sites);
}

async function pushOnce(
  stand: Stand,
  result: Run,
  fate: Fate | undefined,
  mutation: Mutation | undefined,
): Promise<Life> {
  const { story } = stand;
  result.pushes += 1;
  const job = `enforce-${result.pushes}`;
  story.tell(`${job}: ${fate === undefined ? 'left alone' : toldFate(fate)}`);
  const life = await startLife(stand, { job, fate, mutation });
  const end = await life.interrupted;
  if (fate !== undefined && life.met()) {
    const { step } =
      life.sites.find(({ op, nth }) => op === fate.site.op && nth === fate.site.nth) ?? fate.site;
    result.fates.push({ kind: fate.kind, step, when: fate.when, process: false });
  }
  await afterwards(stand, life, end);
  if (fate === undefined && (end.state !== 'told' || !['applied', 'unchanged'].includes(end.outcome ?? ''))) {
    story.broken(`${job}, left alone, did not push: ${toldEnd(end)}\n${life.log.join('\n')}`);
  }
  return life;
}

async function pushAsProcess(stand: Stand, result: Run, fate: ProcessFate, bundle: string): Promise<Life> {
  result.pushes += 1;
  const job = `enforce-${result.pushes}`;
  stand.story.tell(`${job}: a process, ${toldProcessFate(fate)}`);
  const life = await startProcessLife(stand, { job, fate, bundle });
  const end = await life.interrupted;
  if (life.met()) {
    result.fates.push({
      kind: fate.kind,
      step: `process, after ${life.step()}`,
      when: fate.when,
      process: true,
    });
    stand.story.tell(`   its last words: ${life.step()}`);
  }
  await afterwards(stand, life, end);
  return life;
}

async function afterwards(stand: Stand, life: Life, end: End, woken = false): Promise<void> {
  const { witness } = stand;
  tellEnd(stand, life, end);
  witness.look(`after ${life.job}`);
  witness.readStatus(await stand.read(), `after ${life.job}`);
  checkLeft(stand, life, end, woken);
}

/** What may happen between two enforcers. */
async function meanwhile(stand: Stand, random: Random): Promise<void> {
  const { story, witness, switchClock } = stand;
  const seconds = random.pick(WAITS_S);
  if (seconds > 0) {
    story.tell(`${seconds} s pass on the switch`);
    switchClock.advance(seconds * 1000);
  }
  if (random.chance(0.2)) {
    const reload = random.chance(0.5);
    story.tell(reload ? 'the switch boots' : 'the switch drops its connections');
    stand.restart({ reload });
  }
  if (random.chance(0.25)) await stand.change();
  witness.look('meanwhile');
}

/** @returns whether one that never held the Lease told rightly that it could not push: the scheduler tries again */
async function wake(stand: Stand, random: Random, sleepers: readonly Life[]): Promise<boolean> {
  let again = false;
  for (const life of sleepers) {
    // Its own clock may tell it that it is late, or not: the fence must not rest on that.
    const missed = random.pick([0, 20_000]);
    stand.story.tell(`${life.job} goes on, its clock says ${missed / 1000} s later`);
    const end = await life.wake(missed);
    await afterwards(stand, life, end, true);
    again ||= end.state === 'told' && end.outcome === 'unreachable' && life.epoch() === undefined;
  }
  return again;
}

/**
 * Who ends by itself leaves nothing on the switch, unless it could not reach it any more. What others left it has
 * cleared before, but not those who came while it slept.
 */
function checkLeft({ witness, restarts }: Stand, life: Life, end: End, woken: boolean): void {
  if (end.state !== 'told') return;
  const where = `after ${life.job} ended`;
  const pushed = end.outcome === 'applied' || end.outcome === 'unchanged';
  if (pushed && !woken) witness.nothingLeft(where);
  else if (life.restarts === restarts()) witness.nothingLeft(where, life.epoch() ?? -1);
}

function tellEnd({ story }: Stand, life: Life, end: End): void {
  story.tell(`   ${toldEnd(end)}${life.sites.length === 0 ? '' : ` after ${life.sites.length} calls`}`);
}

function toldEnd(end: End): string {
  if (end.state === 'told') return `ended: ${end.outcome ?? 'nothing told'}`;
  if (end.state === 'failed')
    return `failed: ${end.error instanceof Error ? end.error.stack : String(end.error)}`;
  return end.state;
}

function union(some: readonly Site[], more: readonly Site[]): Site[] {
  const all = new Map([...some, ...more].map((site) => [`${site.op}#${site.nth} ${site.step}`, site]));
  return [...all.values()];
}
