import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import type { End, Life } from './life.ts';
import { NAMESPACE } from './platform.ts';
import type { Random } from './random.ts';
import { podName } from './stand.ts';
import type { Stand } from './stand.ts';
import { openWire } from './wire.ts';

/** What befalls a real process: SIGKILL, or SIGSTOP and much later SIGCONT. */
export interface ProcessFate {
  kind: 'kill' | 'pause';
  /** Counted in requests to the API server, or pieces sent to the switch. */
  via: 'api' | 'switch';
  nth: number;
  /** A stopped process has always sent what it is stopped at; the answer waits for it. */
  when: 'before' | 'after';
}

/** A push makes about so many requests and pieces. */
const REQUESTS = 15;
const PIECES = 40;

export function drawProcessFate(random: Random): ProcessFate {
  const kind = random.chance(0.6) ? 'kill' : 'pause';
  const via = random.chance(0.5) ? 'api' : 'switch';
  const nth = random.below(via === 'api' ? REQUESTS : PIECES);
  return { kind, via, nth, when: kind === 'kill' && random.chance(0.5) ? 'before' : 'after' };
}

export function toldProcessFate({ kind, via, nth, when }: ProcessFate): string {
  const signal = kind === 'kill' ? 'SIGKILL' : 'SIGSTOP';
  return `${signal} ${when} ${via === 'api' ? 'request' : 'piece'} ${nth} to the ${via === 'api' ? 'API server' : 'switch'}`;
}

const PATIENCE_MS = 60_000;

/** Runs one enforcer as a process of its own, as a Job's Pod does: the bundle, its environment, its mounted slice. */
export async function startProcessLife(
  stand: Stand,
  { job, fate, bundle }: { job: string; fate: ProcessFate; bundle: string },
): Promise<Life & { step(): string }> {
  await shortenLease(stand);
  const directory = await mkdtemp(join(tmpdir(), 'naas-enforcer-kills-'));
  const proxy = await startFaultProxy({ kubeconfig: stand.platform.kubeconfig });
  const interrupted = Promise.withResolvers<End>();
  const log: string[] = [];
  const restarts = stand.restarts();
  let met = false;

  function strike(): void {
    if (met) return;
    met = true;
    child.kill(fate.kind === 'kill' ? 'SIGKILL' : 'SIGSTOP');
    if (fate.kind === 'pause') interrupted.resolve({ state: 'paused' });
  }

  const wire = await openWire({ address: stand.sim.address, port: stand.sim.sshPort }, (index) => {
    if (fate.via !== 'switch' || index !== fate.nth) return true;
    if (fate.when === 'before') {
      strike();
      return false;
    }
    setImmediate(strike);
    return true;
  });
  if (fate.via === 'api') atRequest(proxy, fate, strike);

  await writeFile(join(directory, 'slice-0.yaml'), stand.slice(wire.port), { mode: 0o600 });
  const child = spawn(process.execPath, [bundle], {
    env: {
      KUBECONFIG: proxy.kubeconfig,
      NAAS_JOB: job,
      NAAS_POD: podName(stand.name, job),
      NAAS_SLICE_DIRECTORY: directory,
      NAAS_LOG_LEVEL: 'debug',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const read = (data: Buffer): void =>
    void log.push(
      ...data
        .toString()
        .split('\n')
        .filter((line) => line !== ''),
    );
  child.stdout.on('data', read);
  child.stderr.on('data', read);
  const ended = new Promise<End>((resolve) => {
    child.once('close', (code, signal) => {
      if (signal === 'SIGKILL') return resolve({ state: 'killed' });
      if (code !== 0)
        return resolve({ state: 'failed', error: new Error(`exit code ${code}: ${log.at(-2)}`) });
      resolve({ state: 'told', outcome: lastOutcome(log) });
    });
  });

  async function first(...ways: Promise<End>[]): Promise<End> {
    const limit = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    const end = await Promise.race(ways);
    clearTimeout(limit);
    if (end.state === 'paused') return end;
    await Promise.all([wire.close(), proxy.stop(), rm(directory, { recursive: true, force: true })]);
    return end;
  }

  return {
    job,
    restarts,
    sites: [],
    log,
    epoch: () => epochOf(log),
    met: () => met,
    step: () => lastStep(log),
    interrupted: first(ended, interrupted.promise),
    wake() {
      child.kill('SIGCONT');
      return first(ended);
    },
  };
}

function atRequest(
  proxy: Awaited<ReturnType<typeof startFaultProxy>>,
  fate: ProcessFate,
  strike: () => void,
): void {
  const isMine = (): boolean => proxy.requests.length - 1 === fate.nth;
  if (fate.when === 'before') {
    proxy.fault({
      match: () => {
        if (isMine()) strike();
        return isMine();
      },
      drop: 'before',
    });
    return;
  }
  if (fate.kind === 'pause') {
    proxy.fault({
      match: () => {
        if (isMine()) strike();
        return false;
      },
    });
    return;
  }
  proxy.fault({
    match: (request) => {
      if (!isMine()) return false;
      // Dies once the server has done what was asked; the answer never comes.
      const poll = setInterval(() => {
        if (request.status === undefined) return;
        clearInterval(poll);
        strike();
      }, 1);
      setTimeout(() => clearInterval(poll), PATIENCE_MS).unref();
      return true;
    },
    hang: 'after',
  });
}

/** A process waits for the Lease of somebody dead in real time: 1 s instead of 15 s. Whose it is stays as it was. */
async function shortenLease({ platform, name }: Stand): Promise<void> {
  const { leases } = platform.api;
  const lease = await leases.get({ namespace: NAMESPACE, name: `enforce-${name}` }).catch(() => undefined);
  if (!lease?.spec?.holderIdentity) return;
  await leases.replace({ ...lease, spec: { ...lease.spec, leaseDurationSeconds: 1 } });
}

function fieldsOf(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function lastStep(log: readonly string[]): string {
  const steps = log.map((line) => fieldsOf(line)['step']).filter((step) => typeof step === 'string');
  return steps.at(-1) ?? 'its start';
}

function lastOutcome(log: readonly string[]): string | undefined {
  const done = log.map(fieldsOf).findLast(({ step }) => step === 'done');
  const outcome = done?.['outcome'];
  return typeof outcome === 'string' ? outcome : undefined;
}

function epochOf(log: readonly string[]): number | undefined {
  const taken = log
    .map((line) => /Lease taken, epoch (\d+)/.exec(line)?.[1])
    .find((epoch) => epoch !== undefined);
  return taken === undefined ? undefined : Number(taken);
}
