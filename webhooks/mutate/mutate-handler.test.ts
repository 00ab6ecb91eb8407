import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cpuTimer } from '../../test/support/cpu-timer.ts';
import fc from 'fast-check';
import { BUILT_IN_DEFAULTS } from '../../lib/ports/defaults.ts';
import type { Review, ReviewedObject } from '../review/admission-review.ts';
import { Unavailable } from '../unavailable.ts';
import { mutateHandler } from './mutate-handler.ts';
import { mutateInterface } from './mutate-interface.ts';

const handler = mutateHandler({ defaults: () => BUILT_IN_DEFAULTS, expandInPlace: true });

function review(services: unknown, metadata: object = {}, oldServices?: unknown): Review {
  const object = (list: unknown): ReviewedObject => ({
    apiVersion: 'network.as.a.service/v1',
    kind: 'Interface',
    metadata: { name: 'r', namespace: 'a', ...metadata },
    spec: { services: list },
  });
  return {
    ...{ uid: 'u', operation: 'CREATE', namespace: 'a', name: 'r', user: 'ann', userUid: '', dryRun: false },
    object: object(services),
    ...(oldServices !== undefined && { operation: 'UPDATE', oldObject: object(oldServices) }),
  };
}

/** RFC 6902, add, remove and replace, written for this test: what the API server does with our patch. */
function applyPatch(
  document: unknown,
  patch: readonly { op: string; path: string; value?: unknown }[],
): unknown {
  const root = { '': structuredClone(document) } as Record<string, unknown>;
  for (const { op, path, value } of patch) {
    const keys = path.split('/').map((key) => key.replaceAll('~1', '/').replaceAll('~0', '~'));
    let parent = root;
    for (const key of keys.slice(0, -1)) parent = parent[key] as Record<string, unknown>;
    const last = keys.at(-1) ?? '';
    if (Array.isArray(parent)) {
      const index = last === '-' ? parent.length : Number(last);
      assert.ok(Number.isInteger(index) && index >= 0 && index <= parent.length, path);
      parent.splice(index, op === 'add' ? 0 : 1, ...(op === 'remove' ? [] : [structuredClone(value)]));
    } else if (op === 'remove') {
      assert.ok(last in parent, path);
      delete parent[last];
    } else {
      assert.ok(op === 'add' || (op === 'replace' && last in parent), `${op} ${path}`);
      parent[last] = structuredClone(value);
    }
  }
  return root[''];
}

function decode(patch: string | undefined) {
  if (patch === undefined) return [];
  return JSON.parse(Buffer.from(patch, 'base64').toString()) as {
    op: string;
    path: string;
    value?: unknown;
  }[];
}

test('S-74 the patch, applied by another implementation, gives the object intended', async () => {
  const key = fc.oneof(fc.string(), fc.constantFrom('a/b', 'a~b', '~1', '~0', '/', '', '0', 'ports'));
  const value = fc.jsonValue({ maxDepth: 2 });
  const port = fc.oneof(
    fc.integer({ min: 0, max: 60 }),
    fc.constantFrom('1-5', '7', '5-1', '49/1-4', '1-600'),
    fc.string(),
  );
  const service = fc.record(
    {
      devicename: fc.string(),
      ports: fc.oneof(fc.array(port, { maxLength: 8 }), value),
      vlan: value,
      trunk: fc.oneof(fc.boolean(), value),
      shutdown: fc.boolean(),
      stp: fc.constantFrom('normal', 'portfast'),
      vlans: value,
    },
    { requiredKeys: [] },
  );
  const services = fc.array(fc.oneof({ weight: 5, arbitrary: service }, value), { maxLength: 5 });
  const annotations = fc.dictionary(
    key.filter((text) => text !== '__proto__'),
    fc.string(),
    { maxKeys: 4 },
  );
  await fc.assert(
    fc.asyncProperty(services, fc.option(annotations, { nil: undefined }), async (list, marks) => {
      // As JSON, since that is how it arrives.
      const asked = JSON.parse(JSON.stringify(review(list, marks && { annotations: marks }))) as Review;
      const { patch, allowed } = await handler(asked);
      const intended = mutateInterface(asked.object, undefined, BUILT_IN_DEFAULTS, true).object;
      assert.equal(allowed, true);
      assert.deepEqual(applyPatch(asked.object, decode(patch)), JSON.parse(JSON.stringify(intended)));
    }),
    { numRuns: 500 },
  );
});

test('nothing to change: no patch', async () => {
  const first = review([{ devicename: 'd', ports: ['1'], vlan: 1 }]);
  const { patch } = await handler(first);
  const stored = applyPatch(first.object, decode(patch)) as ReviewedObject;
  const again = await handler({ ...first, object: stored });
  assert.equal(again.patch, undefined);
  assert.equal(again.patchType, undefined);
  assert.equal(again.allowed, true);
});

test('ports that come up only by a later change are warned of', async () => {
  const { warnings } = await handler(review([{ devicename: 'deviceA', ports: ['1-3', 5], vlan: 10 }]));
  assert.deepEqual(warnings, [
    'DefaultShutdown: ports 1-3,5@deviceA will be down: set shutdown: false to use',
  ]);
});

test('an update that changes nothing warns of nothing', async () => {
  const raw = [{ devicename: 'deviceA', ports: ['1-3'], vlan: 10 }];
  const complete = [{ ...raw[0], ports: ['1', '2', '3'], trunk: false, shutdown: true, stp: 'portfast' }];
  assert.equal((await handler(review(raw, {}, complete))).warnings, undefined);
});

test('S-06 warnings do not expand what is too large to be stored', async () => {
  const ports = Array.from({ length: 512 }, () => '0-4095');
  const services = Array.from({ length: 64 }, () => ({ devicename: 'deviceA', ports, vlan: 10 }));
  const used = cpuTimer();
  const { warnings } = await handler(review(services));
  assert.equal(warnings, undefined);
  assert.ok(used() < 2000);
});

test('S-71 text of any length and kind costs little', async () => {
  for (const text of ['1-'.repeat(50_000), '9'.repeat(100_000), '1/'.repeat(50_000), ' '.repeat(100_000)]) {
    const used = cpuTimer();
    await handler(review([{ devicename: text, ports: [text], vlan: 10 }]));
    assert.ok(used() < 2000);
  }
});

test('S-05 defaults that cannot be told are an error, not a guess', async () => {
  const failing = mutateHandler({
    defaults: () => {
      throw new Unavailable('the defaults cannot be read');
    },
    expandInPlace: true,
  });
  await assert.rejects(failing(review([])), Unavailable);
});
