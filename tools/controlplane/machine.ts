import { execFile } from 'node:child_process';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { EnvHttpProxyAgent, fetch } from 'undici';

/** What the search for binaries needs of the machine; tests give another one. */
export interface Machine {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** In Go's words, such as "linux" and "amd64". */
  readonly os: string;
  readonly arch: string;
  readonly home: string;
  /** Runs a program to its end. Rejected if it cannot be started at all. */
  run(command: string, args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** GET, redirects followed. Rejected if nobody answers soon. */
  download(url: string): Promise<Download>;
}

export interface RunOptions {
  readonly directory?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface RunResult {
  /** Undefined if a signal or the time limit ended it. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Download {
  readonly status: number;
  readonly body: AsyncIterable<Uint8Array>;
}

const CONNECT_TIMEOUT_MS = 3000;
const STALL_TIMEOUT_MS = 30_000;

/** This machine. */
export function thisMachine(): Machine {
  // Proxies are honoured as every other downloader does: HTTPS_PROXY, NO_PROXY.
  let agent: EnvHttpProxyAgent | undefined;
  // Hosts that did not answer: asking again would only cost the time limit again.
  const unreachable = new Map<string, unknown>();
  return {
    env: process.env,
    os: process.platform,
    arch: process.arch === 'x64' ? 'amd64' : process.arch,
    home: homedir(),
    run: (command, args, options = {}) =>
      new Promise((resolve, reject) => {
        execFile(
          command,
          [...args],
          {
            cwd: options.directory,
            env: { ...process.env, ...options.env },
            timeout: options.timeoutMs ?? 0,
            maxBuffer: 64 * 1024 * 1024,
          },
          (error, stdout, stderr) => {
            if (error === null) return resolve({ code: 0, stdout, stderr });
            if (typeof error.code === 'string') return reject(error);
            resolve({ code: error.code ?? undefined, stdout, stderr });
          },
        );
      }),
    async download(url) {
      agent ??= new EnvHttpProxyAgent({
        connect: { timeout: CONNECT_TIMEOUT_MS },
        headersTimeout: STALL_TIMEOUT_MS,
        bodyTimeout: STALL_TIMEOUT_MS,
      });
      const { host } = new URL(url);
      if (unreachable.has(host)) throw unreachable.get(host);
      try {
        const response = await fetch(url, { dispatcher: agent });
        return { status: response.status, body: response.body ?? empty() };
      } catch (error) {
        unreachable.set(host, error);
        throw error;
      }
    },
  };
}

async function* empty(): AsyncIterable<Uint8Array> {}

/** Folder for what may be deleted at any time: XDG base directory specification. */
export function cacheDirectory(machine: Pick<Machine, 'env' | 'home'>): string {
  const base = machine.env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(machine.home, '.cache') : base, 'naas');
}
