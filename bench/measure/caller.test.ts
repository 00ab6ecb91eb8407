import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { openCaller, type Caller } from './caller.ts';

const LONG = 'ü'.repeat(100_000);
const server = createServer((request, response) => {
  let body = '';
  request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
  request.on('end', () => {
    if (request.url === '/ends') return void request.socket.destroy();
    if (request.url === '/chunks') {
      // In pieces, without a length.
      for (const piece of body.match(/[^]{1,7000}/g) ?? []) response.write(piece);
      return void response.end();
    }
    response.statusCode = 404;
    response.end(body);
  });
});
let caller: Caller;
before(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  caller = await openCaller(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
after(() => {
  caller.close();
  server.close();
});

test('an answer is whole, with its length told or in chunks, one after the other', async () => {
  for (const body of ['{}', LONG, 'x']) {
    const told = await caller.post('/length', body);
    assert.deepEqual([told.status, told.text], [404, body]);
    const chunks = await caller.post('/chunks', body);
    assert.deepEqual([chunks.status, chunks.text], [200, body]);
    assert.ok(chunks.ms > 0);
  }
});

test('a connection that ends is an error', async () => {
  await assert.rejects(caller.post('/ends', 'x'), /closed the connection/);
});
