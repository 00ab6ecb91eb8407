import type { Device } from '../../crds/types.gen.ts';
import { sameJson } from '../../lib/kube/same-json.ts';
import type { Policy } from '../../webhooks/policy/policy.ts';
import { goalsMissed } from './goals/goals.ts';
import type { Image } from './parts/image.ts';
import { Platform } from './parts/platform.ts';
import { servicesOf } from './plan.ts';
import type { Act, Plan } from './plan.ts';
import { watchProperties } from './properties/properties.ts';
import type { Scenario } from './scenarios.ts';
import type { Process, Role } from './world/process.ts';
import type { Violation } from './world/world.ts';

export interface Played {
  violation: Violation | undefined;
  story: string;
  platform: Platform;
}

export interface PlayOptions {
  scenario: Pick<Scenario, 'replicas'>;
  policy: Pick<Policy, 'evaluate' | 'digest'>;
  image: Image | undefined;
  telling: boolean;
}

/** Turns without rest after which a history counts as one that never ends. */
const MOST_TURNS = 6_000;
/** Simulated time in which everything must come to rest, once nothing disturbs it: back-offs last 5 minutes. */
const REST_MS = 15 * 60_000;

/** Plays a history, lets it come to rest, and looks at what is left. The same plan always gives the same history. */
export async function play(plan: Plan, options: PlayOptions): Promise<Played> {
  const { scenario, policy, telling, image } = options;
  const platform = new Platform({
    seed: plan.commands.length,
    telling,
    policy,
    skew: (index) => (plan.skew === 0 ? 0 : Math.round(Math.sin(index) * plan.skew)),
    replicas: scenario.replicas,
    image: plan.fresh ? undefined : image,
  });
  const { world } = platform;
  const properties = watchProperties(platform);
  platform.start();
  // Caches are filled and everybody leads.
  if (!plan.fresh) await world.calm(MOST_TURNS);
  for (const { act, steps, order } of plan.commands) {
    if (world.violation !== undefined) break;
    perform(platform, act);
    if (act.do === 'pass') await world.passUntil(world.timeline.now + act.seconds * 1000);
    await world.run(steps, order);
  }
  if (world.violation === undefined) await rest(platform, () => goalsMissed(platform, properties));
  return { violation: world.violation, story: world.story.text(), platform };
}

/** Nothing disturbs any more; everything must come to rest, with all goals reached. */
export async function rest(platform: Platform, missed: () => Violation | undefined): Promise<void> {
  const { world } = platform;
  world.story.tell('', 'from here on nothing disturbs');
  world.traps.length = 0;
  for (const process of world.processes) {
    process.lagging = false;
    world.resume(process);
  }
  platform.repair();
  const end = world.timeline.now + REST_MS;
  let last: Violation | undefined;
  let unquiet = 0;
  while (world.violation === undefined) {
    if (!(await world.calm(MOST_TURNS))) {
      world.violate(
        'everything comes to rest',
        `still busy after ${MOST_TURNS} turns: ${busyWith(platform)}`,
      );
      return;
    }
    if (world.violation !== undefined) return;
    last = missed();
    if (last === undefined) {
      if (await isQuiet(platform)) return;
      unquiet += 1;
      if (unquiet === MOST_UNQUIET) {
        world.violate(
          'everything comes to rest',
          'all goals are reached, and still claims or reports change',
        );
        return;
      }
    }
    const timer = world.timeline.next();
    if (timer === undefined || timer.at > end) break;
    await world.passUntil(timer.at);
  }
  if (last !== undefined) world.violate(last.property, last.what);
}

/** Time in which nobody claims or reports anything. */
const QUIET_MS = 2_000;
/** So often it may not be so, at first. */
const MOST_UNQUIET = 10;

/** Whether claims and reports stay as they are: else somebody goes round in circles. */
async function isQuiet({ world, cluster }: Platform): Promise<boolean> {
  const { log } = cluster.store;
  const before = log.length;
  const end = world.timeline.now + QUIET_MS;
  while (world.timeline.now < end && world.violation === undefined) {
    if (!(await world.calm(MOST_TURNS))) return false;
    await world.passUntil(Math.min(end, world.timeline.next()?.at ?? end));
  }
  return !log
    .slice(before)
    .some(
      ({ plural, before: was, after: is }) =>
        plural === 'interfaces' ||
        (plural === 'devices' &&
          !sameJson((was as Device | undefined)?.spec, (is as Device | undefined)?.spec)),
    );
}

function busyWith({ world }: Platform): string {
  return world
    .eligible()
    .map(({ process, kind, about }) => `${process.name}: ${kind} ${about}`)
    .join('; ');
}

function perform(platform: Platform, act: Act): void {
  const { world } = platform;
  const chosen = (role: Role, which: number): Process | undefined => {
    const living = world.living(role);
    return living[which % Math.max(1, living.length)];
  };
  switch (act.do) {
    case 'apply': {
      const services = servicesOf(act.ports, act.vlan);
      const words = services.map(
        ({ devicename, ports, vlan }) => `${ports.join(',')}@${devicename} vlan ${vlan}`,
      );
      world.story.tell(
        act.tenant,
        `applies ${act.name}: ${words.join(' and ')}${act.past ? ', past the webhooks' : ''}`,
      );
      return platform.tenants.get(act.tenant)?.apply(act.name, services, act.past);
    }
    case 'delete':
      world.story.tell(act.tenant, `deletes ${act.name}`);
      return platform.tenants.get(act.tenant)?.delete(act.name);
    case 'strip':
      world.story.tell(act.tenant, `strips the finalizer of ${act.name}`);
      return platform.tenants.get(act.tenant)?.strip(act.name);
    case 'delete namespace':
      world.story.tell(act.tenant, 'is deleted');
      return platform.tenants.get(act.tenant)?.deleteNamespace();
    case 'pause': {
      const process = chosen(act.role, act.which);
      if (process !== undefined) world.hold(process);
      return;
    }
    case 'catch up': {
      const process = chosen(act.role, act.which);
      if (process === undefined) return;
      process.lagging = false;
      world.story.tell(process.name, 'sees what is new');
      return;
    }
    case 'lag': {
      const process = chosen(act.role, act.which);
      if (process === undefined) return;
      process.lagging = act.kind ?? true;
      world.story.tell(process.name, `sees nothing new${act.kind === undefined ? '' : ` of ${act.kind}`}`);
      return;
    }
    case 'kill': {
      const process = chosen(act.role, act.which);
      if (process?.mortal === true) world.kill(process, 'dies');
      return;
    }
    case 'wake': {
      const held = world.living(act.role).filter((process) => process.held);
      const process = held[act.which % Math.max(1, held.length)];
      if (process !== undefined) world.resume(process);
      return;
    }
    case 'resume':
      for (const process of world.processes) {
        process.lagging = false;
        world.resume(process);
      }
      return;
    case 'trap':
      world.traps.push(act.trap);
      return;
    case 'pass':
      world.story.tell('', `${act.seconds} s pass`);
      return;
    case 'lose':
      return platform.lose(act.device);
    case 'lose lease':
      return platform.loseLease(act.device);
    case 'reboot':
      world.story.tell(act.device, 'reboots');
      return platform.switches.get(act.device)?.reboot();
    case 'cut':
      world.story.tell(act.device, 'cuts all connections');
      return platform.switches.get(act.device)?.cut();
    case 'edit':
      world.story.tell(act.device, 'is changed by hand');
      return platform.switches.get(act.device)?.edit('somebody was here');
    case 'ask':
      return platform.ask(act.device);
    case 'give up node': {
      const process = chosen('enforcer', act.which);
      if (process !== undefined) platform.node.giveUp(process);
      return;
    }
    case 'base model':
      return platform.setBase(act.variant);
    case 'mode':
      return platform.setMode(act.device, act.mode === 'out' ? undefined : act.mode);
    case 'nothing':
  }
}
