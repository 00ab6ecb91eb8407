import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { createHash } from 'node:crypto';
import { compilePolicy } from '../../policies/build.ts';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { POLICY_WASM, loadPolicy } from './policy.ts';
import type { Policy, PolicyOptions } from './policy.ts';

const wasm = await readFile(POLICY_WASM);
const open: Policy[] = [];
after(() => Promise.all(open.map((policy) => policy.close())));

async function load(bytes: Uint8Array | undefined, options: PolicyOptions = {}): Promise<Policy> {
  const policy = await loadPolicy(bytes, options);
  open.push(policy);
  return policy;
}

test('the committed policy is loaded and evaluated', async () => {
  const policy = await load(undefined);
  assert.equal(policy.digest, `sha256:${createHash('sha256').update(wasm).digest('hex')}`);
  assert.equal(policy.ready(), true);
  assert.deepEqual(await policy.evaluate({}), [{ result: { allow: false, denials: [], warnings: [] } }]);
});

test('S-05 what a host may send by mistake is not allowed', async () => {
  const policy = await load(wasm);
  for (const input of [undefined, null, false, 0, '', 'x', [], {}, Number.NaN]) {
    const [first] = (await policy.evaluate(input)) as { result: { allow: boolean } }[];
    assert.equal(first?.result.allow, false);
  }
});

test('many at once are answered each with its own', async () => {
  const policy = await load(wasm);
  const names = Array.from({ length: 50 }, (_, i) => `device-${i}`);
  const results = await Promise.all(
    names.map((written) => policy.evaluate({ devices: [{ written, field: 'f', known: false }] })),
  );
  assert.deepEqual(
    results.map(
      (result) => (result as { result: { denials: { device: string }[] } }[])[0]?.result.denials[0]?.device,
    ),
    names,
  );
});

test('S-40 more than may wait are turned away', async () => {
  const policy = await load(wasm, { waiting: 2 });
  const results = await Promise.allSettled([1, 2, 3, 4, 5].map(() => policy.evaluate({})));
  assert.deepEqual(
    results.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected'],
  );
});

test('a closed policy evaluates nothing', async () => {
  const policy = await load(wasm);
  await Promise.all([assert.rejects(policy.evaluate({}), /closed/), policy.close()]);
  await assert.rejects(policy.evaluate({}), /closed/);
  assert.equal(policy.ready(), false);
});

test('S-05 a thread that dies is replaced, and what it was asked is denied', async () => {
  // A memory limit of next to nothing kills the thread itself, not only the evaluation.
  const reasons: string[] = [];
  const policy = await load(wasm, { threadMemory: 24, onRestart: (reason) => reasons.push(reason) });
  const huge = {
    devices: Array.from({ length: 300_000 }, (_, i) => ({ written: `d${i}`, field: 'f', known: false })),
  };
  await assert.rejects(policy.evaluate(huge), /trapped|failed|ended|longer/);
  assert.deepEqual(await policy.evaluate({}), [{ result: { allow: false, denials: [], warnings: [] } }]);
});

test('S-05 what is no policy does not load', async () => {
  await assert.rejects(loadPolicy(new Uint8Array([0, 1, 2, 3])));
  await assert.rejects(loadPolicy(new URL('file:///does/not/exist.wasm')));
  // The smallest module there is: valid, but nothing in it.
  await assert.rejects(loadPolicy(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])));
});

describe('with another policy', () => {
  let directory = '';
  let runaway: Uint8Array = new Uint8Array();
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'naas-runaway-'));
    const source = join(directory, 'runaway.rego');
    // Runs for minutes with input.run, traps (out of memory) with input.trap, else answers at once. The numbers come
    // as input: what is constant the compiler would work out itself.
    await writeFile(
      source,
      `package naas.interfaces
# METADATA
# entrypoint: true
decision := {"allow": false, "sum": total}
default total := 0
total := count([1 | some a in numbers.range(1, input.run); some b in numbers.range(1, input.run); a * b == -1])
total := count(numbers.range(1, input.trap))
`,
    );
    runaway = await compilePolicy(await findBinary('opa'), [source]);
  });
  after(() => rm(directory, { recursive: true, force: true }));

  test('S-75 a runaway policy is ended within its limit, its request denied, the service healthy', async () => {
    const reasons: string[] = [];
    const policy = await load(runaway, { limit: 300, onRestart: (reason) => reasons.push(reason) });
    const started = performance.now();
    const first = policy.evaluate({ run: 30_000 });
    const next = policy.evaluate({});
    await assert.rejects(first, /longer than 300 ms/);
    assert.ok(performance.now() - started < 600, `${performance.now() - started} ms`);
    // The event loop was free, and what waited is answered by the next thread.
    assert.deepEqual(await next, [{ result: { allow: false, sum: 0 } }]);
    assert.deepEqual(reasons, ['the policy took longer than 300 ms']);
    assert.equal(policy.ready(), true);
  });

  test('S-75 again and again', async () => {
    const policy = await load(runaway, { limit: 100 });
    for (let i = 0; i < 3; i++) await assert.rejects(policy.evaluate({ run: 30_000 }), /longer than/);
    assert.deepEqual(await policy.evaluate({}), [{ result: { allow: false, sum: 0 } }]);
  });

  test('S-05 after a trap the request is denied and the next one answered', async () => {
    const policy = await load(runaway, { limit: 60_000 });
    await assert.rejects(policy.evaluate({ trap: 1_000_000_000 }), /trapped/);
    assert.deepEqual(await policy.evaluate({}), [{ result: { allow: false, sum: 0 } }]);
  });
});
