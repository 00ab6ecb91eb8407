/** A real OIDC provider, a browser with a person in front of it, and the program as people run it: as processes. */
import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleCli } from '../../tools/cli/bundle.ts';
import { createAuthority } from '../../tools/controlplane/certificates.ts';
import { CLIENT_ID, startProvider } from '../../tools/identity/provider.ts';
import type { ProviderOptions, RunningProvider } from '../../tools/identity/provider.ts';
import { ended } from '../support/ended.ts';

export const ROOT = new URL('../../', import.meta.url).pathname;
const SOURCES = join(ROOT, 'services/cli/main.ts');
export const ANNA = 'anna@tenant-a.example';
export const BEN = 'ben@tenant-b.example';

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CallOptions {
  /** Added to the environment; undefined takes a variable away. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Runs the sources, not the bundle that people get. */
  readonly sources?: boolean;
  /** Stand before the program, such as `--import FILE`. */
  readonly nodeOptions?: readonly string[];
  /** Cluster that kubectl would name; default `https://cluster.example:6443`. */
  readonly cluster?: object | null;
  readonly interactive?: boolean;
  /** No file can get a byte longer, as on a full disk. */
  readonly fullDisk?: boolean;
}

export interface LoginStage {
  readonly folder: string;
  /** The program as people get it. */
  readonly program: string;
  /** For BROWSER: a person logs in as whom the page asks for. */
  readonly browser: string;
  /** Where logins are kept. */
  readonly logins: string;
  readonly issuer: string;
  readonly issuerCa: string;
  readonly certificateAuthority: string;
  readonly provider: RunningProvider;
  /** Options of a login of an account. */
  options(account?: string): string[];
  /** Runs `kubectl naas …`. */
  cli(words: readonly string[], options?: CallOptions): Promise<Result>;
  /** Runs `kubectl naas token …` for an account, as kubectl would. */
  token(account?: string, words?: readonly string[], options?: CallOptions): Promise<Result>;
  /** How many browser tabs were opened. */
  tabs(): Promise<number>;
  /** Path of the stored login; there must be one. */
  storedFile(): Promise<string>;
  /** Changes the stored login, as time or an intruder would. */
  editStored(change: (login: Record<string, unknown>) => void): Promise<void>;
  /** Stops the provider, and starts it again on the same address with what is given. */
  restartProvider(options?: Partial<ProviderOptions>): Promise<void>;
  stopProvider(): Promise<void>;
  close(): Promise<void>;
}

export const CLUSTER = { server: 'https://cluster.example:6443', 'certificate-authority-data': 'Y2E=' };

export async function loginStage(given: Partial<ProviderOptions> = {}): Promise<LoginStage> {
  const folder = await mkdtemp(join(tmpdir(), 'naas-login-'));
  const authority = await createAuthority('test-login', Date.now());
  const serving = await authority.issueServer('identity', ['127.0.0.1']);
  const accounts = [
    { name: 'anna', email: ANNA, groups: ['team-a'] },
    { name: 'ben', email: BEN },
    { name: 'tenant-a', email: 'user@tenant-a.example' },
    { name: 'tenant-b', email: 'user@tenant-b.example' },
  ];
  const start = (options: Partial<ProviderOptions>) =>
    startProvider({ certificate: serving.cert, key: serving.key, accounts, ...given, ...options });
  let provider = await start({});
  const port = Number(new URL(provider.issuer).port);
  const issuerCa = join(folder, 'issuer-ca.pem');
  await writeFile(issuerCa, authority.cert);
  const tabsFile = join(folder, 'tabs');
  const browser = join(folder, 'browser');
  await writeFile(
    browser,
    `#!/bin/sh\necho "$@" >> '${tabsFile}'\nexec '${process.execPath}' '${ROOT}tools/identity/browser.ts' --ca '${issuerCa}' "$1"\n`,
  );
  await chmod(browser, 0o755);
  const logins = join(folder, 'logins');
  const bundle = join(folder, 'kubectl-naas.cjs');
  await bundleCli(bundle);

  async function storedFile(): Promise<string> {
    const names = (await readdir(logins)).filter((name) => /^[0-9a-f]{32}\.json$/.test(name));
    if (names.length !== 1) throw new Error(`${names.length} logins are stored`);
    return join(logins, names[0] ?? '');
  }

  const options = (account = ANNA) => [
    ...['--issuer', provider.issuer, '--client-id', CLIENT_ID, '--account', account],
    ...['--issuer-ca', issuerCa, '--timeout', '60'],
  ];

  async function cli(words: readonly string[], call: CallOptions = {}): Promise<Result> {
    const spec = {
      interactive: call.interactive ?? false,
      ...(call.cluster !== null && { cluster: call.cluster ?? CLUSTER }),
    };
    const environment: Record<string, string | undefined> = {
      PATH: process.env['PATH'],
      HOME: folder,
      NAAS_LOGIN_FOLDER: logins,
      BROWSER: browser,
      KUBERNETES_EXEC_INFO: JSON.stringify({
        apiVersion: 'client.authentication.k8s.io/v1',
        kind: 'ExecCredential',
        spec,
      }),
      ...call.environment,
    };
    const started = [...(call.nodeOptions ?? []), call.sources === true ? SOURCES : bundle, ...words];
    const limited = call.fullDisk === true ? ['/bin/sh', '-c', 'ulimit -f 0; exec "$@"', 'sh'] : [];
    const [command = '', ...rest] = [...limited, process.execPath, ...started];
    const child = spawn(command, rest, {
      env: environment,
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 120_000,
    });
    return ended(child);
  }

  return {
    ...{ folder, program: bundle, browser, logins, issuerCa, options, cli, storedFile },
    certificateAuthority: authority.cert,
    issuer: provider.issuer,
    get provider() {
      return provider;
    },
    token: (account = ANNA, words = [], call = {}) => cli(['token', ...options(account), ...words], call),
    async tabs() {
      const lines = await readFile(tabsFile, 'utf8').catch(() => '');
      return lines.split('\n').length - 1;
    },
    async editStored(change) {
      const file = await storedFile();
      const login = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
      change(login);
      await writeFile(file, JSON.stringify(login));
    },
    async restartProvider(changes = {}) {
      await provider.stop();
      provider = await start({ port, ...changes });
    },
    stopProvider: () => provider.stop(),
    async close() {
      await provider.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The token in what the plugin prints, and its claims. */
export function credential(stdout: string): {
  token: string;
  expires: number;
  claims: Readonly<Record<string, unknown>>;
} {
  const { kind, status } = JSON.parse(stdout) as {
    kind: string;
    status: { token: string; expirationTimestamp: string };
  };
  if (kind !== 'ExecCredential') throw new Error(`Not a credential: ${kind}`);
  const payload = Buffer.from(status.token.split('.')[1] ?? '', 'base64url').toString();
  return {
    token: status.token,
    expires: Date.parse(status.expirationTimestamp),
    claims: JSON.parse(payload) as Record<string, unknown>,
  };
}
