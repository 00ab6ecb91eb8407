/**
 * Tenants fight for the same ports of a whole platform, and services are killed, stopped and cut off meanwhile.
 *
 * Usage: node test/proofs/fights/main.ts [--rounds 1000] [--seed 1] [--tenants 2,10] [--clients 50] [--minutes N]
 *   [--logs FOLDER]
 *   --tenants A,B  in the first half of the rounds and in the second
 *   --logs         where the logs of the services are copied at the end
 *   --minutes      no round begins after so long
 * Ends with 1 if a promise broke.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startArena } from './arena.ts';
import { experiment } from './experiment.ts';
import { startObserver } from './observer.ts';
import { table, told, toldFailure } from './report.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    tenants: { type: 'string', default: '2,10' },
    clients: { type: 'string', default: '50' },
    minutes: { type: 'string' },
    logs: { type: 'string' },
  },
});
function whole(name: string, text: string | undefined): number {
  if (text !== undefined && /^[1-9]\d{0,5}$/.test(text)) return Number(text);
  console.error(`--${name}: "${text ?? ''}" must be a whole number of at least 1`);
  process.exit(2);
}
const [first, second = first] = values.tenants.split(',').map((text) => whole('tenants', text));
const plan = {
  rounds: whole('rounds', values.rounds),
  seed: whole('seed', values.seed),
  clients: whole('clients', values.clients),
  tenants: [first ?? 2, second ?? 2] as const,
};

const minutes = values.minutes === undefined ? undefined : whole('minutes', values.minutes);

const started = performance.now();
const arena = await startArena({ ...plan, onProgress: (line) => console.log(line) });
try {
  const { switches, platform } = arena;
  const observer = await startObserver({ kubeconfig: platform.controlPlane.kubeconfig, switches });
  const { rounds, broke } = await experiment({
    ...plan,
    arena,
    observer,
    ...(minutes === undefined ? {} : { signal: AbortSignal.timeout(minutes * 60_000) }),
    onRound: (round) => console.log(told(round)),
  });
  if (broke.length > 0) console.log(toldFailure(rounds.at(-1), broke));
  console.log(`\n${table(rounds, observer.counts)}`);
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(`${broke.length} promises broke in ${rounds.length} rounds, seed ${plan.seed}; ${seconds} s`);
  if (values.logs !== undefined) await cp(join(platform.directory, 'logs'), values.logs, { recursive: true });
  process.exitCode = broke.length === 0 ? 0 : 1;
  await observer.stop();
} finally {
  await arena.stop();
}
