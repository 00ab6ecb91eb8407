import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, describe, it } from 'node:test';
import { listenForCallback } from './callback.ts';
import type { Callback } from './callback.ts';

const STATE = 'a-state-that-nobody-guesses';
let open: Callback | undefined;
afterEach(() => open?.close());

async function listen(port = 0): Promise<Callback> {
  open = await listenForCallback({
    ...{ port, state: STATE },
    authorizationUrl: (redirectUri) => new URL(`https://issuer.example/auth?redirect_uri=${redirectUri}`),
  });
  return open;
}

interface Reply {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function get(
  address: string | URL,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<Reply> {
  const call = request(address, { headers, method, agent: false });
  call.end();
  const [response] = await once(call, 'response');
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

/** Does what the person's browser does first; returns its cookie. */
async function begin({ startUrl }: Callback): Promise<string> {
  const { headers } = await get(startUrl);
  return (headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
}

const callbackUrl = ({ startUrl }: Callback, query: string) => new URL(`/callback?${query}`, startUrl);

describe('the way back from the provider', () => {
  it('sends the browser to the provider, takes its answer, and says how it ended', async () => {
    const callback = await listen();
    const first = await get(callback.startUrl);
    assert.equal(first.status, 303);
    const { origin } = new URL(callback.startUrl);
    assert.equal(first.headers.location, `https://issuer.example/auth?redirect_uri=${origin}/callback`);
    assert.match(first.headers['set-cookie']?.[0] ?? '', /; HttpOnly; SameSite=Lax; Path=\/$/);
    const cookie = (first.headers['set-cookie']?.[0] ?? '').split(';')[0] ?? '';
    const second = await get(callbackUrl(callback, `code=c0de&state=${STATE}`), { cookie });
    // S-81: the page that stays in the browser has no code in its address.
    assert.deepEqual([second.status, second.headers.location], [303, '/done']);
    assert.equal((await callback.answer).searchParams.get('code'), 'c0de');
    const page = get(`${origin}/done`, { cookie });
    await callback.finish('You are logged in', 'As anna.');
    assert.match((await page).body, /As anna\./);
    await assert.rejects(get(`${origin}/done`, { cookie }), /ECONNREFUSED/);
  });

  it('S-78 listens on this machine only, under a path that nobody can guess', async () => {
    const { startUrl } = await listen();
    assert.match(startUrl, /^http:\/\/127\.0\.0\.1:\d+\/start\/[-\w]{43}$/);
  });

  it('S-78 the first page is shown once, and not to a browser that looks ahead', async () => {
    const { startUrl } = await listen();
    assert.equal((await get(startUrl, { 'sec-purpose': 'prefetch' })).status, 503);
    assert.equal((await get(startUrl)).status, 303);
    const again = await get(startUrl);
    assert.deepEqual([again.status, again.headers['set-cookie']], [410, undefined]);
  });

  it('S-78 an answer without the browser’s cookie, or with another state, is turned away, and the login goes on', async () => {
    const callback = await listen();
    const cookie = await begin(callback);
    for (const [query, headers] of [
      [`code=evil&state=${STATE}`, {}],
      [`code=evil&state=${STATE}`, { cookie: 'naas_login=guess' }],
      [`code=evil&state=${STATE}`, { cookie: `${cookie}x` }],
      ['code=evil&state=other', { cookie }],
      ['code=evil', { cookie }],
      ['error=access_denied&state=', { cookie }],
    ] as const)
      assert.equal((await get(callbackUrl(callback, query), headers)).status, 400);
    assert.equal((await get(callbackUrl(callback, `code=mine&state=${STATE}`), { cookie })).status, 303);
    assert.equal((await callback.answer).searchParams.get('code'), 'mine');
  });

  it('S-78 a second answer is too late', async () => {
    const callback = await listen();
    const cookie = await begin(callback);
    const [first, second] = [`code=first&state=${STATE}`, `code=second&state=${STATE}`];
    assert.equal((await get(callbackUrl(callback, first), { cookie })).status, 303);
    assert.equal((await get(callbackUrl(callback, second), { cookie })).status, 410);
    assert.equal((await callback.answer).searchParams.get('code'), 'first');
  });

  it('S-78 a name of somebody else’s that leads here is turned away (DNS rebinding)', async () => {
    const { startUrl } = await listen();
    const { port } = new URL(startUrl);
    for (const host of [`evil.example:${port}`, `localhost:${port}`, '127.0.0.1', '127.0.0.1:1'])
      assert.equal((await get(startUrl, { host })).status, 421);
    assert.equal((await get(startUrl)).status, 303);
  });

  it('S-78 other paths and methods find nothing', async () => {
    const callback = await listen();
    for (const path of ['/', '/start/', '/start/guess', '/done', '/favicon.ico', '//evil.example/'])
      assert.ok([400, 404].includes((await get(new URL(callback.startUrl).origin + path)).status ?? 0), path);
    assert.equal((await get(callback.startUrl, {}, 'POST')).status, 405);
  });

  it('S-79 what the provider says is text in the page, and nothing is loaded by it', async () => {
    const callback = await listen();
    const cookie = await begin(callback);
    await get(callbackUrl(callback, `error=x&state=${STATE}`), { cookie });
    const page = get(new URL('/done', callback.startUrl), { cookie });
    await callback.finish('Not logged in', `<script>alert('x')</script>"&`);
    const { headers, body } = await page;
    assert.ok(!/<script|"&/.test(body), body);
    assert.match(body, /&#60;script&#62;alert\(&#39;x&#39;\)/);
    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
    assert.deepEqual(
      [headers['cache-control'], headers['referrer-policy'], headers['x-content-type-options']],
      ['no-store', 'no-referrer', 'nosniff'],
    );
  });

  it('a port that another program has is told; without one the system chooses a free one', async () => {
    const other = createServer();
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    try {
      await assert.rejects(listen(port), /--redirect-port is in use/);
      assert.notEqual(new URL((await listen()).startUrl).port, String(port));
    } finally {
      other.close();
    }
  });
});
