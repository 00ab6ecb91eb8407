/** What a Pod may expect of its node: held against the local platform's node agent and a real kubelet alike. */
import assert from 'node:assert/strict';
import { client } from '../../lib/kube/client.ts';
import { CONFIG_MAPS, SECRETS } from '../../lib/kube/resources.ts';
import { until } from '../support/until.ts';
import { kubectl } from '../support/kubectl.ts';
import { terminated, type PodWorld } from './pod-world.ts';

/** Names of the expectations and what holds a node to them. Each leaves the namespace to the next as it is. */
export const POD_EXPECTATIONS: Readonly<Record<string, (world: PodWorld) => Promise<void>>> = {
  async 'a Pod that ends well succeeds, one that does not fails, with exit code and times'(world) {
    await world.run('good', ['exit', '0']);
    await world.run('bad', ['exit', '7']);
    const good = await world.phase('good', 'Succeeded');
    assert.deepEqual([terminated(good)?.exitCode, terminated(good)?.reason], [0, 'Completed']);
    assert.ok(good.status?.startTime);
    assert.ok(good.spec?.nodeName);
    const bad = await world.phase('bad', 'Failed');
    assert.deepEqual([terminated(bad)?.exitCode, terminated(bad)?.reason], [7, 'Error']);
    const { startedAt = '', finishedAt = '' } = terminated(bad) ?? {};
    assert.ok(Date.parse(finishedAt) >= Date.parse(startedAt));
    assert.equal(bad.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'False');
  },

  async 'a container gets the environment that its Pod says'(world) {
    const { namespace } = world;
    await client(world.connection, CONFIG_MAPS).create({
      metadata: { name: 'palette', namespace },
      data: { colour: 'blue' },
    });
    await client(world.connection, SECRETS).create({
      metadata: { name: 'password', namespace },
      data: { word: Buffer.from('xyzzy').toString('base64') },
    });
    await world.run('surroundings', ['environment', '$(COLOUR)', '$(NONE)'], {
      env: [
        { name: 'PLAIN', value: 'text' },
        { name: 'COLOUR', valueFrom: { configMapKeyRef: { name: 'palette', key: 'colour' } } },
        { name: 'WORD', valueFrom: { secretKeyRef: { name: 'password', key: 'word' } } },
        { name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } },
        { name: 'NOTE', valueFrom: { fieldRef: { fieldPath: "metadata.annotations['note']" } } },
        { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
        { name: 'BOTH', value: '$(PLAIN)-$(COLOUR)-$$(PLAIN)' },
        { name: 'ABSENT', valueFrom: { configMapKeyRef: { name: 'palette', key: 'none', optional: true } } },
      ],
      envFrom: [{ configMapRef: { name: 'palette' }, prefix: 'ALL_' }],
      resources: { limits: { cpu: '500m' } },
    });
    const pod = await world.phase('surroundings', 'Succeeded');
    const { env, argv } = JSON.parse(await world.logs('surroundings')) as {
      env: Record<string, string>;
      argv: string[];
    };
    assert.deepEqual(argv, ['environment', 'blue', '$(NONE)']);
    const expected = {
      ...{
        PLAIN: 'text',
        COLOUR: 'blue',
        WORD: 'xyzzy',
        NODE: pod.spec?.nodeName,
        NOTE: 'hello',
        CPU: '500',
      },
      ...{ BOTH: 'text-blue-$(PLAIN)', ALL_colour: 'blue', HOSTNAME: 'surroundings', ABSENT: undefined },
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(env[name], value, name);
  },

  async 'a mount holds Secrets, ConfigMaps, tokens and fields of its Pod'(world) {
    await world.run(
      'shelf',
      ['files', '/etc/mixed'],
      { volumeMounts: [{ name: 'mixed', mountPath: '/etc/mixed' }] },
      {
        volumes: [
          {
            name: 'mixed',
            projected: {
              sources: [
                { secret: { name: 'password', items: [{ key: 'word', path: 'secret' }] } },
                { configMap: { name: 'palette' } },
                { serviceAccountToken: { path: 'token', audience: 'elsewhere', expirationSeconds: 600 } },
                { downwardAPI: { items: [{ path: 'labels', fieldRef: { fieldPath: 'metadata.labels' } }] } },
              ],
            },
          },
        ],
      },
    );
    const pod = await world.phase('shelf', 'Succeeded');
    const files = JSON.parse(await world.logs('shelf')) as [name: string, content: string][];
    const byName = new Map(files.map(([name, content]) => [name, content]));
    assert.deepEqual([...byName.keys()].sort(), ['colour', 'labels', 'secret', 'token']);
    assert.equal(byName.get('secret'), 'xyzzy');
    assert.equal(byName.get('colour'), 'blue');
    assert.equal(byName.get('labels'), 'app="test"');
    const claims = Buffer.from(byName.get('token')?.split('.')[1] ?? '', 'base64url').toString();
    const token = JSON.parse(claims) as { aud: string[]; 'kubernetes.io': { pod: { uid: string } } };
    assert.deepEqual(token.aud, ['elsewhere']);
    assert.equal(token['kubernetes.io'].pod.uid, pod.metadata.uid);
  },

  async 'a Pod waits for what its mounts lack, and starts when it is there'(world) {
    await world.run(
      'patient',
      ['files', '/etc/late'],
      { volumeMounts: [{ name: 'late', mountPath: '/etc/late' }] },
      { volumes: [{ name: 'late', secret: { secretName: 'tardy' } }] },
    );
    const pod = await until('a reason', async () => {
      const stored = await world.pods.get({ namespace: world.namespace, name: 'patient' });
      return stored.status?.containerStatuses?.[0]?.state?.waiting?.reason === undefined ? undefined : stored;
    });
    assert.equal(pod.status?.phase, 'Pending');
    assert.equal(pod.status.containerStatuses?.[0]?.state?.waiting?.reason, 'ContainerCreating');
    await client(world.connection, SECRETS).create({
      metadata: { name: 'tardy', namespace: world.namespace },
      data: {},
    });
    await world.phase('patient', 'Succeeded');
  },

  async 'kubectl logs: all, the end, with times, followed until the end, of a running Pod and of one that has ended'(
    world,
  ) {
    await world.run('counting', ['count', '8']);
    const { logs } = world;
    await until('it has begun', async () => {
      const { status } = await world.pods.get({ namespace: world.namespace, name: 'counting' });
      return status?.phase === 'Running' || status?.phase === 'Succeeded' ? true : undefined;
    });
    const followed = await logs('counting', '-f');
    const all = ['begin', ...Array.from({ length: 8 }, (_, index) => `line ${index + 1}`)];
    assert.deepEqual(followed.trim().split('\n'), all);
    await world.phase('counting', 'Succeeded');
    assert.equal(await logs('counting'), followed);
    assert.equal(await logs('counting', '--tail=2'), 'line 7\nline 8\n');
    assert.match(await logs('counting', '--timestamps', '--tail=1'), /^\d{4}-\d\d-\d\dT[\d:.]+Z line 8\n$/);
    assert.equal(await logs('counting', '--since=1h'), followed);
    assert.equal(await logs('counting', '--since-time=2100-01-01T00:00:00Z'), '');
    assert.equal(await logs('counting', '--limit-bytes=5'), 'begin');
    const previous = await kubectl(world.kubeconfig, [
      ...['logs', '-n', world.namespace, 'counting', '--previous'],
    ]);
    assert.notEqual(previous.code, 0);
    assert.match(previous.stderr, /previous terminated container "main" in pod "counting" not found/);
  },

  async 'a deleted Pod gets SIGTERM, and SIGKILL after its grace period; then the object goes'(world) {
    await world.run('obedient', ['polite']);
    await world.run('defiant', ['stubborn'], {}, { terminationGracePeriodSeconds: 1 });
    await Promise.all(['obedient', 'defiant'].map((name) => world.phase(name, 'Running')));
    const followed = ['obedient', 'defiant'].map((name) => world.logs(name, '-f'));
    for (const name of ['obedient', 'defiant'])
      await until(`${name} listens`, async () => /pid \d+/.test(await world.logs(name)) || undefined);
    for (const name of ['obedient', 'defiant']) await world.pods.delete({ namespace: world.namespace, name });
    await Promise.all(['obedient', 'defiant'].map((name) => world.gone(name)));
    for (const text of await Promise.all(followed)) assert.match(text, /SIGTERM/);
  },

  async 'a Pod past its deadline is killed and says why'(world) {
    await world.run('overdue', ['wait'], {}, { activeDeadlineSeconds: 1 });
    const pod = await world.phase('overdue', 'Failed');
    assert.equal(pod.status?.reason, 'DeadlineExceeded');
  },

  async 'a Job is done by the real Job controller; after its time to live nothing is left'(world) {
    const { namespace } = world;
    await world.runJob('short', ['exit', '0'], { ttlSecondsAfterFinished: 1 });
    await world.runJob('failing', ['exit', '3'], {});
    await world.runJob('endless', ['wait'], { activeDeadlineSeconds: 1 });
    await world.condition('failing', 'Failed');
    const late = (await world.condition('endless', 'Failed')) as { reason?: string };
    assert.equal(late.reason, 'DeadlineExceeded');
    await until(
      'short and its Pod gone',
      async () => {
        const left = [
          ...(await world.jobs.list({ namespace })).items,
          ...(await world.pods.list({ namespace })).items,
        ];
        return left.some(({ metadata }) => metadata.name.startsWith('short')) ? undefined : true;
      },
      60_000,
    );
  },
};
