import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ReviewError, readReview } from './admission-review.ts';

const KIND = { group: 'network.as.a.service', version: 'v1', kind: 'Interface' };
const RESOURCE = { group: 'network.as.a.service', version: 'v1', resource: 'interfaces' };
const OBJECT = {
  apiVersion: 'network.as.a.service/v1',
  kind: 'Interface',
  metadata: { name: 'request-001', namespace: 'tenant-a', uid: 'o-1' },
  spec: { services: [] },
};
const REQUEST = {
  uid: 'r-1',
  kind: KIND,
  resource: RESOURCE,
  operation: 'UPDATE',
  namespace: 'tenant-a',
  name: 'request-001',
  userInfo: { username: 'ann', uid: 'sub-1' },
  object: OBJECT,
  oldObject: OBJECT,
};
const body = (changes: object = {}) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  request: { ...REQUEST, ...changes },
});

test('a review is read', () => {
  assert.deepEqual(readReview(body()), {
    ...{
      uid: 'r-1',
      operation: 'UPDATE',
      namespace: 'tenant-a',
      name: 'request-001',
      user: 'ann',
      userUid: 'sub-1',
      dryRun: false,
    },
    object: OBJECT,
    oldObject: OBJECT,
  });
});

test('S-38 a dry run with a generated name is read', () => {
  const { name: _, ...metadata } = OBJECT.metadata;
  const object = { ...OBJECT, metadata: { ...metadata, generateName: 'request-' } };
  const review = readReview(body({ operation: 'CREATE', name: '', object, dryRun: true, oldObject: null }));
  assert.equal(review.name, '');
  assert.equal(review.dryRun, true);
  assert.equal(review.oldObject, undefined);
});

test('a replace that leaves the uid to the API server is read', () => {
  const { uid: _, ...metadata } = OBJECT.metadata;
  assert.equal(readReview(body({ object: { ...OBJECT, metadata } })).oldObject?.metadata.uid, 'o-1');
});

describe('S-41 a review whose parts do not agree is refused with its uid', () => {
  const other = (metadata: object) => ({ ...OBJECT, metadata: { ...OBJECT.metadata, ...metadata } });
  const cases: [what: string, changes: object, problem: RegExp][] = [
    ['another kind', { kind: { ...KIND, kind: 'Device' } }, /request\.kind/],
    ['another version', { kind: { ...KIND, version: 'v1beta1' } }, /request\.kind/],
    ['another group', { kind: { ...KIND, group: '' } }, /request\.kind/],
    ['no kind', { kind: undefined }, /request\.kind/],
    ['another resource', { resource: { ...RESOURCE, resource: 'devices' } }, /request\.resource/],
    ['a subresource', { subResource: 'status' }, /subResource/],
    ['DELETE', { operation: 'DELETE', object: null }, /operation/],
    ['no operation', { operation: undefined }, /operation/],
    ['no namespace', { namespace: '' }, /namespace/],
    ['an object of another namespace', { object: other({ namespace: 'tenant-b' }) }, /another namespace/],
    [
      'an old object of another namespace',
      { oldObject: other({ namespace: 'tenant-b' }) },
      /oldObject.*another namespace/,
    ],
    ['an object of another name', { object: other({ name: 'x' }) }, /request\.name/],
    ['an object of another kind', { object: { ...OBJECT, kind: 'Secret' } }, /not an Interface/],
    ['an old object of another uid', { oldObject: other({ uid: 'o-2' }) }, /another uid/],
    ['no object', { object: null }, /object is missing/],
    ['no old object', { oldObject: undefined }, /oldObject is missing/],
    ['an object without metadata', { object: { ...OBJECT, metadata: null } }, /metadata/],
    ['a name that is no text', { object: other({ name: {} }) }, /metadata\.name/],
    ['annotations that are a list', { object: other({ annotations: [] }) }, /annotations/],
  ];
  for (const [what, changes, problem] of cases) {
    test(what, () => {
      assert.throws(
        () => readReview(body(changes)),
        (error) => error instanceof ReviewError && error.uid === 'r-1' && problem.test(error.message),
      );
    });
  }
});

describe('S-41 what is no review has no uid to answer with', () => {
  const cases: [what: string, value: unknown][] = [
    ['null', null],
    ['a list', []],
    ['another kind', { ...body(), kind: 'Pod' }],
    ['v1beta1', { ...body(), apiVersion: 'admission.k8s.io/v1beta1' }],
    ['no request', { ...body(), request: undefined }],
    ['no uid', body({ uid: undefined })],
    ['an empty uid', body({ uid: '' })],
    ['a uid that is no text', body({ uid: 7 })],
    ['a uid without end', body({ uid: 'x'.repeat(1000) })],
  ];
  for (const [what, value] of cases) {
    test(what, () => {
      assert.throws(
        () => readReview(value),
        (error) => error instanceof ReviewError && error.uid === undefined,
      );
    });
  }
});
