/** A certificate that somebody else keeps: which one is served, and from when on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../kube/clock.ts';
import { silentLog } from '../kube/log.ts';
import { makeAuthority, makeLeaf } from './authority.ts';
import type { KeyedCertificate } from './authority.ts';
import { leadsTo } from './certificate-set.ts';
import { givenCertificate } from './given-certificate.ts';

const NAME = 'webhooks.naas-system.svc';
const HOUR = 3_600_000;
const validity = { from: Date.now() - HOUR, to: Date.now() + HOUR };
const [old, next] = await Promise.all([makeAuthority(validity), makeAuthority(validity)]);
const signedBy = (authority: KeyedCertificate, changes = {}) =>
  makeLeaf(authority, [NAME], { ...validity, ...changes });

/** A Secret that can be written, callers whose trust can be changed, and what is served in between. */
function given(first: KeyedCertificate) {
  const world = { stored: first, trusted: old.cert };
  const encode = (text: string) => Buffer.from(text).toString('base64');
  const keeper = givenCertificate({
    secrets: {
      get: async () => ({
        metadata: { name: 'webhook-tls' },
        data: { 'tls.crt': encode(world.stored.cert), 'tls.key': encode(world.stored.key) },
      }),
    },
    ...{
      namespace: 'naas-system',
      name: 'webhook-tls',
      servedName: NAME,
      clock: systemClock,
      log: silentLog,
    },
    trusts: (cert) => leadsTo(cert, world.trusted),
    onChange: () => undefined,
  });
  return {
    world,
    async served() {
      await keeper.check();
      return keeper.current()?.leaf.cert;
    },
  };
}

test('the first one is served whoever trusts it, and its renewal by the same authority at once', async () => {
  const { world, served } = given(await signedBy(old));
  world.trusted = '';
  assert.equal(await served(), world.stored.cert);
  world.trusted = old.cert;
  world.stored = await signedBy(old);
  assert.equal(await served(), world.stored.cert);
});

test('one of another authority waits as long as callers trust the old one and not yet the new one', async () => {
  const first = await signedBy(old);
  const { world, served } = given(first);
  assert.equal(await served(), first.cert);
  world.stored = await signedBy(next);
  assert.equal(await served(), first.cert);
  world.trusted = old.cert + next.cert;
  assert.equal(await served(), world.stored.cert);
});

test('one that is its own authority waits until it is trusted itself', async () => {
  const first = await signedBy(old);
  const { world, served } = given(first);
  world.trusted = first.cert;
  assert.equal(await served(), first.cert);
  world.stored = await signedBy(old);
  assert.equal(await served(), first.cert);
  world.trusted = first.cert + world.stored.cert;
  assert.equal(await served(), world.stored.cert);
});

test('it does not wait for what cannot come: trust in the old one is gone too, or its time is over', async () => {
  const gone = given(await signedBy(old));
  await gone.served();
  gone.world.stored = await signedBy(next);
  gone.world.trusted = '';
  assert.equal(await gone.served(), gone.world.stored.cert);

  const over = given(await signedBy(old, { to: Date.now() - 1000 }));
  await over.served();
  over.world.stored = await signedBy(next);
  assert.equal(await over.served(), over.world.stored.cert);
});

test('a chain leads to an authority by any of its certificates', async () => {
  const leaf = await signedBy(old);
  assert.ok(leadsTo(leaf.cert, next.cert + old.cert));
  assert.ok(!leadsTo(leaf.cert, next.cert));
  assert.ok(!leadsTo(leaf.cert, ''));
  assert.ok(leadsTo((await signedBy(next)).cert + leaf.cert, old.cert));
});
