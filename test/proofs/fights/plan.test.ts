import assert from 'node:assert/strict';
import { test } from 'node:test';
import { planRound, tenantNames, type PlanOptions } from './plan.ts';

const options: PlanOptions = { seed: 7, rounds: 40, clients: 50, tenants: [2, 10] };
const plans = Array.from({ length: options.rounds }, (_, number) => planRound(options, number));

test('the same seed gives the same rounds, another seed others', () => {
  assert.deepEqual(planRound(options, 3), plans[3]);
  assert.notDeepEqual(planRound({ ...options, seed: 8 }, 3).clients, plans[3]?.clients);
});

test('two tenants fight in the first half, ten in the second, with 50 clients each time', () => {
  for (const { number, tenants, clients } of plans) {
    assert.deepEqual(tenants, tenantNames(number < 20 ? 2 : 10));
    assert.equal(clients.length, 50);
    assert.deepEqual(new Set(clients.map(({ tenant }) => tenant)), new Set(tenants));
  }
});

test('every round has ports that several tenants ask for', () => {
  for (const { clients } of plans) {
    const askers = new Map<string, Set<string>>();
    for (const { tenant, actions } of clients) {
      for (const action of actions) {
        if (action.kind === 'drop') continue;
        for (const port of action.wish.ports) askers.set(port, (askers.get(port) ?? new Set()).add(tenant));
      }
    }
    assert.ok([...askers.values()].filter((tenants) => tenants.size > 1).length >= 6);
  }
});

test('no two wishes have the same tag', () => {
  const tags = plans.flatMap(({ clients }) =>
    clients.flatMap(({ actions }) =>
      actions.flatMap((action) => (action.kind === 'drop' ? [] : [action.wish.tag])),
    ),
  );
  assert.equal(new Set(tags).size, tags.length);
});

test('every kind of disturbance is planned, with one leader and with several', () => {
  const kinds = (allLead: boolean) =>
    new Set(
      Array.from({ length: 400 }, (_, number) => planRound({ ...options, rounds: 400 }, number))
        .filter((plan) => plan.allLead === allLead)
        .flatMap(({ disturbances }) => disturbances.map(({ kind }) => kind)),
    );
  assert.deepEqual([...kinds(false)].sort(), ['cut', 'depose', 'errors', 'kill', 'stale', 'stop']);
  assert.deepEqual([...kinds(true)].sort(), ['cut', 'errors', 'kill', 'stale', 'stop']);
});

test('no client waits for a push in a round in which pushes wait for the clients', () => {
  const kinds = (pushesWait: boolean) =>
    new Set(
      plans
        .filter((plan) => plan.pushesWait === pushesWait)
        .flatMap(({ clients }) => clients.flatMap(({ actions }) => actions.map(({ kind }) => kind))),
    );
  assert.deepEqual([...kinds(true)].sort(), ['ask', 'drop', 'move']);
  assert.deepEqual([...kinds(false)].sort(), ['again', 'ask', 'drop', 'move']);
});
