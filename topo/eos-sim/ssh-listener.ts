import type { Socket } from 'node:net';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, ServerChannel, Session } from 'ssh2';
import { Cli } from './cli.ts';
import type { HostKey } from './host-key.ts';
import type { Switch } from './switch.ts';
import { Terminal } from './terminal.ts';
import type { Users } from './users.ts';

export interface SshListenerOptions {
  readonly device: Switch;
  readonly users: Users;
  readonly hostKey: HostKey;
  readonly enablePassword: string | undefined;
}

export interface SshListener {
  /** Serves a TCP connection. */
  accept(socket: Socket): void;
  connections(): number;
  /** A timed commit has cut management and has not been taken back. */
  managementLost(): boolean;
  closeAll(): void;
}

const MOST_AUTH_FAILURES = 6;
const LOGIN_GRACE_MS = 120_000;
/** OpenSSH's MaxSessions. */
const MOST_CHANNELS = 10;
const DEFAULT_ROWS = 24;
/** Bytes that may wait for a client to read them. */
const MOST_UNREAD = 16 * 1024 * 1024;

/** SSH in front of a switch: authentication, shells and exec channels. */
export function sshListener(options: SshListenerOptions): SshListener {
  const { device, users, hostKey } = options;
  const sockets = new Set<Socket>();
  let terminals = 0;
  let lastLogin: { at: number; from: string } | undefined;

  const server = new ssh2.Server({
    hostKeys: [hostKey.privateKey],
    ident: 'OpenSSH_8.7',
    // Read for each connection: the login banner changes with the configuration.
    get banner() {
      return bannerText(device, 'login').trimEnd(); // ssh2 ends it with a newline
    },
  });

  server.on('connection', (connection: Connection, info: { ip: string; port: number }) => {
    const socket = [...sockets].find(
      (each) => each.remotePort === info.port && each.remoteAddress === info.ip,
    );
    const sever = () => socket?.destroySoon();
    const grace = setTimeout(sever, LOGIN_GRACE_MS);
    grace.unref();
    let user = '';
    let failures = 0;
    let channels = 0;

    connection.on('error', () => {}); // a client that goes away is nothing to report
    connection.on('close', () => clearTimeout(grace));
    connection.on('authentication', (context: AuthContext) => {
      if (context.method !== 'none') failures += 1;
      if (failures > MOST_AUTH_FAILURES) {
        sever();
        return;
      }
      user = context.username;
      if (context.method !== 'none' && device.faults.strike('refuseAuth') !== undefined) context.reject();
      else users.authenticate(context);
    });
    connection.on('ready', () => {
      clearTimeout(grace);
      connection.on('session', (accept, reject) => {
        if (channels >= MOST_CHANNELS) {
          reject();
          return;
        }
        channels += 1;
        const session = accept();
        session.on('close', () => {
          channels -= 1;
        });
        terminals = (terminals % 900) + 1;
        const login = {
          user,
          privilege: users.privilege(user),
          terminal: `vty${terminals + 2}`,
          enablePassword: options.enablePassword,
        };
        const greeting = greetingText(device, lastLogin);
        lastLogin = { at: device.clock.now(), from: info.ip };
        serveSession(session, new Cli(device, login), greeting, sever);
      });
    });
  });

  return {
    accept(socket) {
      sockets.add(socket);
      socket.on('error', () => {}); // reported by the close that follows
      socket.on('close', () => sockets.delete(socket));
      server.injectSocket(socket);
    },
    connections: () => sockets.size,
    managementLost: () => device.timer?.managementLost === true,
    closeAll() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

function serveSession(session: Session, cli: Cli, greeting: string, sever: () => void): void {
  let rows: number | undefined;
  let terminal: Terminal | undefined;
  session.on('pty', (accept, _reject, info) => {
    rows = info.rows > 0 ? info.rows : DEFAULT_ROWS;
    accept?.();
  });
  session.on('window-change', (accept, _reject, info) => {
    accept?.();
    terminal?.resize(info.rows > 0 ? info.rows : DEFAULT_ROWS);
  });
  session.on('env', (accept) => accept?.());
  session.on('subsystem', (_accept, reject) => reject?.());
  session.on('shell', (accept) => {
    terminal = openTerminal(accept(), cli, rows, sever);
    terminal.start(greeting);
  });
  session.on('exec', (accept, _reject, info) => {
    const channel = accept();
    // EOS runs the lines of the command one after another and ends; nobody is asked to turn pages.
    terminal = openTerminal(channel, cli, undefined, sever, false);
    terminal.start('');
    terminal.receive(Buffer.from(`${info.command}\n`));
    terminal.inputEnded();
  });
}

function openTerminal(
  channel: ServerChannel,
  cli: Cli,
  rows: number | undefined,
  sever: () => void,
  readsInput = true,
): Terminal {
  const wire = {
    write(text: string) {
      channel.write(text);
      // A client that asks and never reads.
      if (channel.writableLength > MOST_UNREAD) sever();
    },
    end(status: number) {
      channel.exit(status);
      channel.end();
    },
    sever,
  };
  const terminal = new Terminal(cli, wire, { pty: rows !== undefined, rows: rows ?? 0 });
  channel.on('error', () => {});
  channel.on('close', () => terminal.closed());
  if (readsInput) {
    channel.on('data', (data: Buffer) => terminal.receive(data));
    channel.on('end', () => terminal.inputEnded());
  } else {
    channel.resume();
  }
  return terminal;
}

function bannerText(device: Switch, kind: 'login' | 'motd'): string {
  const lines = device.running.nodes.get(`banner ${kind}`)?.verbatim;
  return lines === undefined ? '' : `${lines.slice(0, -1).join('\n')}\n`;
}

/** `Last login: …` as in the recorded traces. */
function greetingText(device: Switch, last: { at: number; from: string } | undefined): string {
  const motd = bannerText(device, 'motd');
  if (last === undefined) return motd;
  const [, day, date, month, year, time] =
    /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(last.at).toUTCString()) ?? [];
  return `Last login: ${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year} from ${last.from}\n${motd}`;
}
