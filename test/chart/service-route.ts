import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import type { Flags } from '../../tools/controlplane/flags.ts';

/**
 * The API server's way to Services without nodes: it asks a proxy for every connection into the cluster, and all lead to
 * one port of this machine. So the webhooks are called as in a cluster, and their configurations stay as the chart has them.
 *
 * @param port on 127.0.0.1
 * @returns flags of the API server
 */
export async function routeServicesTo(port: number): Promise<Flags> {
  const directory = await mkdtemp(join(tmpdir(), 'naas-route-'));
  const udsName = join(directory, 'proxy.sock');
  const proxy = createServer();
  proxy.on('connect', (_request, client) => {
    const service = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      service.pipe(client).pipe(service);
    });
    service.on('error', () => client.destroy());
    client.on('error', () => service.destroy());
  });
  proxy.listen(udsName);
  await once(proxy, 'listening');
  after(async () => {
    proxy.close();
    proxy.closeAllConnections();
    await rm(directory, { recursive: true });
  });
  const file = join(directory, 'egress.json');
  const connection = { proxyProtocol: 'HTTPConnect', transport: { uds: { udsName } } };
  await writeFile(
    file,
    JSON.stringify({
      apiVersion: 'apiserver.k8s.io/v1beta1',
      kind: 'EgressSelectorConfiguration',
      egressSelections: [{ name: 'cluster', connection }],
    }),
  );
  return { 'egress-selector-config-file': file };
}
