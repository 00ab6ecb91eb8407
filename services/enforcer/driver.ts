import type { PortName } from '../../lib/ports/port.ts';

/** Where a switch is and who we are to it. Never logged. */
export interface Target {
  name: string;
  hostname: string;
  port: number;
  username?: string;
  password?: string;
  /** PEM or OpenSSH format. */
  privateKey?: string;
  /** Pinned keys: `ssh-ed25519 AAAA…` or `SHA256:…`. Empty: no password is ever sent. */
  hostKeys: readonly string[];
}

/** What a platform can do. The push asks these flags, never the platform's name. */
export interface Capabilities {
  /** The whole configuration is replaced in one step. Without it R2 must wait for a confirmed leaving. */
  readonly atomicReplace: boolean;
  /** The device itself says what a session would change. */
  readonly deviceDiff: boolean;
  /** A commit reverts by itself unless it is confirmed. */
  readonly confirmedCommit: boolean;
  /** Only one timer may be armed at a time. */
  readonly singleTimer: boolean;
  /** A confirm by name works from another connection, which proves that the switch can be reached. */
  readonly confirmFromNewConnection: boolean;
  /** The session can be printed as the running configuration would look. */
  readonly sessionPrint: boolean;
  /** A commit does not survive a reboot before it is saved. */
  readonly persistSeparately: boolean;
}

export interface Facts {
  serial?: string;
  version?: string;
  model?: string;
}

/** A candidate configuration that waits on the switch. */
export interface DeviceSession {
  name: string;
  /** Not yet committed, or committed under a timer. */
  pending: boolean;
}

export interface SessionState {
  sessions: readonly DeviceSession[];
  /** Name of the session whose commit timer is armed. */
  timer?: string;
}

/** One refusal in the switch's own words. */
export interface LoadProblem {
  /** 1-based line of the text that was loaded. */
  line?: number;
  /** The line as the switch repeated it. */
  text?: string;
  message: string;
}

/** An open connection. Calls are made one after the other. Each throws `DriverError`. */
export interface DeviceConnection {
  facts(): Promise<Facts>;
  sessions(): Promise<SessionState>;
  runningConfig(): Promise<string>;
  /** Opens an empty session: what is loaded into it is the whole configuration. */
  open(session: string): Promise<void>;
  /** Loads text into the open session. An empty answer means that every line was taken. */
  load(text: string): Promise<LoadProblem[]>;
  /** What the session would change, in the device's own form; empty when nothing. */
  diff(session: string): Promise<string>;
  /** The configuration of the session as the running configuration will print it. */
  print(session: string): Promise<string>;
  /** Commits the open session. The switch reverts by itself after `seconds` without `confirm`. */
  commit(session: string, seconds: number): Promise<void>;
  /** Makes a committed session stay. */
  confirm(session: string): Promise<void>;
  /** Throws a session away; reverts it when its timer is armed. A session that is gone is no error. */
  abort(session: string): Promise<void>;
  /** Keeps the running configuration over a reboot. */
  save(): Promise<void>;
  close(): void;
}

export interface ConnectOptions {
  signal: AbortSignal;
  /** For connection, login and first prompt together. */
  timeoutMs: number;
}

export interface Driver {
  readonly platform: string;
  readonly capabilities: Capabilities;
  connect(target: Target, options: ConnectOptions): Promise<DeviceConnection>;
  /** The port that a section header such as `interface Ethernet7` configures. */
  portOf(header: string): PortName | undefined;
  /** The separate section headers that one header means: `vlan 10,20` is `vlan 10` and `vlan 20`. */
  standsFor(header: string): readonly string[];
  /** Access that the switch would lose between two configurations; each a sentence. */
  lostAccess(before: string, after: string, login: string | undefined): string[];
}

/**
 * - `unreachable`: no connection, or lost: what the switch did is unknown
 * - `auth-failed`: the switch refused our credentials; trying again could lock the account
 * - `host-key-unknown`: not the switch we know, or none is known
 * - `refused`: the switch answered with an error
 * - `limit`: the switch has no room for another session or timer at the moment
 * - `protocol`: the other end does not behave like a switch of this platform
 */
export type DriverErrorKind =
  'unreachable' | 'auth-failed' | 'host-key-unknown' | 'refused' | 'limit' | 'protocol';

export class DriverError extends Error {
  override readonly name = 'DriverError';
  readonly kind: DriverErrorKind;

  constructor(kind: DriverErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** Whether the connection itself failed, so that the switch's state must be read again. */
export function isConnectionLost(error: unknown): boolean {
  return error instanceof DriverError && (error.kind === 'unreachable' || error.kind === 'protocol');
}
