import { PLATFORM_NAMESPACE } from '../../../crds/names.ts';
import type { Job, Pod, Secret } from '../../../lib/kube/resources.ts';
import { INDEX_ANNOTATION, JOB_NAME_LABEL } from '../../../services/scheduler/job.ts';
import type { Cluster } from '../kubernetes/connection.ts';
import type { Process } from '../world/process.ts';
import { runEnforcer } from './enforcer.ts';
import type { LedgerVersion, Switch } from './switch.ts';

const namespace = PLATFORM_NAMESPACE;
/** `activeDeadlineSeconds` of a Job. */
const DEADLINE_MS = 180_000;

/** Job controller and kubelet: each slice of a Job gets a Pod, each Pod a process, and the end of a Pod is reported. */
export class Node {
  /** What each enforcer has read of the models, by its name. */
  readonly reads = new Map<string, Map<string, LedgerVersion>>();
  readonly #cluster: Cluster;
  readonly #process: Process;
  readonly #switches: ReadonlyMap<string, Switch>;
  readonly #skew: () => number;
  #pods = 0;

  constructor(
    cluster: Cluster,
    process: Process,
    switches: ReadonlyMap<string, Switch>,
    /** Milliseconds by which the clock of a Pod is ahead. */ skew: () => number,
  ) {
    this.#cluster = cluster;
    this.#process = process;
    this.#switches = switches;
    this.#skew = skew;
    cluster.store.onWrite(({ plural, before, after }) => {
      if (plural !== 'jobs' || before !== undefined || after === undefined) return;
      const job = after as Job;
      for (let index = 0; index < (job.spec?.completions ?? 1); index += 1) {
        const pod = index === 0 ? job.metadata.name : `${job.metadata.name}-${index}`;
        void cluster.world.turn(process, 'start pod', pod, () => this.#start(job, index));
      }
    });
  }

  /** The Pod counts as ended although its process may live: its node was given up. */
  giveUp(process: Process): void {
    this.#report(process.name, false);
  }

  #start(job: Job, index: number): void {
    const { world, server } = this.#cluster;
    this.#pods += 1;
    const name = `enforcer-${this.#pods}`;
    const { labels = {}, annotations = {} } = job.spec?.template.metadata ?? {};
    const pod: Pod = {
      metadata: {
        name,
        namespace,
        labels: { ...labels, [JOB_NAME_LABEL]: job.metadata.name },
        annotations: { ...annotations, [INDEX_ANNOTATION]: String(index) },
      },
      spec: { containers: [] },
      status: { phase: 'Running' },
    };
    server.answer({ method: 'POST', path: `/api/v1/namespaces/${namespace}/pods`, body: pod }, 'node');
    const secret: Secret | undefined = this.#cluster.store.get(
      'secrets',
      `${namespace}/${job.metadata.name}`,
    );
    const slice = Buffer.from(secret?.data?.[`slice-${index}.yaml`] ?? '', 'base64').toString();
    const env = job.spec?.template.spec?.containers[0]?.env ?? [];
    const asked = env.some((variable) => variable.name === 'NAAS_ASKED' && variable.value === 'true');
    const process = world.start(name, 'enforcer', this.#skew());
    world.story.tell(name, `starts for ${job.metadata.name}`);
    const read = new Map<string, LedgerVersion>();
    this.reads.set(name, read);
    const order = { job: job.metadata.name, pod: name, asked, slice, switches: this.#switches, read };
    this.#process.clock.after(DEADLINE_MS, () => world.kill(process, 'is killed: its Job took too long'));
    void runEnforcer(this.#cluster, process, order).then((well) => this.#ended(process, well));
  }

  #ended(process: Process, well: boolean): void {
    process.die();
    this.reportEnd(process, well);
  }

  /** Somebody has seen it end. */
  reportEnd(process: Process, well: boolean): void {
    const { world } = this.#cluster;
    void world.turn(this.#process, 'report pod', process.name, () => this.#report(process.name, well));
  }

  #report(name: string, well: boolean): void {
    const { store, server, world } = this.#cluster;
    const pod: Pod | undefined = store.get('pods', `${namespace}/${name}`);
    if (pod === undefined || pod.status?.phase !== 'Running') return;
    const finishedAt = new Date(world.timeline.now).toISOString();
    const phase = well ? 'Succeeded' : 'Failed';
    const state = { terminated: { exitCode: well ? 0 : 1, finishedAt } };
    const containerStatuses = [
      { name: 'enforcer', image: '', imageID: '', ready: false, restartCount: 0, state },
    ];
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    world.story.tell('node', `reports that ${name} has ${well ? 'ended' : 'failed'}`);
    server.answer({ method: 'PUT', path, body: { ...pod, status: { phase, containerStatuses } } }, 'node');
  }
}
