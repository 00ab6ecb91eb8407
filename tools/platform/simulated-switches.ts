/** Starts the simulated switches of the topology as one process. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Start } from './managed-process.ts';
import type { Switch } from './switches.ts';
import { freePorts } from '../controlplane/free-port.ts';

const root = new URL('../../', import.meta.url).pathname;
const NODES = ['devicea', 'deviceb'];

/** What the simulator prints when all switches answer. */
interface Ready {
  readonly identityFile: string;
  readonly username: string;
  readonly control: { readonly url: string; readonly tokenFile: string };
  readonly switches: Readonly<Record<string, { readonly sshPort: number; readonly hostKey: string }>>;
}

export interface SimulatedSwitches {
  readonly switches: ReadonlyMap<string, Switch>;
  /** Where faults are switched on: URL and the file with its token. */
  readonly control: Ready['control'];
}

/**
 * @param options.start starts the process; its ports are fixed, so that it may be started again.
 * @param options.address where the switches listen
 */
export async function startSwitches(options: {
  directory: string;
  start: Start;
  address: string;
}): Promise<SimulatedSwitches> {
  await mkdir(options.directory, { recursive: true, mode: 0o700 });
  const [control = 0, ...ports] = await freePorts(NODES.length + 1);
  const simulator = options.start({
    name: 'switches',
    command: process.execPath,
    arguments: [
      ...[join(root, 'topo/eos-sim/main.ts'), '--topology', join(root, 'topo/two-switches.clab.yaml')],
      ...['--state', options.directory, '--address', options.address, '--control-port', String(control)],
      ...NODES.flatMap((name, index) => ['--ssh-port', `${name}=${ports[index]}`]),
    ],
    environment: {},
  });
  const ready = JSON.parse(await simulator.firstLine()) as Ready;
  const privateKey = await readFile(ready.identityFile, 'utf8');
  const switches = new Map<string, Switch>();
  for (const [name, { sshPort, hostKey }] of Object.entries(ready.switches)) {
    switches.set(name, {
      name,
      address: options.address,
      port: sshPort,
      username: ready.username,
      privateKey,
      hostKey,
    });
  }
  return { switches, control: ready.control };
}
