/**
 * Where the provider sends the browser back to: a server on 127.0.0.1 for one login (RFC 8252, section 7.3).
 *
 * The browser is sent to a first page under a secret path, which is shown once: it gives the browser a cookie and sends
 * it on to the provider. Only a callback with this cookie and the right `state` counts, and it counts once. So another
 * program, another user of the machine who reads the arguments of processes, and a web page that guesses the port are
 * turned away, and the login goes on (S-78).
 */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Failure } from '../failure.ts';
import { page, PAGE_HEADERS } from './page.ts';

export interface Callback {
  /** What the browser opens. */
  readonly startUrl: string;
  /** The provider's answer, in the query of the redirect URI. */
  readonly answer: Promise<URL>;
  /** Tells the person in the browser how it ended, then stops listening. */
  finish(title: string, text: string): Promise<void>;
  close(): void;
}

export interface CallbackOptions {
  /** 0: the system chooses. */
  readonly port: number;
  readonly state: string;
  /** Where the login begins at the provider. */
  authorizationUrl(redirectUri: string): URL;
}

interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Promise<string>;
}

const LOOPBACK = '127.0.0.1';
const COOKIE = 'naas_login';
/** How long the browser has to fetch the last page. */
const LAST_PAGE_MS = 2000;

const secret = () => randomBytes(32).toString('base64url');

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

const refusal = (status: number, text: string): Answer => ({ status, body: page('Not logged in', text) });

/** @throws Failure if the port that was asked for is taken */
export async function listenForCallback(options: CallbackOptions): Promise<Callback> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5000, maxHeaderSize: 16_384 });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(error.code === 'EADDRINUSE' ? portTaken(options.port, error) : error);
    });
    server.listen(options.port, LOOPBACK, resolve);
  });
  const host = `${LOOPBACK}:${(server.address() as AddressInfo).port}`;
  const redirectUri = `http://${host}/callback`;
  const startPath = `/start/${secret()}`;
  const cookie = secret();
  const answer = Promise.withResolvers<URL>();
  const lastPage = Promise.withResolvers<string>();
  const shown = Promise.withResolvers<void>();
  let started = false;
  let called = false;

  const isOurBrowser = (request: IncomingMessage) =>
    (request.headers.cookie ?? '').split('; ').some((each) => same(each, `${COOKIE}=${cookie}`));

  function route(request: IncomingMessage): Answer {
    // A name of somebody else's that leads here (DNS rebinding) is not our name.
    if (request.headers.host !== host) return refusal(421, 'This is another address.');
    if (request.method !== 'GET') return { status: 405, headers: { allow: 'GET' } };
    const url = URL.parse(request.url ?? '', `http://${host}`);
    if (url === null) return refusal(400, 'This is no address.');
    if (same(url.pathname, startPath)) return start(request);
    if (url.pathname === '/callback') return callback(request, url);
    if (url.pathname === '/done' && called && isOurBrowser(request))
      return { status: 200, body: lastPage.promise };
    return refusal(404, 'There is nothing here.');
  }

  function start(request: IncomingMessage): Answer {
    // A browser that looks ahead has no person behind it.
    if (/prefetch|prerender/.test(String(request.headers['sec-purpose'] ?? request.headers['purpose'] ?? '')))
      return { status: 503 };
    if (started) return refusal(410, 'This login was opened before. Start it again in the terminal.');
    started = true;
    return {
      status: 303,
      headers: {
        location: options.authorizationUrl(redirectUri).href,
        'set-cookie': `${COOKIE}=${cookie}; HttpOnly; SameSite=Lax; Path=/`,
      },
    };
  }

  function callback(request: IncomingMessage, url: URL): Answer {
    const ours = isOurBrowser(request) && same(url.searchParams.get('state') ?? '', options.state);
    if (!ours) return refusal(400, 'This is not the login that was begun here.');
    if (called) return refusal(410, 'This login has had its answer.');
    called = true;
    const given = new URL(redirectUri);
    given.search = url.search;
    answer.resolve(given);
    // Sent on at once: the code does not stay in the address bar, nor in the browser's history (S-81).
    return { status: 303, headers: { location: '/done' } };
  }

  server.on('request', (request, response) => {
    const { status, headers, body } = route(request);
    void Promise.resolve(body).then((text) => {
      response.writeHead(status, { ...PAGE_HEADERS, ...headers, connection: 'close' }).end(text);
      if (request.url === '/done' && status === 200) response.once('close', () => shown.resolve());
    });
  });

  function close(): void {
    server.close();
    server.closeAllConnections();
  }

  return {
    startUrl: `http://${host}${startPath}`,
    answer: answer.promise,
    async finish(title, text) {
      lastPage.resolve(page(title, text));
      const timer = setTimeout(shown.resolve, LAST_PAGE_MS);
      await shown.promise;
      clearTimeout(timer);
      close();
    },
    close,
  };
}

function portTaken(port: number, cause: Error): Failure {
  return new Failure(`Port ${port} of --redirect-port is in use by another program`, {
    next: 'wait for the other login or stop that program; without --redirect-port the system chooses a free one',
    cause,
  });
}
