/**
 * Simulates the switches of a containerlab topology in one process.
 *
 *   node topo/eos-sim/main.ts --topology topo/two-switches.clab.yaml --state DIR
 *     [--users FILE]           accounts; default: `admin` with the key made in DIR/id_ed25519
 *     [--address ADDRESS]      where the switches listen; default: 127.0.0.1
 *     [--ssh-port NODE=PORT]   fixed port of a switch; default: a free one
 *     [--control-port PORT]    default: a free one
 *     [--eapi http|https]      also serve eAPI
 *
 * Prints one line of JSON when all switches answer, and ends at SIGTERM or SIGINT.
 */
import { parseArgs } from 'node:util';
import { startControl } from './control.ts';
import { startEosSim } from './server.ts';
import type { EosSim } from './server.ts';
import { openStateDirectory, readUsers } from './state-directory.ts';
import { readTopology } from './topology.ts';

function portsByName(values: readonly string[]): Map<string, number> {
  return new Map(
    values.map((value) => {
      const [name = '', port = ''] = value.split('=');
      if (!/^\d{1,5}$/.test(port) || Number(port) > 65535) {
        throw new Error(`--ssh-port: "${value}" is not NODE=PORT`);
      }
      return [name, Number(port)];
    }),
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      topology: { type: 'string' },
      state: { type: 'string' },
      users: { type: 'string' },
      address: { type: 'string' },
      'ssh-port': { type: 'string', multiple: true, default: [] },
      'control-port': { type: 'string', default: '0' },
      eapi: { type: 'string' },
    },
  });
  if (values.topology === undefined) throw new Error('--topology: give a containerlab topology file');
  if (values.state === undefined)
    throw new Error('--state: give a directory for host keys and saved configurations');
  if (values.eapi !== undefined && values.eapi !== 'http' && values.eapi !== 'https') {
    throw new Error('--eapi: must be http or https');
  }

  const nodes = readTopology(values.topology);
  const state = openStateDirectory(values.state);
  const users = values.users === undefined ? [state.user] : readUsers(values.users);
  const sshPorts = portsByName(values['ssh-port']);
  const switches = new Map<string, EosSim>();
  let control: { url: string; stop(): Promise<void> } | undefined;

  const stop = async () => {
    await Promise.all([control?.stop(), ...[...switches.values()].map((sim) => sim.stop())]);
  };
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      void stop().then(() => process.exit(0));
    });
  }

  try {
    for (const node of nodes) {
      const sim = await startEosSim({
        hostname: node.name,
        ports: node.ports,
        version: node.version,
        startupConfig: node.startupConfig,
        stateFile: state.startupFile(node.name),
        hostKey: state.hostKey(node.name),
        address: values.address,
        sshPort: sshPorts.get(node.name) ?? 0,
        users,
        eapi: values.eapi === undefined ? undefined : { tls: values.eapi === 'https' },
      });
      switches.set(node.name, sim);
    }
    control = await startControl({ switches, token: state.token, port: Number(values['control-port']) });
  } catch (error) {
    await stop();
    throw error;
  }

  const ready = {
    ready: true,
    pid: process.pid,
    control: { url: control.url, tokenFile: state.tokenFile },
    identityFile: values.users === undefined ? state.identityFile : undefined,
    username: users[0]?.name,
    switches: Object.fromEntries(
      [...switches].map(([name, sim]) => [
        name,
        {
          address: sim.address,
          sshPort: sim.sshPort,
          eapiPort: sim.eapiPort,
          hostKey: sim.hostKeyPublic,
          fingerprint: sim.hostKeyFingerprint,
          ports: sim.device.hardware.ports,
          serial: sim.device.serial,
          version: sim.device.profile.version,
        },
      ]),
    ),
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

main().catch((error: unknown) => {
  process.stderr.write(`eos-sim: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
