import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { compilePolicy } from '../../policies/build.ts';
import { goldenInputs } from '../../policies/golden-inputs.ts';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { METER, metered } from './metering.ts';
import { POLICY_WASM, loadPolicy } from './policy.ts';

const wasm = await readFile(POLICY_WASM);
const NOTHING = [{ result: { allow: false, denials: [], warnings: [] } }];

test('the committed policy is loaded and evaluated', async () => {
  const policy = await loadPolicy();
  assert.equal(policy.digest, `sha256:${createHash('sha256').update(wasm).digest('hex')}`);
  assert.deepEqual(policy.evaluate({}), NOTHING);
});

test('with its meter the policy decides what it decides without', async () => {
  const golden: unknown = JSON.parse(
    await readFile(new URL('../../policies/golden.json', import.meta.url), 'utf8'),
  );
  const policy = await loadPolicy();
  const decisions = goldenInputs().map(([name, input]) => {
    const [first] = policy.evaluate(input) as { result: unknown }[];
    return [name, first?.result];
  });
  assert.deepEqual(Object.fromEntries(decisions), golden);
});

test('S-05 what a host may send by mistake is not allowed', async () => {
  const policy = await loadPolicy();
  for (const input of [undefined, null, false, 0, '', 'x', [], {}, Number.NaN]) {
    const [first] = policy.evaluate(input) as { result: { allow: boolean } }[];
    assert.equal(first?.result.allow, false);
  }
});

test('an answer holds nothing of the one before, whatever the lengths', async () => {
  const policy = await loadPolicy();
  for (const length of [1, 100_000, 3, 5_000, 1]) {
    const written = 'ü€𝄞'.repeat(length);
    const result = policy.evaluate({ devices: [{ written, field: 'f', known: false }] });
    const [first] = result as { result: { denials: { device: string }[] } }[];
    assert.deepEqual(
      first?.result.denials.map(({ device }) => device),
      [written],
    );
  }
});

test('S-75 the largest request with the longest names stays below the limit', async () => {
  const policy = await loadPolicy(undefined, { limit: 40_000_000 });
  const result = policy.evaluate(largestInput()) as { result: { denials: unknown[] } }[];
  assert.equal(result[0]?.result.denials.length, 4096 + 2176);
});

test('S-75 so does the largest request of a Tenant that is granted nothing of it', async () => {
  const policy = await loadPolicy(undefined, { limit: 40_000_000 });
  const input = largestInput();
  const words = 'w'.repeat(500);
  const result = policy.evaluate({
    ...input,
    tenant: { name: input.request.namespace, limit: { after: 5000, added: 4096, max: 1, words } },
    ports: input.ports.map((port) => ({ ...port, granted: false, trunkGranted: false, words })),
    vlans: input.vlans.map((vlan) => ({ ...vlan, reserved: [], ungranted: '1-4094', words })),
  }) as { result: { denials: unknown[] } }[];
  assert.equal(result[0]?.result.denials.length, 1 + 4096 + 2176);
});

test('S-05 an input larger than the memory is denied, and the next one answered', async () => {
  const reasons: string[] = [];
  const policy = await loadPolicy(undefined, { onRestart: (reason) => reasons.push(reason) });
  assert.throws(() => policy.evaluate({ text: 'x'.repeat(130 * 2 ** 20) }), /the policy failed/);
  assert.deepEqual(policy.evaluate({}), NOTHING);
  assert.equal(reasons.length, 1);
});

test('S-05 what is no policy does not load', async () => {
  await assert.rejects(loadPolicy(new Uint8Array([0, 1, 2, 3])));
  await assert.rejects(loadPolicy(new URL('file:///does/not/exist.wasm')));
  // The smallest module there is: valid, but nothing in it.
  await assert.rejects(loadPolicy(new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0])));
  await assert.rejects(loadPolicy(moduleOf([0x0b])), /ABI/);
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
    const policy = await loadPolicy(runaway, {
      limit: 5_000_000,
      onRestart: (reason) => reasons.push(reason),
    });
    assert.throws(() => policy.evaluate({ run: 30_000 }), /took more than 5000000 steps/);
    assert.deepEqual(policy.evaluate({}), [{ result: { allow: false, sum: 0 } }]);
    assert.deepEqual(reasons, ['the policy failed: it took more than 5000000 steps']);
  });

  test('S-75 with the limits of the service, too', async () => {
    const policy = await loadPolicy(runaway);
    assert.throws(() => policy.evaluate({ run: 30_000 }), /the policy failed/);
  });

  test('S-75 again and again', async () => {
    const policy = await loadPolicy(runaway, { limit: 1_000_000 });
    for (let i = 0; i < 3; i++) assert.throws(() => policy.evaluate({ run: 30_000 }), /took more than/);
    assert.deepEqual(policy.evaluate({}), [{ result: { allow: false, sum: 0 } }]);
  });

  test('S-05 after a trap the request is denied and the next one answered', async () => {
    const policy = await loadPolicy(runaway, { limit: 2 ** 31 - 1 });
    assert.throws(() => policy.evaluate({ trap: 1_000_000_000 }), /the policy failed: (?!it took)/);
    assert.deepEqual(policy.evaluate({}), [{ result: { allow: false, sum: 0 } }]);
  });
});

describe('S-75 a module with a meter ends by itself', () => {
  const cases: [what: string, code: number[]][] = [
    ['a loop without end', [0x03, 0x40, 0x0c, 0x00, 0x0b, 0x0b]],
    ['a loop in a loop', [0x03, 0x40, 0x03, 0x40, 0x0c, 0x00, 0x0b, 0x0b, 0x0b]],
    ['a function that calls itself twice', [0x41, 0x01, 0x04, 0x40, 0x10, 0x00, 0x10, 0x00, 0x0b, 0x0b]],
  ];
  for (const [what, code] of cases) {
    test(what, () => {
      const { exports } = new WebAssembly.Instance(new WebAssembly.Module(metered(moduleOf(code))));
      const { run, [METER]: meter } = exports as unknown as {
        run(): void;
        [METER]: WebAssembly.Global;
      };
      meter.value = 1000;
      assert.throws(run, WebAssembly.RuntimeError);
      assert.equal(meter.value, 0);
    });
  }
});

describe('S-05 what cannot be metered does not load', () => {
  const cases: [what: string, code: number[]][] = [
    ['memory copied in bulk', [0x41, 0, 0x41, 0, 0x41, 0, 0xfc, 10, 0, 0, 0x0b]],
    ['SIMD', [0xfd, 12, ...Array<number>(16).fill(0), 0x1a, 0x0b]],
    ['a call that leaves no frame behind', [0x12, 0x00, 0x0b]],
    ['an instruction that ends in nothing', [0x41, 0x80]],
  ];
  for (const [what, code] of cases) {
    test(what, () => assert.throws(() => metered(moduleOf(code)), /cannot be metered|ends too early/));
  }
  test('a module that is cut off', () => {
    assert.throws(() => metered(wasm.subarray(0, wasm.length - 1)), /ends too early/);
  });
});

/** A module with one function without parameters, exported as `run`, and one global variable. */
function moduleOf(code: readonly number[]): Uint8Array {
  const section = (id: number, content: readonly number[]) => [id, content.length, ...content];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [1, 0]),
    ...section(6, [1, 0x7f, 0x00, 0x41, 0x00, 0x0b]),
    ...section(7, [1, 3, 0x72, 0x75, 0x6e, 0x00, 0x00]),
    ...section(10, [1, code.length + 1, 0, ...code]),
  ]);
}

/** 4096 ports of another tenant and 2176 reserved VLANs, all names as long as they may be. */
function largestInput() {
  const written = 'D'.repeat(63);
  const device = written.toLowerCase();
  const holder = { namespace: 'b'.repeat(63), request: 'r'.repeat(253), uid: crypto.randomUUID() };
  const reserved = Array.from({ length: 16 }, (_, i) => ({ from: 1 + 100 * i, to: 50 + 100 * i }));
  return {
    request: {
      ...{ operation: 'UPDATE', namespace: 'a'.repeat(63), name: 'r'.repeat(253), uid: crypto.randomUUID() },
      ...{ user: 'u'.repeat(1000), dryRun: false },
    },
    devices: Array.from({ length: 64 }, (_, i) => ({
      ...{ device, written, field: `spec.services[${i}].devicename`, known: true },
    })),
    ports: Array.from({ length: 4096 }, (_, i) => ({
      ...{ device, written, port: `9999/9999/${i}`, field: `spec.services[${i % 64}].ports[${i % 512}]` },
      ...{ state: 'delegable', trunk: true, vlan: 4094, holder },
    })),
    vlans: Array.from({ length: 2176 }, (_, i) => ({
      ...{ device, written, field: `spec.services[${i % 64}].vlans[${i % 34}]`, from: 1, to: 4094, reserved },
    })),
    tenant: null,
    settings: { hideOwners: false, requireTenant: false },
  };
}
