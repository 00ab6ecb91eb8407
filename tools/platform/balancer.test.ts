import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { after, describe, it } from 'node:test';
import { freePorts } from '../controlplane/free-port.ts';
import { startBalancer } from './balancer.ts';

describe('a balancer', () => {
  const servers: Server[] = [];
  after(() => servers.forEach((server) => server.close()));

  /** Says its name to whoever connects. */
  async function backend(name: string): Promise<number> {
    const server = createServer((socket) => socket.end(name)).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }
  const ask = (port: number) => text(connect(port, '127.0.0.1'));

  it('passes connections on in turn, and past a backend that is away', async () => {
    const [port = 0, away = 0] = await freePorts(2);
    const balancer = await startBalancer(port, [await backend('one'), away, await backend('two')]);
    const heard = [await ask(port), await ask(port), await ask(port), await ask(port)];
    assert.deepEqual(heard, ['one', 'two', 'one', 'two']);
    await balancer.stop();
    await assert.rejects(ask(port), /ECONNREFUSED/);
  });

  it('closes a connection that nobody can take', async () => {
    const [port = 0, ...away] = await freePorts(3);
    const balancer = await startBalancer(port, away);
    assert.equal(await ask(port), '');
    await balancer.stop();
  });
});
