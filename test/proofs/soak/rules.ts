/** What may grow, by how much and from when on it is judged. What has no rule is told, not judged. */
import type { Rule } from './judgement.ts';
import type { Reading, What } from './probe/reading.ts';

/** Events live this long here instead of an hour, so that they expire within the run. */
export const EVENT_SECONDS = 300;
/** Jobs are removed 120 s after their end; with them go Pods and Secrets. */
const JOBS_SETTLE = 240;
/** The API server compacts etcd every five minutes, and keeps the last five: teeth that a window must hold several of. */
const ETCD = { settles: 900, lasts: 1500 };

/** Handles: a few connections more or less are open at any moment. A leak of one per hundred operations is found in the hour. */
const HANDLES: Rule = { settles: 20, allowance: 6 };
const FEW: Rule = { settles: 60, allowance: 3 };

const BY_WHAT: Readonly<Partial<Record<What, Rule>>> = {
  // The premise: nothing can be read from what rises with a load that rises, as on a machine that becomes less busy.
  'operations a minute': { settles: 300, allowance: 20 },
  'operations missing a minute': { settles: 300, allowance: 20 },
  // 2,700 operations run in the half hour that is judged: 0.8 KiB that each leaves behind are found.
  heap: { settles: 300, allowance: 2 },
  'outside heap': { settles: 300, allowance: 2 },
  // V8 and the allocator give memory back when they like: what only resident memory shows must be larger.
  memory: { settles: 600, allowance: 16 },
  threads: HANDLES,
  sockets: HANDLES,
  connections: HANDLES,
  'half-closed': HANDLES,
  files: HANDLES,
  'other handles': HANDLES,
  // New label values come with outcomes that were not seen before.
  'metric series': { settles: 300, allowance: 20 },
  'queued keys': HANDLES,
  'stored keys': { ...ETCD, allowance: 100 },
  database: { ...ETCD, allowance: 4 },
  'switch sessions': FEW,
  'switch connections': FEW,
  'files on disk': { settles: JOBS_SETTLE, allowance: 100 },
  'size on disk': { settles: JOBS_SETTLE, allowance: 8 },
};

const BY_KIND: Readonly<Record<string, Rule>> = {
  // As many as were made in the last two minutes: busy minutes have more.
  'jobs.batch': { settles: JOBS_SETTLE, allowance: 20 },
  pods: { settles: JOBS_SETTLE, allowance: 20 },
  secrets: { settles: JOBS_SETTLE, allowance: 20 },
  'events.events.k8s.io': { settles: EVENT_SECONDS + 120, allowance: 200 },
  'interfaces.network.as.a.service': { settles: 60, allowance: 10 },
};
const OTHER_KINDS: Rule = { settles: 60, allowance: 2 };

/** Written in Go by others: their memory follows their own caches. Their handles and what they store are judged. */
const NOT_OURS = new Set(['etcd', 'kube-apiserver', 'kube-controller-manager']);

/** @returns undefined: told only */
export function ruleFor({ subject, what }: Pick<Reading, 'subject' | 'what'>): Rule | undefined {
  if (what === 'memory' && NOT_OURS.has(subject)) return undefined;
  // Data, log and snapshots of etcd: what is in use is measured by itself.
  if (subject === '.naas/controlplane' || subject === '.naas/controlplane/etcd') return undefined;
  if (what === 'objects') return BY_KIND[subject] ?? OTHER_KINDS;
  return BY_WHAT[what];
}
