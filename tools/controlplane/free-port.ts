import { createServer, type Server } from 'node:net';

/**
 * TCP ports of 127.0.0.1 that nobody listens on, all different. Somebody may take one before it is used:
 * the caller must be ready to ask again.
 */
export async function freePorts(count: number): Promise<number[]> {
  // All are held open together: one after the other, the same port could be given twice.
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map((server) => {
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
    return address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

function listen(): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}
