/**
 * Compiles the policy to `policy.wasm` and writes `policy.digest`, which says what it was made from. Both are
 * committed: running the platform needs no compiler.
 *
 * Usage: node policies/build.ts [--check | --golden]
 * `--golden` writes down what the committed Wasm decides on the golden inputs: look at the difference before you commit.
 */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { loadPolicy } from '@open-policy-agent/opa-wasm';
import { goldenInputs } from './golden-inputs.ts';

/** In this order; tests are no part of what is decided. */
export const SOURCES: readonly string[] = ['interfaces.rego'];
export const ENTRYPOINT = 'naas/interfaces/decision';
const FLAGS = ['build', '--target', 'wasm', '--optimize', '1', '--entrypoint', ENTRYPOINT];

export const WASM_FILE = new URL('policy.wasm', import.meta.url);
export const DIGEST_FILE = new URL('policy.digest', import.meta.url);

export const GOLDEN_FILE = new URL('golden.json', import.meta.url);

export interface PolicyDigest {
  /** SHA-256 over compiler flags and sources. */
  sources: string;
  /** SHA-256 of policy.wasm. */
  wasm: string;
}

/** What `policy.digest` has to say for the sources and the Wasm as they are on disk. */
export async function digestOf(wasm: Uint8Array): Promise<PolicyDigest> {
  const sources = createHash('sha256').update(JSON.stringify(FLAGS));
  for (const name of SOURCES) {
    sources.update(`\0${name}\0`).update(await readFile(new URL(name, import.meta.url)));
  }
  return { sources: sources.digest('hex'), wasm: createHash('sha256').update(wasm).digest('hex') };
}

/** Compiles the sources. @throws Error with the compiler's words */
export async function compilePolicy(opa: string, sources: readonly string[] = SOURCES): Promise<Uint8Array> {
  const directory = await mkdtemp(join(tmpdir(), 'naas-policy-'));
  try {
    const bundle = join(directory, 'bundle.tar.gz');
    // From this folder, by their names: the compiler writes paths of sources into what it makes.
    await promisify(execFile)(opa, [...FLAGS, '--output', bundle, ...sources], { cwd: import.meta.dirname });
    return fileOfTar(gunzipSync(await readFile(bundle)), '/policy.wasm');
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** What a Wasm decides on each golden input, by the input's name. */
export async function goldenDecisions(wasm: Uint8Array): Promise<Record<string, unknown>> {
  const policy = await loadPolicy(new Uint8Array(wasm), { initial: 5, maximum: 256 });
  return Object.fromEntries(
    goldenInputs().map(([name, input]) => {
      const json = new TextEncoder().encode(JSON.stringify(input));
      const [first] = policy.evaluate(json.buffer) as { result: unknown }[];
      return [name, first?.result];
    }),
  );
}

/** One file of a tar archive (ustar: 512-byte headers, name at 0, octal size at 124). */
function fileOfTar(archive: Uint8Array, wanted: string): Uint8Array {
  const text = new TextDecoder();
  for (let at = 0; at + 512 <= archive.length;) {
    const name = text.decode(archive.subarray(at, at + 100)).replace(/\0.*$/s, '');
    const size = Number.parseInt(text.decode(archive.subarray(at + 124, at + 136)), 8) || 0;
    if (name === wanted) return archive.slice(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`${wanted} is not in the bundle`);
}

async function main(): Promise<void> {
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({ options: { check: flag, golden: flag } });
  if (values.golden) {
    const decisions = await goldenDecisions(await readFile(WASM_FILE));
    await writeFile(GOLDEN_FILE, `${JSON.stringify(decisions, null, 2)}\n`);
    return;
  }
  if (values.check) {
    const stored = await readFile(DIGEST_FILE, 'utf8');
    const actual = await digestOf(await readFile(WASM_FILE));
    if (stored === write(actual)) return;
    console.error('policies/policy.wasm does not belong to the sources: run node policies/build.ts');
    process.exitCode = 1;
    return;
  }
  // Imported here: only building needs the tools.
  const { findBinaries } = await import('../tools/controlplane/binaries.ts');
  const { opa } = await findBinaries(['opa'], (line) => console.log(line));
  if (opa === undefined) throw new Error('opa was not found');
  const wasm = await compilePolicy(opa);
  await writeFile(WASM_FILE, wasm);
  await writeFile(DIGEST_FILE, write(await digestOf(wasm)));
  console.log(`policies/policy.wasm: ${wasm.length} bytes`);
}

function write(digest: PolicyDigest): string {
  return `${JSON.stringify(digest, null, 2)}\n`;
}

if (import.meta.main) await main();
