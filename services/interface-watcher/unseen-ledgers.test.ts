import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Device } from '../../crds/types.gen.ts';
import { NOW, device } from '../../lib/ledger/testdata/example.ts';
import { unseenLedgers } from './unseen-ledgers.ts';
import type { World } from './world.ts';

const at = (resourceVersion: string): Device => {
  const ledger = device();
  return { ...ledger, metadata: { ...ledger.metadata, resourceVersion } };
};

/** Ledgers that a namespace has left unseen, a cache that shows one version, and a server that answers as it is told. */
function setUp(shown: string) {
  const cache = { devicea: at(shown) as Device | undefined };
  const unseen = unseenLedgers((name) => (name === 'devicea' ? cache.devicea : undefined));
  let answer: () => Device | undefined = () => undefined;
  const ask = async () => answer();
  const none = async () => undefined;
  const world: World = {
    ...{ getInterface: none, getTenant: none, getInventory: none, now: () => NOW },
    ...{ getDevice: ask, replaceDevice: ask, replaceInterface: none, replaceInterfaceStatus: none },
  };
  return {
    ...{ cache, unseen, world: unseen.keeping('tenant-a', world) },
    answers(told: () => Device | undefined) {
      answer = told;
    },
  };
}

describe('a ledger is unseen', () => {
  test('from the write until the cache shows it, for the namespace that wrote', async () => {
    const { cache, unseen, world, answers } = setUp('9');
    answers(() => at('10'));
    await world.replaceDevice(at('9'));
    assert.deepEqual(unseen.of('tenant-a'), ['devicea']);
    assert.deepEqual(unseen.of('tenant-b'), []);
    cache.devicea = at('10');
    assert.deepEqual(unseen.of('tenant-a'), []);
    cache.devicea = undefined;
    assert.deepEqual(unseen.of('tenant-a'), [], 'it is forgotten');
  });
  test('after a write without an answer, whatever the cache shows, until it is read', async () => {
    const { unseen, world, answers } = setUp('99');
    answers(() => {
      throw new Error('no answer');
    });
    await assert.rejects(world.replaceDevice(at('9')), /no answer/);
    assert.deepEqual(unseen.of('tenant-a'), ['devicea']);
    answers(() => at('99'));
    await world.getDevice('devicea');
    assert.deepEqual(unseen.of('tenant-a'), []);
  });
  test('when it was read in a newer version than the cache shows', async () => {
    const { unseen, world, answers } = setUp('9');
    answers(() => at('10'));
    await world.getDevice('devicea');
    assert.deepEqual(unseen.of('tenant-a'), ['devicea']);
  });
  test('not when it is gone', async () => {
    const { unseen, world, answers } = setUp('9');
    answers(() => at('10'));
    await world.replaceDevice(at('9'));
    answers(() => undefined);
    await world.getDevice('devicea');
    assert.deepEqual(unseen.of('tenant-a'), []);
  });
});
