import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest } from 'node:https';
import { connect } from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { silentLog } from '../lib/kube/log.ts';
import { createMetrics } from '../lib/kube/metrics.ts';
import { makeAuthority, makeLeaf } from '../lib/certificates/authority.ts';
import type { KeyedCertificate } from '../lib/certificates/authority.ts';
import { allowed } from './review/admission-response.ts';
import { admissionServer } from './server.ts';
import type { AdmissionServer, ReviewHandler } from './server.ts';

const validity = { from: Date.now() - 60_000, to: Date.now() + 3_600_000 };
const authority = await makeAuthority(validity);
const certificate = await makeLeaf(authority, ['localhost', '127.0.0.1'], validity);
const metrics = createMetrics();

let server: AdmissionServer;
let port = 0;
let held: PromiseWithResolvers<void> | undefined;
const done: string[] = [];
const handlers: Record<string, ReviewHandler> = {
  '/yes': async ({ uid }) => allowed(uid),
  '/yes-then': async ({ uid }, afterwards) => {
    afterwards(() => done.push('after yes'));
    return allowed(uid);
  },
  '/fails-then': async (_review, afterwards) => {
    afterwards(() => done.push('after failing'));
    throw new Error('x');
  },
  '/fails': async () => {
    throw new Error('secret detail at /some/path');
  },
  '/throws-text': () => Promise.reject('text'),
  '/waits': async ({ uid }) => {
    await held?.promise;
    return allowed(uid);
  },
};

before(async () => {
  server = admissionServer({ certificate, handlers, log: silentLog, metrics, inFlight: 4 });
  ({ port } = await server.listen('127.0.0.1', 0));
});
after(() => server.close());

interface Answer {
  code: number;
  body: {
    error?: string;
    response?: { uid: string; allowed: boolean; status?: { code: number; message: string } };
  };
  text: string;
}

async function post(
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const sent = httpsRequest({
    ...{ host: '127.0.0.1', port, path, method: 'POST', ca: authority.cert, agent: false },
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
  });
  // The server may answer, and close, before all is sent.
  sent.on('error', () => {});
  sent.end(body);
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  let text = '';
  for await (const chunk of response) text += String(chunk);
  return {
    code: response.statusCode ?? 0,
    body: text === '' ? {} : (JSON.parse(text) as Answer['body']),
    text,
  };
}

const OBJECT = {
  apiVersion: 'network.as.a.service/v1',
  kind: 'Interface',
  metadata: { name: 'r', namespace: 'tenant-a' },
  spec: { services: [] },
};
function review(changes: object = {}) {
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: {
      uid: 'uid-1',
      kind: { group: 'network.as.a.service', version: 'v1', kind: 'Interface' },
      resource: { group: 'network.as.a.service', version: 'v1', resource: 'interfaces' },
      ...{ operation: 'CREATE', namespace: 'tenant-a', name: 'r', object: OBJECT },
      ...changes,
    },
  });
}

test('a review is answered with its uid', async () => {
  const { code, body } = await post('/yes', review());
  assert.equal(code, 200);
  assert.deepEqual(body, {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid: 'uid-1', allowed: true },
  });
});

test('what is to be done afterwards is done before the caller can ask again, also where the handler failed', async () => {
  await post('/yes-then', review());
  assert.deepEqual(done, ['after yes']);
  await post('/fails-then', review());
  assert.deepEqual(done, ['after yes', 'after failing']);
});

describe('S-41 what is no review is refused', () => {
  const cases: [what: string, body: string | Buffer, headers: Record<string, string>, code: number][] = [
    ['another content type', review(), { 'content-type': 'text/plain' }, 415],
    ['YAML', review(), { 'content-type': 'application/yaml' }, 415],
    ['no content type', review(), { 'content-type': '' }, 415],
    ['no body', '', {}, 400],
    ['no JSON', 'x', {}, 400],
    ['no review', '{}', {}, 400],
    ['S-73 a duplicate key', review().replace('"uid"', '"uid":"other","uid"'), {}, 400],
    ['S-16 __proto__', review().replace('"uid"', '"__proto__":{},"uid"'), {}, 400],
    ['S-73 invalid UTF-8', Buffer.from([0xff]), {}, 400],
    ['more than 8 MiB', Buffer.alloc(8 * 1024 * 1024 + 1, 0x20), {}, 413],
  ];
  for (const [what, body, headers, code] of cases) {
    test(what, async () => {
      const answer = await post('/yes', body, headers);
      assert.equal(answer.code, code);
      assert.ok(answer.body.response?.allowed !== true);
      assert.ok(answer.text.length < 200, answer.text);
    });
  }
  test('parts that do not agree are denied with the uid', async () => {
    const { code, body } = await post('/yes', review({ namespace: 'tenant-b' }));
    assert.equal(code, 200);
    assert.equal(body.response?.uid, 'uid-1');
    assert.equal(body.response?.allowed, false);
    assert.equal(body.response?.status?.code, 400);
  });
  test('other paths and methods', async () => {
    assert.equal((await post('/nothing', review())).code, 404);
    const sent = httpsRequest({ host: '127.0.0.1', port, path: '/yes', ca: authority.cert, agent: false });
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    response.resume();
    assert.equal(response.statusCode, 404);
  });
  test('two lengths in one request (smuggling)', async () => {
    const socket = connect({ host: '127.0.0.1', port, ca: authority.cert });
    await once(socket, 'secureConnect');
    socket.write(
      'POST /yes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n' +
        'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nPOST /yes HTTP/1.1\r\n\r\n',
    );
    let text = '';
    for await (const chunk of socket) text += String(chunk);
    assert.match(text, /^HTTP\/1\.1 400 /);
    assert.equal(text.match(/HTTP\/1\.1/g)?.length, 1);
  });
});

test('S-07 a review of 7 MiB is read, not turned away', async () => {
  const object = { ...OBJECT, spec: { services: ['x'.repeat(7 * 1024 * 1024)] } };
  assert.equal((await post('/yes', review({ object }))).code, 200);
});

test('S-05 S-50 a handler that fails denies, and says nothing of the inside', async () => {
  for (const path of ['/fails', '/throws-text']) {
    const { code, body, text } = await post(path, review());
    assert.equal(code, 200);
    assert.equal(body.response?.uid, 'uid-1');
    assert.equal(body.response?.allowed, false);
    assert.equal(body.response?.status?.code, 422);
    assert.match(text, /PolicyUnavailable/);
    assert.doesNotMatch(text, /secret detail|some\/path|at .*\.ts/);
  }
  assert.match(
    await metrics.registry.metrics(),
    /controller_runtime_webhook_panics_total\{webhook="\/fails"\} 1/,
  );
});

test('S-40 more reviews than can be answered at once are turned away, and none is lost after', async () => {
  held = Promise.withResolvers();
  const waiting = Array.from({ length: 4 }, () => post('/waits', review()));
  // All four are inside when the fifth comes.
  while (!/in_flight\{webhook="\/waits"\} 4/.test(await metrics.registry.metrics()))
    await new Promise(setImmediate);
  const turnedAway = await post('/yes', review());
  assert.equal(turnedAway.code, 429);
  held.resolve();
  for (const { code, body } of await Promise.all(waiting)) {
    assert.equal(code, 200);
    assert.equal(body.response?.allowed, true);
  }
  assert.equal((await post('/yes', review())).code, 200);
});

test('S-72 a sender that stops in the middle of a review is cut off, and gives its place free', async () => {
  const strict = admissionServer({
    ...{ certificate, handlers, log: silentLog, metrics },
    inFlight: 1,
    slowest: 20,
  });
  const address = await strict.listen('127.0.0.1', 0);
  try {
    for (let sender = 0; sender < 2; sender++) {
      const socket = connect({ host: '127.0.0.1', port: address.port, ca: authority.cert });
      await once(socket, 'secureConnect');
      socket.write(
        'POST /yes HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
      );
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      assert.equal(text, '');
    }
  } finally {
    await strict.close();
  }
});

describe('S-42 TLS', () => {
  const handshake = (options: object) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect({ host: '127.0.0.1', port, ca: authority.cert, ...options }, () => {
        resolve(socket.getProtocol() ?? '');
        socket.destroy();
      });
      socket.once('error', reject);
    });
  test('1.3 and 1.2 are spoken', async () => {
    assert.equal(await handshake({}), 'TLSv1.3');
    assert.equal(await handshake({ maxVersion: 'TLSv1.2' }), 'TLSv1.2');
  });
  test('1.1 and 1.0 are not', async () => {
    for (const version of ['TLSv1.1', 'TLSv1'] as const) {
      const old = { minVersion: version, maxVersion: version, ciphers: 'ALL:@SECLEVEL=0' };
      await assert.rejects(handshake(old), /alert|protocol/i);
    }
  });
  test('1.2 without forward secrecy or AEAD is not', async () => {
    for (const ciphers of [
      'AES128-SHA',
      'AES128-GCM-SHA256',
      'ECDHE-ECDSA-AES128-SHA',
      'ECDHE-RSA-AES128-GCM-SHA256',
    ]) {
      await assert.rejects(
        handshake({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }),
        /alert|cipher/i,
      );
    }
  });
  test('a name the certificate does not have is refused by the caller', async () => {
    await assert.rejects(handshake({ servername: 'elsewhere.example' }), /does not match|altnames/i);
  });
  test('a new certificate serves new connections, open ones go on', async () => {
    const socket = connect({ host: '127.0.0.1', port, ca: authority.cert });
    await once(socket, 'secureConnect');
    const other = await makeAuthority(validity);
    const leaf: KeyedCertificate = await makeLeaf(other, ['127.0.0.1'], validity);
    server.useCertificate(leaf);
    try {
      await assert.rejects(handshake({}), /self-signed|unable to verify|issuer/i);
      assert.equal(await handshake({ ca: other.cert }), 'TLSv1.3');
      await assert.rejects(
        handshake({
          ca: other.cert,
          maxVersion: 'TLSv1.1',
          minVersion: 'TLSv1.1',
          ciphers: 'ALL:@SECLEVEL=0',
        }),
      );
      socket.write('POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      let text = '';
      for await (const chunk of socket) text += String(chunk);
      assert.match(text, /^HTTP\/1\.1 404/);
    } finally {
      server.useCertificate(certificate);
    }
  });
});

test('a server that is closed ends each connection with an answer, never in the middle of a question', async () => {
  const closing = admissionServer({ certificate, handlers, log: silentLog, metrics });
  const { port } = await closing.listen('127.0.0.1', 0);
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.cert });
  const ask = async () => {
    const sent = httpsRequest({
      ...{ host: '127.0.0.1', port, path: '/yes', method: 'POST', agent },
      headers: { 'content-type': 'application/json' },
    });
    sent.end(review());
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    answer.resume();
    await once(answer, 'end');
    return { code: answer.statusCode, connection: answer.headers.connection, reused: sent.reusedSocket };
  };
  assert.deepEqual(await ask(), { code: 200, connection: 'keep-alive', reused: false });
  const closed = closing.close();
  assert.deepEqual(await ask(), { code: 200, connection: 'close', reused: true });
  await closed;
  await assert.rejects(ask(), /ECONNREFUSED/);
  agent.destroy();
});
