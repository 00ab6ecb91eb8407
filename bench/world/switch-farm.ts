/**
 * Many simulated switches in one process: `node bench/world/switch-farm.ts NAME…`. Prints one line of JSON when all
 * answer. On its HTTP port: `PUT /latency/MS` sets what each command waits for, `GET /config/NAME` gives the running
 * configuration.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { generateHostKey } from '../../topo/eos-sim/host-key.ts';
import { startEosSim, type EosSim } from '../../topo/eos-sim/server.ts';
import { PORTS } from './ledger.ts';

/** The one account of every switch of a farm. */
export const LOGIN = { name: 'admin', password: 'bench' } as const;

export interface Farm {
  /** `http://host:port` */
  readonly control: string;
  /** All switches have the same. */
  readonly hostKey: string;
  /** SSH port by name. */
  readonly ports: Readonly<Record<string, number>>;
}

if (import.meta.main) {
  const names = process.argv.slice(2);
  const hostKey = generateHostKey();
  const switches = new Map<string, EosSim>();
  for (const name of names) {
    const sim = await startEosSim({
      hostname: name,
      ports: PORTS,
      hostKey: hostKey.privateKey,
      users: [{ ...LOGIN, privilege: 15 }],
      startupConfig: `hostname ${name}\n`,
    });
    switches.set(name, sim);
  }
  const control = createServer((request, response) => {
    const [, verb = '', word = ''] = request.url?.split('/') ?? [];
    if (request.method === 'PUT' && verb === 'latency') {
      for (const sim of switches.values()) sim.faults.latencyMs = Number(word);
      response.end();
      return;
    }
    const sim = verb === 'config' ? switches.get(word) : undefined;
    if (sim === undefined) response.writeHead(404);
    response.end(sim?.runningConfig());
  });
  control.listen(0, '127.0.0.1', () => {
    const { port } = control.address() as AddressInfo;
    const farm: Farm = {
      control: `http://127.0.0.1:${port}`,
      hostKey: hostKey.publicKey,
      ports: Object.fromEntries([...switches].map(([name, sim]) => [name, sim.sshPort])),
    };
    process.stdout.write(`${JSON.stringify(farm)}\n`);
  });
}
