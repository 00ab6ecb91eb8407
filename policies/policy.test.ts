import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { findBinary } from '../tools/controlplane/binaries.ts';
import {
  DIGEST_FILE,
  GOLDEN_FILE,
  SOURCES,
  WASM_FILE,
  compilePolicy,
  digestOf,
  goldenDecisions,
} from './build.ts';
import { goldenInputs } from './golden-inputs.ts';

const FOLDER = new URL('.', import.meta.url).pathname;
const run = promisify(execFile);
const committed = await readFile(WASM_FILE);
const golden = JSON.parse(await readFile(GOLDEN_FILE, 'utf8')) as Record<string, unknown>;
const inputs = goldenInputs();

test('policy.digest belongs to the sources and to policy.wasm', async () => {
  assert.deepEqual(JSON.parse(await readFile(DIGEST_FILE, 'utf8')), await digestOf(committed));
});

test('the golden set has enough of both answers, each input once', () => {
  assert.equal(new Set(inputs.map(([name]) => name)).size, inputs.length);
  const allowed = Object.values(golden).filter((decision) => (decision as { allow: boolean }).allow);
  assert.ok(allowed.length >= 20, `${allowed.length} allow`);
  assert.ok(inputs.length - allowed.length > 150, `${inputs.length - allowed.length} deny`);
});

test('the committed Wasm decides as the golden set says', async () => {
  assert.deepEqual(await goldenDecisions(committed), golden);
});

describe('with the compiler', () => {
  let opa = '';
  before(async () => {
    opa = await findBinary('opa');
  });

  test('a rebuilt Wasm decides alike', async () => {
    assert.deepEqual(await goldenDecisions(await compilePolicy(opa)), golden);
  });

  test('the interpreter decides alike', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'naas-golden-'));
    try {
      const file = join(directory, 'input.json');
      await writeFile(file, JSON.stringify({ inputs: Object.fromEntries(inputs) }));
      const query =
        'decisions := {name: decision | some name, value in input.inputs; decision := data.naas.interfaces.decision with input as value}';
      const data = SOURCES.flatMap((name) => ['--data', join(FOLDER, name)]);
      const { stdout } = await run(opa, ['eval', '--format', 'bindings', '--input', file, ...data, query], {
        maxBuffer: 64 * 1024 * 1024,
      });
      assert.deepEqual(JSON.parse(stdout), { decisions: golden });
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  test('the Rego tests pass and cover every line', async () => {
    const { stdout } = await run(opa, [
      'test',
      '--coverage',
      '--threshold',
      '100',
      '--format',
      'json',
      FOLDER,
    ]);
    const { coverage } = JSON.parse(stdout) as { coverage: number };
    assert.equal(coverage, 100);
    const { stdout: report } = await run(opa, ['test', '--format', 'json', FOLDER]);
    const results = JSON.parse(report) as { name: string; fail?: boolean }[];
    assert.ok(results.length >= 25);
    assert.deepEqual(
      results.filter(({ fail }) => fail).map(({ name }) => name),
      [],
    );
  });

  test('the Rego sources are formatted and pass the strict compiler', async () => {
    const { stdout } = await run(opa, ['fmt', '--list', FOLDER]);
    assert.equal(stdout, '');
    await run(opa, ['check', '--strict', FOLDER]);
  });
});

test('S-61 the policy has no way to the outside: it imports nothing but memory, abort and built-in calls, and calls none', async () => {
  const policy = await loadPolicy(new Uint8Array(committed), { initial: 5, maximum: 256 }, {});
  const wasm = policy.wasmInstance as {
    exports: { builtins(): number; opa_json_dump(address: number): number };
  };
  const memory = new Uint8Array((policy as { mem: { buffer: ArrayBuffer } }).mem.buffer);
  const at = wasm.exports.opa_json_dump(wasm.exports.builtins());
  const text = new TextDecoder().decode(memory.subarray(at, memory.indexOf(0, at)));
  assert.deepEqual(JSON.parse(text), {});
});
