import { connect } from 'node:net';
import ssh2 from 'ssh2';
import type { ClientChannel, ConnectConfig } from 'ssh2';
import type { EosSim } from '../server.ts';

/** An interactive login to a simulated switch. */
export interface Shell {
  /** What came before the first prompt, and the prompt. */
  readonly greeting: string;
  /** Sends a line and returns all up to the next prompt, echo and prompt included. */
  command(line: string): Promise<string>;
  /** Sends bytes as they are. */
  send(text: string): void;
  /** All that arrives until it matches; rejects when the connection ends first. */
  until(pattern: RegExp): Promise<string>;
  /** Resolves when the channel or the connection is gone. */
  readonly closed: Promise<void>;
  close(): void;
}

/** At the start of a line, perhaps behind the terminal status request of the first prompt. */
export const PROMPT = /(?:^|[\r\n])(?:.\[5n)?[\w.()/,-]+[#>]$/;
const PATIENCE_MS = 10_000;

export type Credentials = Pick<ConnectConfig, 'username' | 'password' | 'privateKey' | 'tryKeyboard'>;

/** Connects, verifies the host key, and rejects when login fails. */
export function login(sim: EosSim, credentials: Credentials): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  const key = Buffer.from(sim.hostKeyPublic.split(' ')[1] ?? '', 'base64');
  const socket = connect({ host: sim.address, port: sim.sshPort, noDelay: true });
  return new Promise((resolve, reject) => {
    client.on('keyboard-interactive', (_name, _text, _language, _prompts, finish) => {
      finish([String(credentials.password)]);
    });
    client.once('ready', () => resolve(client));
    client.on('error', reject);
    client.once('close', () => reject(new Error('connection closed before login')));
    client.connect({ ...credentials, sock: socket, hostVerifier: (offered: Buffer) => offered.equals(key) });
  });
}

/** Opens a shell on a pty and waits for its prompt. @param rows height; the default pages */
export async function openShell(sim: EosSim, credentials: Credentials, rows = 24): Promise<Shell> {
  const client = await login(sim, credentials);
  const channel = await new Promise<ClientChannel>((resolve, reject) => {
    client.shell({ term: 'vt100', rows, cols: 80 }, (error, opened) =>
      error === undefined ? resolve(opened) : reject(error),
    );
  });
  let received = '';
  let ended = false;
  let notify = () => {};
  channel.on('data', (data: Buffer) => {
    received += data.toString();
    notify();
  });
  const closed = new Promise<void>((resolve) => {
    const end = () => {
      ended = true;
      notify();
      resolve();
    };
    channel.once('close', end);
    client.once('close', end);
  });

  const until = async (pattern: RegExp): Promise<string> => {
    const deadline = setTimeout(() => client.destroy(), PATIENCE_MS);
    try {
      while (!pattern.test(received)) {
        if (ended) throw new Error(`connection ended after ${JSON.stringify(received)}`);
        await new Promise<void>((resolve) => {
          notify = resolve;
        });
      }
    } finally {
      clearTimeout(deadline);
    }
    const text = received;
    received = '';
    return text;
  };
  const greeting = await until(PROMPT);
  return {
    greeting,
    until,
    closed,
    send: (text) => void channel.write(text),
    command(line) {
      channel.write(`${line}\n`);
      return until(PROMPT);
    },
    close: () => client.destroy(),
  };
}

/** Runs one exec request. @returns what it printed and its exit status */
export async function execute(
  sim: EosSim,
  credentials: Credentials,
  command: string,
): Promise<{ output: string; status: number | null }> {
  const client = await login(sim, credentials);
  try {
    return await new Promise((resolve, reject) => {
      client.exec(command, (error, channel) => {
        if (error !== undefined) {
          reject(error);
          return;
        }
        let output = '';
        let status: number | null = null;
        channel.on('data', (data: Buffer) => {
          output += data.toString();
        });
        channel.on('exit', (code: number | null) => {
          status = code;
        });
        channel.on('close', () => resolve({ output, status }));
      });
    });
  } finally {
    client.destroy();
  }
}
