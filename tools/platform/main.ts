/** `make up`, `make down`, `make status`. */
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { identify, isRunning, type ProcessIdentity } from '../controlplane/process-identity.ts';
import { stopLeftovers } from '../controlplane/run-file.ts';
import { socketPath, type Message, type ProcessReport } from './supervisor.ts';

const root = new URL('../../', import.meta.url).pathname;
const directory = join(root, '.naas');
const runFile = join(directory, 'run.json');
const STOP_MS = 60_000;

async function supervisor(): Promise<ProcessIdentity | undefined> {
  const text = await readFile(runFile, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const identity = JSON.parse(text) as ProcessIdentity;
  return (await isRunning(identity)) ? identity : undefined;
}

/** Removes all state of a run but its logs, and whatever a crashed one left running. */
async function clear(): Promise<void> {
  await stopLeftovers(join(directory, 'controlplane'));
  for (const name of await readdir(directory).catch(() => [])) {
    if (name !== 'logs') await rm(join(directory, name), { recursive: true, force: true });
  }
}

function sayWhatNext(): void {
  console.log(`
The platform is up. In a shell:

  export KUBECONFIG=${directory}/kubeconfig

  kubectl --context tenant-a apply -f crds/samples/1-tenant-a-request-001.yaml
  kubectl --context tenant-a get interfaces --watch
  ssh -F .naas/ssh_config devicea show running-config interfaces ethernet 1-3

Another tenant asks for the same ports, and is denied:

  kubectl --context tenant-b apply -f crds/samples/2-tenant-b-request-002.yaml

kubectl: ${directory}/bin/kubectl · logs: ${directory}/logs · stop: make down`);
}

async function up(): Promise<number> {
  if ((await supervisor()) !== undefined) {
    sayWhatNext();
    return 0;
  }
  await clear();
  await rm(join(directory, 'logs'), { recursive: true, force: true });
  await mkdir(join(directory, 'logs'), { recursive: true, mode: 0o700 });
  const started = performance.now();
  const log = openSync(join(directory, 'logs', 'supervisor.log'), 'a');
  const child = spawn(process.execPath, [join(root, 'tools/platform/supervisor.ts'), directory], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const identity = child.pid === undefined ? undefined : await identify(child.pid);
  if (identity !== undefined) await writeFile(runFile, JSON.stringify(identity));
  // Whoever interrupts the start wants no half platform.
  const interrupt = () => child.kill('SIGTERM');
  process.once('SIGINT', interrupt);
  process.once('SIGTERM', interrupt);

  return new Promise((resolve) => {
    child.on('message', (message: Message) => {
      if ('progress' in message) {
        console.log(
          `[${((performance.now() - started) / 1000).toFixed(1).padStart(5)} s] ${message.progress}`,
        );
      } else if ('ready' in message) {
        child.unref();
        sayWhatNext();
        resolve(0);
      } else {
        console.error(`\nThe platform did not start. ${message.failed}\nLogs: ${directory}/logs`);
        resolve(1);
      }
    });
    child.once('exit', (code) => {
      console.error(`The platform stopped before it was ready (code ${code}). Logs: ${directory}/logs`);
      resolve(1);
    });
  });
}

async function down(): Promise<number> {
  const identity = await supervisor();
  if (identity !== undefined) {
    process.kill(identity.pid, 'SIGTERM');
    const deadline = Date.now() + STOP_MS;
    while (await isRunning(identity)) {
      if (Date.now() > deadline) {
        // The watchdogs stop what it had started.
        process.kill(identity.pid, 'SIGKILL');
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  await clear();
  console.log(identity === undefined ? 'The platform was not running.' : 'The platform is stopped.');
  return 0;
}

async function status(): Promise<number> {
  if ((await supervisor()) === undefined) {
    console.log('The platform is not running. Start it: make up');
    return 1;
  }
  const rows = await new Promise<ProcessReport[]>((resolve, reject) => {
    const call = request({ socketPath: socketPath(directory), path: '/' }, (response) => {
      let body = '';
      response.on('data', (chunk) => (body += String(chunk)));
      response.once('end', () => resolve(JSON.parse(body) as ProcessReport[]));
    });
    call.once('error', reject);
    call.end();
  });
  console.log('PROCESS                   PID      MEMORY   RESTARTS');
  for (const { name, pid, memory, restarts } of rows) {
    const size = memory === undefined ? '-' : `${memory} MiB`;
    console.log(`${name.padEnd(25)} ${String(pid ?? '-').padEnd(8)} ${size.padEnd(8)} ${restarts}`);
  }
  return 0;
}

const commands: Readonly<Record<string, () => Promise<number>>> = { up, down, status };
const command = commands[process.argv[2] ?? ''];
if (command === undefined) {
  console.error('Usage: main.ts up | down | status');
  process.exit(64);
}
process.exitCode = await command();
