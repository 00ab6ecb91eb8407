import assert from 'node:assert/strict';
import { it } from 'node:test';
import { candidates } from './namespaces.ts';

const none = { named: [], contexts: [], user: 'oidc:anna@example.com', groups: [] };

it('a namespace may be called as the team’s domain, its address or the person', () => {
  assert.deepEqual(candidates({ ...none, user: 'oidc:anna.b@tenant-a.example.com' }), [
    ...['tenant-a', 'tenant-a-example-com', 'anna-b'],
  ]);
});

it('groups and contexts tell, and what the person names comes first', () => {
  const hints = {
    ...none,
    named: ['mine'],
    contexts: ['old'],
    groups: ['oidc:net-team', 'oidc:/org/Web', 'system:authenticated'],
  };
  assert.deepEqual(candidates(hints), [
    'mine',
    'old',
    'example',
    'example-com',
    'anna',
    'net-team',
    'web',
    'authenticated',
  ]);
});

it('what cannot be a namespace is not asked for, nor one of the cluster’s own unless it is named', () => {
  const hints = {
    ...none,
    user: 'certificate-user',
    named: ['kube-system', 'No/Name'],
    contexts: ['default', 'naas-system'],
    groups: ['kube-public', '-x'],
  };
  assert.deepEqual(candidates(hints), ['kube-system']);
});

it('asks about no more than a few', () => {
  const groups = Array.from({ length: 500 }, (_, index) => `group-${index}`);
  assert.equal(candidates({ ...none, groups }).length, 60);
});
