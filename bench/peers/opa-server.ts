/** `opa run --server` with the platform's policy, and catalog and ledger as its data. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Device } from '../../crds/types.gen.ts';
import { parseCatalog } from '../../lib/inventory/catalog.ts';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { freePorts } from '../../tools/controlplane/free-port.ts';
import type { ManagedProcess } from '../../tools/platform/managed-process.ts';
import { readKnownDevices } from '../../webhooks/sources/known-devices.ts';
import type { World } from '../world/world.ts';
import { until } from '../world/in-parallel.ts';
import { request } from 'undici';

export interface OpaServer {
  /** `http://host:port` */
  readonly url: string;
  readonly process: ManagedProcess;
}

const POLICY = new URL('../../policies/interfaces.rego', import.meta.url).pathname;
const AROUND = new URL('admission.rego', import.meta.url).pathname;

/** Starts the server and waits until it answers. */
export async function startOpaServer(
  world: World,
  catalogText: string,
  devices: readonly Device[],
): Promise<OpaServer> {
  const binary = await findBinary('opa');
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const file = join(world.directory, `opa-${port}.json`);
  const data = {
    catalog: catalogData(catalogText),
    ledger: Object.fromEntries(devices.map(({ metadata, spec }) => [metadata.name, spec])),
  };
  await writeFile(file, JSON.stringify(data));
  const process_ = world.start({
    name: `opa-${port}`,
    command: binary,
    arguments: [
      ...['run', '--server', '--addr', `127.0.0.1:${port}`, '--log-level', 'error', '--disable-telemetry'],
      ...[POLICY, AROUND, file],
    ],
    environment: {},
  });
  await until('the OPA server answers', 30_000, 50, async () => {
    const answer = await request(`${url}/health`).catch(() => undefined);
    await answer?.body.dump();
    return answer?.statusCode === 200;
  });
  return { url, process: process_ };
}

/** By port what the policy calls its state: looked up, as the webhooks do it, not worked out. */
function catalogData(text: string) {
  const known = readKnownDevices(text);
  return Object.fromEntries(
    [...parseCatalog(text).devices].map(([name, { ports }]) => {
      const device = known.get(name);
      const states = Object.fromEntries(ports.map((port) => [port, device?.portState(port)]));
      return [name, { ports: states, reservedVlans: device?.reservedVlans ?? [] }];
    }),
  );
}
