/**
 * Runs everything that must hold: checks, unit tests, tests against the real API server and devices.
 * The last line is `N passed, N failed[, N skipped]`; skipped tests are listed by name before it.
 *
 * Usage: node tools/test/run.ts [--only checks|unit|api|images|platform|histories|cluster|proofs|oracle] [file …]
 */
import { glob } from 'node:fs/promises';
import { spawn } from 'node:child_process';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import { CHECKS } from './checks.ts';

/** Characters that a summary shows of a long failure's begin and of its end; the whole of it stands with the test above. */
const REASON_PART = 1_000;

const IGNORED = /(^|\/)(node_modules|dist|\.naas)\//;

/** Suites in the order they run: the quick ones first. `concurrency` is in files. */
const SUITES = [
  {
    name: 'unit',
    patterns: ['{bench,crds,lib,policies,services,templates,tools,topo,webhooks}/**/*.test.ts'],
    concurrency: 2,
  },
  {
    name: 'api',
    patterns: [
      'test/{crds,kube,webhooks,interface-watcher,device-watcher,tenants,scheduler,node-agent,enforcer,identity,login,chart,cli}/**/*.test.ts',
    ],
    concurrency: 2,
  },
  { name: 'images', patterns: ['test/images/**/*.test.ts'], concurrency: 1 },
  { name: 'platform', patterns: ['test/platform/**/*.test.ts'], concurrency: 1 },
  { name: 'histories', patterns: ['test/histories/**/*.test.ts'], concurrency: 1 },
  { name: 'cluster', patterns: ['test/cluster/**/*.test.ts'], concurrency: 1 },
  { name: 'proofs', patterns: ['test/proofs/**/*.test.ts'], concurrency: 1 },
  { name: 'oracle', patterns: ['test/oracle/**/*.test.ts'], concurrency: 1 },
] as const;

interface Tally {
  passed: number;
  /** Names, each with the reason where a test gave one: the end of the output alone then says what is wrong. */
  failed: string[];
  skipped: string[];
}

const tally: Tally = { passed: 0, failed: [], skipped: [] };

function command(words: readonly string[]): Promise<number> {
  const [program = '', ...rest] = words;
  return new Promise((resolve) => {
    const child = spawn(program, rest, { stdio: 'inherit' });
    child.once('error', (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(127);
    });
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

async function runChecks(): Promise<void> {
  for (const { name, words } of CHECKS) {
    console.log(`\n▶ ${name}`);
    if ((await command(words)) === 0) tally.passed += 1;
    else tally.failed.push(`check: ${name}`);
  }
}

/** What a failed test said, as indented lines short enough for a summary. */
function reasonOf(error: Error): string {
  const { message } = error.cause instanceof Error ? error.cause : error;
  const shown =
    message.length > 2 * REASON_PART
      ? `${message.slice(0, REASON_PART)}\n…\n${message.slice(-REASON_PART)}`
      : message;
  return shown.trim().replaceAll(/^/gm, '    ');
}

async function filesOf(patterns: readonly string[]): Promise<string[]> {
  const files = new Set<string>();
  for await (const file of glob([...patterns])) if (!IGNORED.test(file)) files.add(file);
  return [...files].sort();
}

async function runFiles(name: string, files: readonly string[], concurrency: number): Promise<void> {
  if (files.length === 0) {
    tally.failed.push(`suite ${name}: no test file was found`);
    return;
  }
  console.log(`\n▶ ${name}: ${files.length} files`);
  const stream = run({ files: [...files], concurrency, timeout: 20 * 60_000 });
  stream.on('test:pass', (event) => {
    if (event.details.type === 'suite') return;
    if (event.skip !== undefined || event.todo !== undefined)
      tally.skipped.push(`${event.file ?? ''}: ${event.name}`);
    else tally.passed += 1;
  });
  stream.on('test:fail', (event) => {
    // A suite that failed only through its tests is told already; one whose hook failed is not.
    const { error } = event.details as { error: Error & { failureType?: string } };
    if (error.failureType === 'subtestsFailed') return;
    tally.failed.push(`${event.file ?? ''}: ${event.name}\n${reasonOf(error)}`);
  });
  const reporter = stream.compose(new spec());
  for await (const chunk of reporter) process.stdout.write(String(chunk));
}

const { values, positionals } = parseArgs({
  options: { only: { type: 'string', multiple: true } },
  allowPositionals: true,
});
const wanted = (name: string) => values.only === undefined || values.only.includes(name);

if (positionals.length > 0) {
  await runFiles('chosen', positionals, 1);
} else {
  if (wanted('checks')) await runChecks();
  for (const { name, patterns, concurrency } of SUITES) {
    if (wanted(name)) await runFiles(name, await filesOf(patterns), concurrency);
  }
}

if (tally.skipped.length > 0) console.log(`\nSkipped:\n  ${tally.skipped.join('\n  ')}`);
if (tally.failed.length > 0) console.log(`\nFailed:\n  ${tally.failed.join('\n  ')}`);
const skipped = tally.skipped.length > 0 ? `, ${tally.skipped.length} skipped` : '';
console.log(`\n${tally.passed} passed, ${tally.failed.length} failed${skipped}`);
// Where nothing can run, as without root, that is told by name and is no failure; nothing found at all is one.
process.exit(tally.failed.length === 0 && tally.passed + tally.skipped.length > 0 ? 0 : 1);
