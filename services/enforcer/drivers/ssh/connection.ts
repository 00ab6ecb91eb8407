import { connect as connectSocket } from 'node:net';
import type { Socket } from 'node:net';
import type { ClientChannel } from 'ssh2';
import Client from 'ssh2/lib/client.js';

import type { ConnectOptions, Target } from '../../driver.ts';
import { DriverError } from '../../driver.ts';
import { algorithms } from './algorithms.ts';
import { credentialProblem, nextCredential } from './authentication.ts';
import { fingerprint, isPinned, pinnedKeyTypes } from './host-key.ts';

/** More than a key exchange with banners needs; a server that sends more is no switch (S-67). */
const MAX_LOGIN_BYTES = 256 * 1024;

/** A terminal on a switch. */
export interface SshTerminal {
  channel: ClientChannel;
  close(): void;
}

/**
 * Connects, verifies the host key, logs in and opens a terminal.
 * @throws DriverError `unreachable`, `host-key-unknown`, `auth-failed`
 */
export async function openTerminal(target: Target, options: ConnectOptions): Promise<SshTerminal> {
  const problem = credentialProblem(target);
  if (problem !== undefined) throw new DriverError('auth-failed', problem);
  if (target.hostKeys.length === 0 && target.privateKey === undefined) {
    // Without a key to sign with, all that could be done is to send a password to whoever answers.
    const seen = await seenHostKey(target, options);
    throw new DriverError('host-key-unknown', `No host key is pinned for ${target.name}; ${seen}`);
  }
  const deadline = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]);
  const socket = await openSocket(target, deadline);
  return login(target, socket, deadline);
}

async function openSocket(target: Target, deadline: AbortSignal): Promise<Socket> {
  // TCP_NODELAY: without it each command waits 88 ms for a delayed acknowledgement (latency.md).
  const socket = connectSocket({ host: target.hostname, port: target.port, noDelay: true });
  return new Promise((resolve, reject) => {
    const fail = (message: string, cause?: unknown): void => {
      socket.destroy();
      reject(new DriverError('unreachable', message, { cause }));
    };
    const onAbort = (): void => fail(`No answer from ${target.hostname}:${target.port} in time`);
    if (deadline.aborted) return onAbort();
    deadline.addEventListener('abort', onAbort, { once: true });
    socket.once('error', (cause) => {
      deadline.removeEventListener('abort', onAbort);
      fail(`Cannot connect to ${target.hostname}:${target.port}: ${cause.message}`, cause);
    });
    socket.once('connect', () => {
      deadline.removeEventListener('abort', onAbort);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function login(target: Target, socket: Socket, deadline: AbortSignal): Promise<SshTerminal> {
  const client = new Client();
  const tried: { tried: string[] } = { tried: [] };
  let refusedKey: string | undefined;

  return new Promise((resolve, reject) => {
    const close = (): void => {
      client.end();
      socket.destroy();
    };
    let settled = false;
    const fail = (error: DriverError): void => {
      if (settled) return;
      settled = true;
      deadline.removeEventListener('abort', onAbort);
      close();
      reject(error);
    };
    const onAbort = (): void => fail(new DriverError('unreachable', `Login to ${target.name} took too long`));
    if (deadline.aborted) return onAbort();
    deadline.addEventListener('abort', onAbort, { once: true });

    // ssh2 reports late errors as events too; without a listener they would end the process.
    client.on('error', (error: Error & { level?: string }) => fail(meaning(target, error, refusedKey)));
    client.on('close', () =>
      fail(new DriverError('unreachable', `${target.name} closed the connection at login`)),
    );
    client.on('ready', () => {
      client.shell({ term: 'vt100', cols: 511, rows: 24 }, (error, channel) => {
        if (error)
          return fail(new DriverError('unreachable', `${target.name} opens no terminal: ${error.message}`));
        if (settled) return;
        settled = true;
        deadline.removeEventListener('abort', onAbort);
        socket.off('data', capLogin);
        resolve({ channel, close });
      });
    });
    const capLogin = (): void => {
      if (socket.bytesRead > MAX_LOGIN_BYTES) {
        fail(
          new DriverError(
            'unreachable',
            `${target.name} sent more than ${MAX_LOGIN_BYTES} bytes before the login`,
          ),
        );
      }
    };
    socket.on('data', capLogin);

    try {
      client.connect({
        sock: socket,
        ...(target.username === undefined ? {} : { username: target.username }),
        readyTimeout: 0, // the deadline above covers the whole way, ssh2's would begin anew
        algorithms: algorithms(pinnedKeyTypes(target.hostKeys)),
        hostVerifier: (key: Buffer) => {
          // None pinned: a signature is worthless to anyone but this server, so a public key may be tried.
          if (target.hostKeys.length === 0 || isPinned(key, target.hostKeys)) return true;
          refusedKey = fingerprint(key);
          return false;
        },
        authHandler: (offered, _partial, next) => {
          const credential = nextCredential(target, tried, offered);
          // The types do not know that false gives up.
          next(credential as Parameters<typeof next>[0]);
        },
      });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      fail(
        new DriverError('auth-failed', `Credentials of ${target.name} cannot be used: ${reason}`, { cause }),
      );
    }
  });
}

function meaning(
  target: Target,
  error: Error & { level?: string },
  refusedKey: string | undefined,
): DriverError {
  if (refusedKey !== undefined) {
    const message = `${target.name} shows host key ${refusedKey}, which is not pinned in the inventory`;
    return new DriverError('host-key-unknown', message, { cause: error });
  }
  if (error.level === 'client-authentication') {
    if (target.hostKeys.length === 0) {
      const message = `No host key is pinned for ${target.name} and it refused our public key; no password was sent`;
      return new DriverError('host-key-unknown', message, { cause: error });
    }
    return new DriverError('auth-failed', `${target.name} refused the login`, { cause: error });
  }
  return new DriverError('unreachable', `SSH to ${target.name} failed: ${error.message}`, { cause: error });
}

/** Asks only for the host key, so that the message can say what to pin. Nothing about us is sent. */
async function seenHostKey(target: Target, options: ConnectOptions): Promise<string> {
  const shown = login(
    { ...target, hostKeys: ['SHA256:none'] },
    await openSocket(target, AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)])),
    AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)]),
  );
  try {
    (await shown).close();
    return 'no password was sent';
  } catch (error) {
    const key = error instanceof Error ? /SHA256:\S+?(?=,|$)/.exec(error.message)?.[0] : undefined;
    return key === undefined
      ? 'no password was sent'
      : `it shows ${key}; check it at the switch, then pin it in data.naas.hostKeys. No password was sent`;
  }
}
