import type { Client } from '../../lib/kube/client.ts';
import { addedJitter } from '../../lib/kube/backoff.ts';
import { pause } from '../../lib/kube/clock.ts';
import type { Clock } from '../../lib/kube/clock.ts';
import { isAlreadyExists, isConflict, isNotFound, messageOf } from '../../lib/kube/errors.ts';
import type { Informer } from '../../lib/kube/informer.ts';
import type { Log } from '../../lib/kube/log.ts';
import type { Secret } from '../../lib/kube/resources.ts';
import type { Review } from '../review/admission-review.ts';
import { hashOf, readRecord, withChanges, writeRecord } from './people-record.ts';
import type { PeopleRecord } from './people-record.ts';

/** Secret in which all replicas remember who was behind each name. */
export const PEOPLE_SECRET = 'people';
const KEY = 'people';
/** Between two tries to write. */
const RETRY = { baseMs: 500, maxMs: 60_000 };

/** Notices when a name, such as an e-mail address, passes to another person: the rights it has pass along (S-77). */
export interface People {
  /**
   * Tells `onOtherPerson` if the name was another person's when it was last used, and remembers who uses it now, unless
   * it is a dry run. Accounts of the cluster, and people whose authentication gives no uid, are left out.
   */
  see(review: SeenReview): void;
  /** Makes the record if there is none. */
  start(): void;
  stop(): Promise<void>;
}

type SeenReview = Pick<Review, 'user' | 'userUid' | 'dryRun'>;

/** Keeps the record. Never in the way of a decision: what cannot be written yet is kept and tried again. */
export function people(options: {
  secrets: Pick<Client<Secret>, 'get' | 'create' | 'replace'>;
  informer: Pick<Informer<Secret>, 'store' | 'hasSynced'>;
  namespace: string;
  clock: Clock;
  log: Log;
  onOtherPerson: () => void;
}): People {
  const { secrets, informer, namespace, clock, log, onOtherPerson } = options;
  const place = { namespace, name: PEOPLE_SECRET };
  /** Of this replica, not stored yet, or not heard back yet. */
  let pending: PeopleRecord = new Map();
  let writing: Promise<void> | undefined;
  const stopping = new AbortController();
  let read: { secret: unknown; record: PeopleRecord } = { secret: undefined, record: new Map() };

  function record(): PeopleRecord {
    const secret = informer.store.get(`${namespace}/${PEOPLE_SECRET}`);
    if (secret !== read.secret) {
      read = { secret, record: recordOf(secret?.data) };
      pending = new Map([...pending].filter(([name, person]) => read.record.get(name) !== person));
    }
    return read.record;
  }

  async function store(): Promise<void> {
    const changes = pending;
    let stored: Secret | undefined;
    try {
      stored = await secrets.get(place);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    const before = recordOf(stored?.data);
    if (stored !== undefined && [...changes].every(([name, person]) => before.get(name) === person)) return;
    const data = { [KEY]: Buffer.from(writeRecord(withChanges(before, changes))).toString('base64') };
    if (stored !== undefined) await secrets.replace({ ...stored, data });
    else await secrets.create({ apiVersion: 'v1', kind: 'Secret', metadata: place, data });
  }

  async function storeAll(): Promise<void> {
    let failures = 0;
    try {
      while (!stopping.signal.aborted) {
        const begun = pending;
        try {
          await store();
          if (pending === begun) return;
          failures = 0;
        } catch (error) {
          // If another replica was faster, nothing is wrong.
          if (!isConflict(error) && !isAlreadyExists(error))
            log.error({ problem: messageOf(error) }, 'who is behind a name could not be remembered yet');
          failures += 1;
          await pause(clock, addedJitter(RETRY, failures, Math.random()), stopping.signal);
        }
      }
    } finally {
      writing = undefined;
    }
  }

  function write(): void {
    writing ??= storeAll();
  }

  return {
    see({ user, userUid, dryRun }) {
      if (userUid === '' || user.startsWith('system:') || !informer.hasSynced()) return;
      const known = record();
      const [name, person] = [hashOf(user), hashOf(userUid)];
      const before = pending.get(name) ?? known.get(name);
      if (before === person) return;
      if (!dryRun) {
        pending = withChanges(pending, new Map([[name, person]]));
        write();
      }
      if (before === undefined) return;
      onOtherPerson();
      log.warn({ user, userUid, dryRun }, 'this name was another person’s before');
    },
    start: write,
    async stop() {
      stopping.abort();
      await writing;
    },
  };
}

function recordOf(data: Readonly<Record<string, string>> | undefined): PeopleRecord {
  return readRecord(Buffer.from(data?.[KEY] ?? '', 'base64').toString());
}
