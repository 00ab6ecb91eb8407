/**
 * One HTTP/1.1 connection that sends a request and times its answer, and does nothing else: what a general client does
 * besides takes longer than some of the answers timed here.
 */
import { once } from 'node:events';
import { connect as connectPlain } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface Answer {
  /** From the request to the last byte of the answer. */
  readonly ms: number;
  readonly status: number;
  readonly text: string;
}

export interface Caller {
  /** One at a time. @throws Error when the connection ends meanwhile */
  post(path: string, body: string): Promise<Answer>;
  close(): void;
}

/** @param url `http://host:port` or `https://host:port`; who answers is not verified */
export async function openCaller(url: string): Promise<Caller> {
  const { protocol, hostname: host, port: portText } = new URL(url);
  const [secure, port] = [protocol === 'https:', Number(portText)];
  const socket = secure
    ? connectTls({ host, port, rejectUnauthorized: false })
    : connectPlain({ host, port });
  await once(socket, secure ? 'secureConnect' : 'connect');
  socket.setNoDelay(true);
  // One character a byte, so that lengths are right.
  socket.setEncoding('latin1');
  let received = '';
  let waiting: PromiseWithResolvers<number> | undefined;
  socket.on('data', (chunk: string) => {
    received += chunk;
    if (isWhole(received)) waiting?.resolve(performance.now());
  });
  for (const event of ['error', 'close'] as const) {
    socket.on(event, () => waiting?.reject(new Error(`${url} closed the connection`)));
  }
  return {
    async post(path, body) {
      const length = Buffer.byteLength(body);
      received = '';
      waiting = Promise.withResolvers<number>();
      const started = performance.now();
      socket.write(
        `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n${body}`,
      );
      const ended = await waiting.promise;
      return { ms: ended - started, status: Number(received.slice(9, 12)), text: bodyOf(received) };
    },
    close: () => void socket.destroy(),
  };
}

const END_OF_HEAD = '\r\n\r\n';
const LENGTH = /\r\ncontent-length: ?(\d+)\r\n/i;

function isWhole(received: string): boolean {
  const head = received.indexOf(END_OF_HEAD);
  if (head === -1) return false;
  const length = LENGTH.exec(received.slice(0, head + 2))?.[1];
  if (length === undefined) return received.endsWith('\r\n0\r\n\r\n');
  return received.length === head + END_OF_HEAD.length + Number(length);
}

function bodyOf(answer: string): string {
  const head = answer.indexOf(END_OF_HEAD) + END_OF_HEAD.length;
  if (LENGTH.test(answer.slice(0, head - 2))) return utf8(answer.slice(head));
  let body = '';
  for (let at = head; ;) {
    const line = answer.indexOf('\r\n', at);
    const size = Number.parseInt(answer.slice(at, line), 16);
    if (!(size > 0)) return utf8(body);
    body += answer.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}
