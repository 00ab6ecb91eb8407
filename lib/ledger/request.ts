import { RELEASE_FINALIZER } from '../../crds/names.ts';
import type { Interface } from '../../crds/types.gen.ts';

/** What the ledger needs to know of an Interface, as a GET showed it. */
export interface RequestFacts {
  namespace: string;
  name: string;
  uid: string;
  generation: number;
  /** It has a deletionTimestamp. Look at this first: deletion raises the generation. */
  deleting: boolean;
  /** Its finalizer is set. */
  guarded: boolean;
  attempt: number;
  accepted?: { generation: number; timestamp: string };
  /** Devices that may carry claims of it, by canonical name. */
  devices: readonly string[];
}

/** Reads the facts from an Interface of the API server. */
export function requestFacts(request: Interface): RequestFacts {
  const { metadata, status } = request;
  const accepted = status?.claim?.accepted;
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    uid: metadata.uid ?? '',
    generation: metadata.generation ?? 0,
    deleting: metadata.deletionTimestamp !== undefined,
    guarded: (metadata.finalizers ?? []).includes(RELEASE_FINALIZER),
    attempt: status?.claim?.attempt ?? 0,
    ...(accepted === undefined ? {} : { accepted }),
    devices: status?.claim?.devices ?? [],
  };
}

/** Whether this very generation of the request is accepted. */
export function isAccepted(facts: RequestFacts): boolean {
  return !facts.deleting && facts.accepted?.generation === facts.generation;
}

/**
 * Whether two reads of an Interface show the same claim: else what was found between them does not count.
 * Each of these values changes in one direction only, so equal values were equal all the time between.
 */
export function isUnchanged(a: Interface, b: Interface): boolean {
  const one = requestFacts(a);
  const two = requestFacts(b);
  return (
    one.uid === two.uid &&
    one.generation === two.generation &&
    one.attempt === two.attempt &&
    one.accepted?.generation === two.accepted?.generation &&
    one.accepted?.timestamp === two.accepted?.timestamp &&
    one.deleting === two.deleting &&
    one.guarded === two.guarded
  );
}
