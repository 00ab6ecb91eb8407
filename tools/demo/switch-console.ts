/** A person's SSH login to a switch: one command, its output. */
import { connect } from 'node:net';
import { Client } from 'ssh2';

export interface SwitchLogin {
  readonly address: string;
  readonly port: number;
  readonly username: string;
  readonly privateKey: string;
  /** Public host key as in known_hosts: `ssh-ed25519 AAAA…`. */
  readonly hostKey: string;
}

const LIMIT_MS = 20_000;

/**
 * Runs one command on a switch.
 *
 * @returns what the switch printed, lines ended by `\n`.
 * @throws on a host key other than the pinned one, a refused login or a time-out.
 */
export async function show(login: SwitchLogin, command: string): Promise<string> {
  const pinned = Buffer.from(login.hostKey.split(' ')[1] ?? '', 'base64');
  const socket = connect({ host: login.address, port: login.port, noDelay: true });
  const client = new Client();
  const signal = AbortSignal.timeout(LIMIT_MS);
  try {
    return await new Promise<string>((resolve, reject) => {
      signal.addEventListener('abort', () =>
        reject(new Error(`No answer to "${command}" in ${LIMIT_MS / 1000} s`)),
      );
      socket.once('error', reject);
      client.once('error', reject);
      client.once('ready', () => {
        client.exec(command, (error, channel) => {
          if (error !== undefined) {
            reject(error);
            return;
          }
          let output = '';
          channel.on('data', (chunk: Buffer) => (output += String(chunk)));
          channel.stderr.on('data', (chunk: Buffer) => (output += String(chunk)));
          channel.once('close', () => resolve(output.replaceAll('\r\n', '\n')));
        });
      });
      client.connect({
        sock: socket,
        username: login.username,
        privateKey: login.privateKey,
        readyTimeout: LIMIT_MS,
        hostVerifier: (key: Buffer) => key.equals(pinned),
      });
    });
  } finally {
    client.end();
    socket.destroy();
  }
}
