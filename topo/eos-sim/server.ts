import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createHash } from 'node:crypto';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { CommandError, Switch } from './switch.ts';
import type { FaultBoard, Faults } from './faults.ts';
import { generateHostKey, readHostKey } from './host-key.ts';
import { profileOf } from './profile.ts';
import { sshListener } from './ssh-listener.ts';
import type { SshListener } from './ssh-listener.ts';
import { Users } from './users.ts';
import type { SimUser } from './users.ts';

export interface EosSimOptions {
  readonly hostname: string;
  /** Ethernet1..ports exist. */
  readonly ports: number;
  /** Default 127.0.0.1. */
  readonly address?: string | undefined;
  /** Default 0: a free port. */
  readonly sshPort?: number | undefined;
  readonly users: readonly SimUser[];
  /** Private key, PEM or OpenSSH. Default: a new one. */
  readonly hostKey?: string | undefined;
  /** Asked for by `enable`; without it `enable` asks nothing. */
  readonly enablePassword?: string | undefined;
  /** Default 4.35.0F. */
  readonly version?: string | undefined;
  readonly serial?: string | undefined;
  /** Startup-config of a switch that was never saved. */
  readonly startupConfig?: string | undefined;
  /** Keeps startup-config across restarts of the process; what it holds wins over `startupConfig`. */
  readonly stateFile?: string | undefined;
  readonly faults?: Partial<Faults> | undefined;
  /** Also serves eAPI; over HTTPS with a certificate of its own when `tls`. Default not. */
  readonly eapi?: { readonly port?: number; readonly tls: boolean } | undefined;
  /** Time of commit timers and session ages. Default the machine's. */
  readonly clock?: Clock | undefined;
}

export interface EosSim {
  readonly hostname: string;
  readonly address: string;
  readonly sshPort: number;
  readonly eapiPort: number | undefined;
  /** `ssh-ed25519 AAAA…` */
  readonly hostKeyPublic: string;
  /** `SHA256:…` */
  readonly hostKeyFingerprint: string;
  /** The switch behind the CLI: sessions, timer, checkpoints. */
  readonly device: Switch;
  readonly users: Users;
  /** Switch faults by assignment: `sim.faults.latencyMs = 20`. */
  readonly faults: Faults;
  /** Switches faults on. @param times after so many strikes they switch themselves off */
  armFault(faults: Partial<Faults>, times?: number): void;
  clearFaults(): void;
  runningConfig(): string;
  startupConfig(): string;
  /** A change by hand, as from the console. @throws CommandError on a bad line */
  configure(...lines: string[]): void;
  /** Somebody else's pending session. */
  openForeignSession(name: string, ...lines: string[]): void;
  /** Somebody else's commit under a timer. */
  armForeignTimer(name: string, seconds: number, ...lines: string[]): void;
  /** Cuts all connections; with `reload` the switch also boots: sessions and what was not saved are lost. */
  restart(options?: { reload?: boolean }): void;
  /** Connections open now. */
  connections(): number;
  stop(): Promise<void>;
}

/** Starts one simulated switch. Specification: devices.md 1.5. @throws Error naming a bad option */
export async function startEosSim(options: EosSimOptions): Promise<EosSim> {
  if (!Number.isInteger(options.ports) || options.ports < 1 || options.ports > 1024) {
    throw new Error(`ports: ${options.ports} is not between 1 and 1024`);
  }
  const users = new Users(options.users);
  const hostKey = options.hostKey === undefined ? generateHostKey() : readHostKey(options.hostKey);
  const device = new Switch({
    hostname: options.hostname,
    hardware: { ports: options.ports },
    profile: profileOf(options.version ?? '4.35.0F'),
    clock: options.clock ?? systemClock,
    serial: options.serial ?? serialOf(options.hostname),
    startupConfig: readState(options.stateFile) ?? options.startupConfig,
    persist: options.stateFile === undefined ? undefined : writeState(options.stateFile),
  });
  device.faults.arm(options.faults ?? {});

  const listener = sshListener({ device, users, hostKey, enablePassword: options.enablePassword });
  const address = options.address ?? '127.0.0.1';
  const server = createServer((socket) => admit(device.faults, listener, socket));
  const sshPort = await listen(server, options.sshPort ?? 0, address);

  const eapi = options.eapi && (await openEapi(options, { ...options.eapi, device, users, address }));

  return {
    hostname: options.hostname,
    address,
    sshPort,
    eapiPort: eapi?.port,
    hostKeyPublic: hostKey.publicKey,
    hostKeyFingerprint: hostKey.fingerprint,
    device,
    users,
    faults: device.faults.current,
    armFault: (faults, times) => device.faults.arm(faults, times),
    clearFaults: () => device.faults.clear(),
    runningConfig: () => device.runningConfig(),
    startupConfig: () => device.startup ?? '',
    configure: (...lines) => device.configure(lines),
    openForeignSession(name, ...lines) {
      const session = device.openSession(name, 'someone', 'vty99');
      session.instances.clear();
      loadOrThrow(device, session.config, lines);
    },
    armForeignTimer(name, seconds, ...lines) {
      const session = device.openSession(name, 'someone', 'vty99');
      loadOrThrow(device, session.config, lines);
      device.commit(session, 'someone', seconds * 1000);
    },
    restart({ reload = false } = {}) {
      listener.closeAll();
      if (reload) device.reload();
    },
    connections: () => listener.connections(),
    async stop() {
      device.timer?.cancel();
      listener.closeAll();
      await Promise.all([eapi?.stop(), new Promise<void>((resolve) => server.close(() => resolve()))]);
    },
  };
}

/** Loaded only when asked for: it brings an HTTP server and a certificate maker with it. */
async function openEapi(
  options: EosSimOptions,
  eapi: { device: Switch; users: Users; address: string; port?: number; tls: boolean },
): Promise<{ port: number; stop(): Promise<void> }> {
  const { startEapi } = await import('./eapi.ts');
  const { selfSigned } = await import('./certificate.ts');
  return startEapi({
    ...eapi,
    enablePassword: options.enablePassword,
    port: eapi.port ?? 0,
    tls: eapi.tls ? await selfSigned(options.hostname, Date.now()) : undefined,
  });
}

function loadOrThrow(device: Switch, config: Switch['running'], lines: readonly string[]): void {
  const [bad] = device.load(config, lines.join('\n'));
  if (bad !== undefined) throw new CommandError(`${bad.error} at line ${bad.number}: ${bad.text}`);
}

/** More than any test opens; keeps a runaway client from exhausting the process. */
const MOST_CONNECTIONS = 500;

/** Lets a TCP connection in, unless a fault keeps it out. */
function admit(faults: FaultBoard, listener: SshListener, socket: Socket): void {
  // Nagle and delayed ACK cost 88 ms a command otherwise (latency.md).
  socket.setNoDelay(true);
  const full = listener.connections() >= (faults.current.connectionLimit ?? MOST_CONNECTIONS);
  if (full || listener.managementLost() || faults.strike('refuseConnections') !== undefined) {
    socket.on('error', () => {});
    socket.resetAndDestroy();
    return;
  }
  listener.accept(socket);
}

function listen(server: Server, port: number, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => resolve((server.address() as AddressInfo).port));
  });
}

function serialOf(hostname: string): string {
  return `SIM${createHash('sha256').update(hostname).digest('hex').slice(0, 12).toUpperCase()}`;
}

function readState(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Written whole or not at all. */
function writeState(file: string): (text: string) => void {
  return (text) => {
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
  };
}
