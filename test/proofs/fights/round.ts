/** One round: all clients at once, disturbances meanwhile, then rest, then the referee. */
import { kubectl } from '../../support/kubectl.ts';
import type { Arena } from './arena.ts';
import { play, type Asked } from './client.ts';
import { disturb, holdPushes } from './disturb.ts';
import type { Observer } from './observer.ts';
import { tagsOf, type ClientPlan, type RoundPlan } from './plan.ts';
import { tally, type Tally } from './tally.ts';
import { unsettled, type World } from './settled.ts';
import { answerFault } from './told.ts';

export interface Round {
  readonly plan: RoundPlan;
  /** What was done to the platform, by kind. */
  readonly disturbed: readonly string[];
  readonly tally: Tally;
  /** Promises that did not hold; empty if all is well. */
  readonly broke: readonly string[];
  readonly ms: { readonly play: number; readonly rest: number };
}

/** Only a round that fails waits so long: a Lease of 15 s may run out in it, and a call of 30 s. */
const REST_MS = 180_000;
const LOOK_MS = 200;
/** Changes come in crowds. */
const GATHER_MS = 20;
/** Every so many rounds kubectl waits, too. */
const KUBECTL_ROUNDS = 20;

export async function playRound(arena: Arena, observer: Observer, plan: RoundPlan): Promise<Round> {
  const started = performance.now();
  const { asked, disturbed } = await fight(arena, observer, plan);
  const played = performance.now();
  const { world, waits } = await rest(observer);
  const rested = performance.now();
  const broke = waits.map((line) => `not at rest: ${line}`);
  if (waits.length === 0) {
    await observer.judge();
    for (const ask of asked) {
      const fault = answerFault(ask, observer.heldLately);
      if (fault !== undefined) broke.push(fault);
    }
    if (plan.number % KUBECTL_ROUNDS === 0) broke.push(...(await kubectlAgrees(arena, world)));
  }
  broke.push(...observer.faults());
  observer.forget();
  for (const proxy of arena.proxies.values()) proxy.forgetRequests();
  return {
    plan,
    disturbed,
    tally: tally(asked, world),
    broke,
    ms: { play: played - started, rest: rested - played },
  };
}

async function fight(
  arena: Arena,
  observer: Observer,
  plan: RoundPlan,
): Promise<{ asked: Asked[]; disturbed: string[] }> {
  let calls = 0;
  const waiting = plan.disturbances.map((disturbance) => ({
    disturbance,
    due: Promise.withResolvers<void>(),
  }));
  const calm = Promise.withResolvers<void>();
  if (plan.pushesWait) holdPushes(arena, calm.promise);
  const called = (): void => {
    calls += 1;
    for (const { disturbance, due } of waiting) if (calls >= disturbance.after) due.resolve();
  };
  const disturbing = waiting.map(async ({ disturbance, due }) => {
    await due.promise;
    return disturb(arena, disturbance, calm.promise);
  });
  const playOne = (part: ClientPlan): Promise<Asked[]> =>
    play(part, {
      connection: arena.user(part.tenant, part.client).connection,
      called,
      untilGone: (namespace, name) => observer.untilGone(namespace, name),
    });
  const rushing = Promise.all(plan.clients.filter(({ late }) => !late).map(playOne));
  // Whoever is late meets a ledger in which others were quicker.
  await observer.untilDecided(tagsOf(plan.number), rushing);
  const late = await Promise.all(plan.clients.filter(({ late }) => late).map(playOne));
  const asked = [...(await rushing), ...late];
  for (const { due } of waiting) due.resolve();
  calm.resolve();
  const disturbed = await Promise.all(disturbing);
  return { asked: asked.flat(), disturbed: disturbed.filter((kind) => kind !== undefined) };
}

/** Waits until nothing is left to wait for, as the watches show it and as it is then read. */
export async function rest(observer: Observer): Promise<{ world: World; waits: string[] }> {
  const deadline = performance.now() + REST_MS;
  for (;;) {
    const changed = observer.changed();
    let world = observer.seen();
    let waits = unsettled(world, observer.known);
    if (waits.length === 0) {
      world = await observer.read();
      waits = unsettled(world, observer.known);
      if (waits.length === 0) return { world, waits };
    }
    if (performance.now() > deadline) return { world, waits };
    await Promise.race([changed, after(LOOK_MS)]);
    await after(GATHER_MS);
  }
}

function after(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** One tenant waits for its requests with the real kubectl: winners for Ready, losers for Accepted=False. */
async function kubectlAgrees(arena: Arena, { requests }: World): Promise<string[]> {
  const [first] = requests;
  const tenant = first?.metadata.namespace ?? '';
  const user = arena.user(tenant, Number(/\d+/.exec(first?.metadata.name ?? '')?.[0]));
  const broke: string[] = [];
  for (const [status, condition] of [
    ['True', 'Ready'],
    ['False', 'Accepted=false'],
  ] as const) {
    const names = requests
      .filter(({ metadata }) => metadata.namespace === tenant)
      .filter((request) => accepted(request) === status)
      .map(({ metadata }) => `interface/${metadata.name}`);
    if (names.length === 0) continue;
    const words = ['wait', `--for=condition=${condition}`, '--timeout=30s', ...names];
    const { code, stderr } = await kubectl(user.kubeconfig, words);
    if (code !== 0) broke.push(`kubectl ${words.join(' ')}: ${stderr}`);
  }
  return broke;
}

function accepted({ status }: World['requests'][number]): string | undefined {
  return status?.conditions?.find(({ type }) => type === 'Accepted')?.status;
}
