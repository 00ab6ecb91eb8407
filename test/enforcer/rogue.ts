import { createServer } from 'node:net';
import type { AddressInfo, Server as TcpServer, Socket } from 'node:net';
import { after } from 'node:test';
import ssh2 from 'ssh2';
import type { Algorithms, AuthContext, ServerChannel } from 'ssh2';
import { newSshKeyPair } from '../../topo/eos-sim/ssh-key-pair.ts';

/** What somebody on the management network got to see. */
export interface Rogue {
  port: number;
  /** `ssh-ed25519 AAAA…` */
  publicKey: string;
  /** Methods by which a login was tried, and passwords that were sent. */
  methods: string[];
  passwords: string[];
}

/** An SSH server that is not the switch: notes every login, takes it if told so, and then does `shell`. */
export async function rogueSsh(options: {
  algorithms?: Algorithms;
  accept?: (auth: AuthContext) => boolean;
  shell?: (channel: ServerChannel) => void;
}): Promise<Rogue> {
  const { public: publicKey, private: privateKey } = newSshKeyPair();
  const rogue: Rogue = { port: 0, publicKey, methods: [], passwords: [] };
  const server = new ssh2.Server(
    {
      hostKeys: [privateKey],
      ...(options.algorithms === undefined ? {} : { algorithms: options.algorithms }),
    },
    (client) => {
      client.on('error', () => undefined);
      client.on('authentication', (auth) => {
        rogue.methods.push(auth.method);
        if (auth.method === 'password') rogue.passwords.push(auth.password);
        if (auth.method !== 'none' && options.accept?.(auth) === true) auth.accept();
        else auth.reject(['publickey', 'password', 'keyboard-interactive']);
      });
      client.on('session', (acceptSession) => {
        const session = acceptSession();
        session.on('pty', (accept) => accept?.());
        session.on('shell', (accept) => options.shell?.(accept()));
      });
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => new Promise<void>((resolve) => server.close(() => resolve())));
  rogue.port = (server.address() as AddressInfo).port;
  return rogue;
}

/** A TCP server that speaks no SSH. */
export async function rogueTcp(talk: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server: TcpServer = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

/** Writes as fast as the other end reads. */
export function flood(stream: NodeJS.WritableStream, text: string): void {
  const chunk = text.repeat(Math.ceil(65_536 / text.length));
  const state = { open: true };
  stream.on('close', () => (state.open = false));
  stream.on('error', () => (state.open = false));
  const more = (): void => {
    while (state.open && stream.write(chunk));
  };
  stream.on('drain', more);
  more();
}
