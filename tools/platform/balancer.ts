/** What a Service is in a cluster: one address in front of the replicas of one service. */
import { connect, createServer, type Socket } from 'node:net';

export interface Balancer {
  /** Stops listening and cuts what is open. */
  stop(): Promise<void>;
}

/**
 * Passes each new TCP connection on to the next backend in turn; to the one after it where nobody listens.
 * @param listen port on loopback
 * @param backends ports on loopback, at least one
 */
export async function startBalancer(listen: number, backends: readonly number[]): Promise<Balancer> {
  const open = new Set<Socket>();
  let turn = 0;

  function keep(socket: Socket): void {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // The other side tells it by closing.
    socket.on('error', () => socket.destroy());
  }

  function passOn(client: Socket, tries: number): void {
    const port = backends[turn % backends.length] ?? 0;
    turn += 1;
    const backend = connect(port, '127.0.0.1');
    keep(backend);
    backend.once('connect', () => {
      client.pipe(backend).pipe(client);
      for (const [one, other] of [[client, backend] as const, [backend, client] as const]) {
        one.once('close', () => other.destroy());
      }
    });
    backend.once('error', () => {
      if (client.destroyed || backend.bytesRead > 0) return;
      if (tries > 1) passOn(client, tries - 1);
      else client.destroy();
    });
  }

  const server = createServer((client) => {
    keep(client);
    passOn(client, backends.length);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(listen, '127.0.0.1', resolve);
  });
  return {
    async stop() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
