/** A real API server that knows the provider's people, two tenants' namespaces, and kubectl with the plugin beside it. */
import { spawn } from 'node:child_process';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connect } from '../../lib/kube/connection.ts';
import { apply, documents } from '../../tools/controlplane/apply.ts';
import { findBinary } from '../../tools/controlplane/binaries.ts';
import { installApi } from '../../tools/controlplane/install.ts';
import { startControlPlane } from '../../tools/controlplane/start.ts';
import type { ControlPlane } from '../../tools/controlplane/start.ts';
import { CLIENT_ID } from '../../tools/identity/provider.ts';
import { runCli } from '../cli/run-cli.ts';
import { until } from '../support/until.ts';
import { loginStage } from './stage.ts';
import type { LoginStage, Result } from './stage.ts';
import { ended } from '../support/ended.ts';

export interface ClusterStage {
  readonly login: LoginStage;
  readonly plane: ControlPlane;
  /** The kubeconfig of a person; there is none at first. */
  readonly kubeconfig: string;
  /** File with the API server's certificate authority. */
  readonly serverCa: string;
  /** Words that name the API server. */
  readonly server: readonly string[];
  /** Runs a program with `kubectl`, `kubectl-naas` and a person's browser at hand. */
  run(words: readonly string[], environment?: Readonly<Record<string, string | undefined>>): Promise<Result>;
  /** Applies objects as an administrator. */
  apply(yaml: string): Promise<void>;
  close(): Promise<void>;
}

const binding = (namespace: string, role: string, subject: string) => `
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: { name: member-${role}, namespace: ${namespace} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: ${role} }
subjects: [${subject}]
`;

const user = (name: string) => `{ apiGroup: rbac.authorization.k8s.io, kind: User, name: "${name}" }`;
const group = (name: string) => `{ apiGroup: rbac.authorization.k8s.io, kind: Group, name: "${name}" }`;

/** Anna is tenant-a's editor and, by her group, team-a's viewer; Ben is nobody here. */
const OBJECTS = [
  ...['tenant-a', 'tenant-b', 'team-a'].map(
    (name) => `apiVersion: v1\nkind: Namespace\nmetadata: { name: ${name} }\n`,
  ),
  binding('tenant-a', 'naas-tenant', user('oidc:anna@tenant-a.example')),
  binding('tenant-a', 'naas-tenant-viewer', user('oidc:user@tenant-a.example')),
  binding('team-a', 'naas-tenant-viewer', group('oidc:team-a')),
].join('---\n');

export async function clusterStage(): Promise<ClusterStage> {
  const login = await loginStage();
  const printed = await runCli([
    ...['setup', 'api-server', '--issuer', login.issuer, '--client-id', CLIENT_ID],
    ...['--issuer-ca', login.issuerCa, '--groups-claim', 'groups'],
  ]);
  const plane = await startControlPlane({
    controllerManager: false,
    authenticationConfiguration: printed.stdout,
  });
  await installApi(plane);
  const connection = await connect({ kubeconfig: plane.kubeconfig });
  const applyAll = async (yaml: string) => void (await apply(connection, documents(yaml)));
  await applyAll(OBJECTS);

  const bin = join(login.folder, 'bin');
  await mkdir(bin);
  await symlink(await findBinary('kubectl'), join(bin, 'kubectl'));
  await writeFile(
    join(bin, 'kubectl-naas'),
    `#!/bin/sh\nexec '${process.execPath}' '${login.program}' "$@"\n`,
  );
  await chmod(join(bin, 'kubectl-naas'), 0o755);
  const serverCa = join(login.folder, 'server-ca.pem');
  await writeFile(serverCa, plane.caPem);
  const kubeconfig = join(login.folder, 'kubeconfig');

  const stage: ClusterStage = {
    ...{ login, plane, kubeconfig, serverCa, apply: applyAll },
    server: ['--server', plane.server, '--certificate-authority', serverCa, '--cluster', 'lab'],
    async run([command = '', ...rest], environment = {}) {
      const child = spawn(command, rest, {
        cwd: login.folder,
        env: {
          ...{ PATH: `${bin}:${process.env['PATH']}`, HOME: login.folder, KUBECONFIG: kubeconfig },
          ...{ BROWSER: login.browser, KUBECACHEDIR: join(login.folder, 'kubectl-cache'), KUBERC: 'off' },
          ...environment,
        },
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 120_000,
      });
      return ended(child);
    },
    async close() {
      await connection.close();
      await plane.stop();
      await login.close();
    },
  };
  // The API server fetches the provider's keys in the background after its start.
  try {
    await until('the API server knows the provider', async () => {
      const { code, stderr } = await stage.run([
        'kubectl',
        'naas',
        'login',
        ...stage.server,
        ...login.options(),
      ]);
      if (code !== 0 && !stderr.includes('does not take logins')) throw new Error(stderr);
      return code === 0;
    });
  } catch (error) {
    await stage.close();
    throw error;
  }
  return stage;
}
