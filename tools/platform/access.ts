/** What people use: kubectl, a kubeconfig with a context for each of them, and logins to the switches. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ControlPlane } from '../controlplane/start.ts';
import { writeContexts } from './contexts.ts';
import { PLUGIN } from './command-line.ts';
import type { RunningIdentity } from './identity.ts';
import { knownHosts, sshConfig, type Switch } from './switches.ts';

export interface AccessOptions {
  readonly directory: string;
  /** Folder for keys and tokens. */
  readonly secrets: string;
  readonly plane: ControlPlane;
  readonly identity: RunningIdentity;
  readonly tenants: readonly string[];
  readonly switches: ReadonlyMap<string, Switch>;
  /** Programs that are put into `bin/`, by name. */
  readonly programs: Readonly<Record<string, string>>;
}

/** Writes `kubeconfig`, `ssh_config`, `known_hosts` and what is missing in `bin/`; returns the path of the kubeconfig. */
export async function writeAccess(options: AccessOptions): Promise<string> {
  const { directory, secrets, plane, identity } = options;
  const switches = [...options.switches.values()];
  const files = { identity: join(secrets, 'switch-login.key'), knownHosts: join(directory, 'known_hosts') };
  await writeFile(files.identity, switches[0]?.privateKey ?? '', { mode: 0o600 });
  await writeFile(files.knownHosts, knownHosts(switches));
  await writeFile(join(directory, 'ssh_config'), sshConfig(switches, files));
  await mkdir(join(directory, 'bin'), { recursive: true });
  for (const [name, path] of Object.entries(options.programs))
    await symlink(path, join(directory, 'bin', name));
  const kubeconfig = join(directory, 'kubeconfig');
  await writeContexts({
    file: kubeconfig,
    plugin: join(directory, 'bin', PLUGIN),
    browser: await writeTrialBrowser(join(directory, 'bin'), identity.caFile),
    logins: join(secrets, 'logins'),
    server: plane.server,
    caPem: plane.caPem,
    admin: { certificate: plane.admin.cert, key: plane.admin.key },
    issuer: identity.issuer,
    issuerCaFile: identity.caFile,
    tenants: options.tenants,
  });
  return kubeconfig;
}

/** A program for BROWSER that logs a trial account in; returns its path. */
async function writeTrialBrowser(bin: string, caFile: string): Promise<string> {
  const script = new URL('../identity/browser.ts', import.meta.url).pathname;
  const file = join(bin, 'trial-browser');
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${script}' --ca '${caFile}' "$@"\n`, {
    mode: 0o755,
  });
  return file;
}
