import { GROUP, VERSION } from '../../crds/names.ts';
import type { ObjectMeta } from '../../crds/object-meta.ts';

/** What the API server asks (admission.k8s.io/v1), as far as it is used here. */
export interface Review {
  uid: string;
  operation: 'CREATE' | 'UPDATE';
  namespace: string;
  /** Empty for an object that still has only `generateName` (S-38). */
  name: string;
  user: string;
  /** What the API server's authentication gives as uid: `sub` of a token; '' if it gives none. */
  userUid: string;
  dryRun: boolean;
  object: ReviewedObject;
  /** On UPDATE. */
  oldObject?: ReviewedObject;
}

/** An Interface as it arrives: mutation sees it before the schema does, so nothing about `spec` is certain. */
export interface ReviewedObject {
  readonly metadata: ObjectMeta;
  readonly spec?: unknown;
  readonly [field: string]: unknown;
}

/** A review that cannot be answered as such. `uid` is set where the answer can still be a denial. */
export class ReviewError extends Error {
  override readonly name = 'ReviewError';
  readonly uid: string | undefined;
  constructor(message: string, uid?: string) {
    super(message);
    this.uid = uid;
  }
}

const MAX_UID = 128;

/**
 * Checks that a body is a review of an Interface, and that its parts agree with each other (S-41).
 * @throws ReviewError that says what is wrong, with the review's uid if it has a usable one
 */
export function readReview(body: unknown): Review {
  if (!isRecord(body)) throw new ReviewError('the body is not an object');
  if (body['apiVersion'] !== 'admission.k8s.io/v1' || body['kind'] !== 'AdmissionReview') {
    throw new ReviewError('the body is not an AdmissionReview of admission.k8s.io/v1');
  }
  const request = body['request'];
  if (!isRecord(request)) throw new ReviewError('request is missing');
  const uid = request['uid'];
  if (typeof uid !== 'string' || uid === '' || uid.length > MAX_UID) {
    throw new ReviewError('request.uid is missing');
  }
  const refuse = (message: string): never => {
    throw new ReviewError(message, uid);
  };
  const operation = request['operation'];
  if (operation !== 'CREATE' && operation !== 'UPDATE')
    return refuse('request.operation must be CREATE or UPDATE');
  if (!isNamed(request['kind'], 'kind', 'Interface')) refuse('request.kind is not Interface');
  if (!isNamed(request['resource'], 'resource', 'interfaces')) refuse('request.resource is not interfaces');
  const sub = request['subResource'];
  if (sub !== undefined && sub !== '') refuse('request.subResource is not reviewed here');
  const namespace = request['namespace'];
  if (typeof namespace !== 'string' || namespace === '') return refuse('request.namespace is missing');
  const object = readObject(request['object'], namespace);
  if (typeof object === 'string') return refuse(`request.object ${object}`);
  const name = object.metadata.name ?? '';
  const asked = request['name'] ?? '';
  if (asked !== '' && name !== '' && asked !== name) refuse('request.name is not the name of request.object');
  const userInfo = request['userInfo'];
  const ofUser = (field: string) => {
    const value = isRecord(userInfo) ? userInfo[field] : undefined;
    return typeof value === 'string' ? value : '';
  };
  const review: Review = {
    uid,
    operation,
    namespace,
    name,
    user: ofUser('username'),
    userUid: ofUser('uid'),
    dryRun: request['dryRun'] === true,
    object,
  };
  if (operation === 'CREATE') return review;
  const oldObject = readObject(request['oldObject'], namespace);
  if (typeof oldObject === 'string') return refuse(`request.oldObject ${oldObject}`);
  // A replace may leave the uid to the API server: `kubectl replace` does.
  if (object.metadata.uid !== undefined && object.metadata.uid !== oldObject.metadata.uid)
    refuse('request.oldObject has another uid than request.object');
  return { ...review, oldObject };
}

function readObject(value: unknown, namespace: string): ReviewedObject | string {
  if (!isRecord(value)) return 'is missing';
  if (value['apiVersion'] !== `${GROUP}/${VERSION}` || value['kind'] !== 'Interface') {
    return `is not an Interface of ${GROUP}/${VERSION}`;
  }
  const metadata = value['metadata'];
  if (!isRecord(metadata)) return 'has no metadata';
  // The API server fills the namespace in before admission; an object of another one is forged.
  if (metadata['namespace'] !== undefined && metadata['namespace'] !== namespace)
    return 'is of another namespace';
  for (const field of ['name', 'uid'] as const) {
    const text = metadata[field];
    if (text !== undefined && typeof text !== 'string') return `has a metadata.${field} that is not text`;
  }
  const annotations = metadata['annotations'];
  if (annotations !== undefined && !isRecord(annotations)) return 'has malformed annotations';
  return value as unknown as ReviewedObject;
}

function isNamed(value: unknown, field: 'kind' | 'resource', name: string): boolean {
  return isRecord(value) && value['group'] === GROUP && value['version'] === VERSION && value[field] === name;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
