/** Pods on a node, whoever runs them, and what they tell. */
import assert from 'node:assert/strict';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { isNotFound } from '../../lib/kube/errors.ts';
import { JOBS, PODS, type Job, type Pod } from '../../lib/kube/resources.ts';
import { until } from '../support/until.ts';
import { kubectl } from '../support/kubectl.ts';

export type PodSpec = NonNullable<Pod['spec']>;
export type Container = PodSpec['containers'][number];

export interface PodWorldOptions {
  readonly connection: Connection;
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly image: string;
  /** What brings the probe to `/app/probe.mjs`, where the image does not have it. */
  readonly volume?: PodSpec['volumes'];
  readonly mount?: Container['volumeMounts'];
}

/** Longest wait for a Pod, in ms; a loaded machine starts containers slowly. */
const LONGEST_MS = 60_000;

/** Does as its arguments say: what the containers of these tests run. */
export const PROBE = `
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
const [what, value] = process.argv.slice(2);
process.on('SIGTERM', () => { console.log('SIGTERM'); if (what !== 'stubborn') process.exit(what === 'polite' ? 0 : 143); });
if (what === 'exit') { console.log('bye'); process.exit(Number(value)); }
if (what === 'environment') console.log(JSON.stringify({ env: process.env, argv: process.argv.slice(2), cwd: process.cwd() }));
if (what === 'files') console.log(JSON.stringify(readdirSync(value).filter((name) => !name.startsWith('..')).map((name) => [name, readFileSync(value + '/' + name, 'utf8'), (statSync(value + '/' + name).mode & 0o777).toString(8)])));
if (what === 'count') { let n = 0; console.error('begin'); const timer = setInterval(() => { console.log('line ' + (n += 1)); if (n === Number(value)) clearInterval(timer); }, 100); }
if (what === 'wait' || what === 'stubborn' || what === 'polite') { console.log('pid ' + process.pid); setInterval(() => {}, 1000); }
if (what === 'family') { const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' }); console.log('pid ' + child.pid); setInterval(() => {}, 1000); }
if (what === 'connect') {
  const { connect } = await import('node:net');
  const [host, port] = value.split(',');
  const socket = connect({ host, port: Number(port), timeout: 5000 });
  const tell = (words) => { console.log(words); process.exit(0); };
  socket.once('connect', () => tell('connected')).once('error', (error) => tell(error.code)).once('timeout', () => tell('no answer'));
}
if (what === 'whoami') {
  const config = JSON.parse(readFileSync(process.env.KUBECONFIG, 'utf8'));
  const token = readFileSync(config.users[0].user.tokenFile, 'utf8');
  process.env.NODE_EXTRA_CA_CERTS = '';
  const { request } = await import('node:https');
  const body = JSON.stringify({ apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' });
  const call = request(config.clusters[0].cluster.server + '/apis/authentication.k8s.io/v1/selfsubjectreviews', { method: 'POST', ca: readFileSync(config.clusters[0].cluster['certificate-authority']), headers: { authorization: 'Bearer ' + token, 'content-type': 'application/json' } }, (response) => { let text = ''; response.on('data', (part) => (text += part)); response.on('end', () => console.log(JSON.parse(text).status.userInfo.username)); });
  call.end(body);
}
`;

export type PodWorld = ReturnType<typeof podWorld>;

/** What tests do with Pods and Jobs whose containers run the probe. */
export function podWorld(options: PodWorldOptions) {
  const { connection, namespace, image, kubeconfig, volume = [], mount = [] } = options;
  const pods = client(connection, PODS);
  const jobs = client(connection, JOBS);
  const podSpec = (
    args: readonly string[],
    container: Partial<Container>,
    spec: Partial<PodSpec>,
  ): PodSpec => ({
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: 2,
    ...spec,
    volumes: [...(spec.volumes ?? []), ...volume],
    containers: [
      {
        ...{ name: 'main', image, command: ['node', '/app/probe.mjs'], args: [...args] },
        ...container,
        volumeMounts: [...(container.volumeMounts ?? []), ...mount],
      },
    ],
  });

  async function logs(name: string, ...words: string[]): Promise<string> {
    const { stdout, stderr, code } = await kubectl(kubeconfig, ['logs', '-n', namespace, name, ...words]);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  return {
    ...{ connection, namespace, kubeconfig, pods, jobs, logs },
    run: (
      name: string,
      args: string[],
      container: Partial<Container> = {},
      spec: Partial<PodSpec> = {},
    ): Promise<Pod> =>
      pods.create({
        metadata: { name, namespace, labels: { app: 'test' }, annotations: { note: 'hello' } },
        spec: podSpec(args, container, spec),
      }),
    runJob: (name: string, args: string[], spec: Partial<NonNullable<Job['spec']>>): Promise<Job> =>
      jobs.create({
        metadata: { name, namespace },
        spec: { backoffLimit: 0, ...spec, template: { metadata: { name: '' }, spec: podSpec(args, {}, {}) } },
      }),
    phase: (name: string, wanted: string): Promise<Pod> =>
      until(
        `${name} ${wanted}`,
        async () => {
          const pod = await pods.get({ namespace, name });
          return pod.status?.phase === wanted ? pod : undefined;
        },
        LONGEST_MS,
      ),
    gone: (name: string): Promise<true> =>
      until(
        `${name} gone`,
        async () => {
          try {
            await pods.get({ namespace, name });
            return undefined;
          } catch (error) {
            if (isNotFound(error)) return true;
            throw error;
          }
        },
        LONGEST_MS,
      ),
    condition: (job: string, wanted: string) =>
      until(
        `${job} ${wanted}`,
        async () => {
          const { status } = await jobs.get({ namespace, name: job });
          return status?.conditions?.find(({ type, status }) => type === wanted && status === 'True');
        },
        LONGEST_MS,
      ),
  };
}

/** How the Pod's container ended. */
export function terminated(pod: Pod) {
  return pod.status?.containerStatuses?.[0]?.state?.terminated;
}
