import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groupName, hierarchies } from './cgroups.ts';

test('hierarchies of a machine with both versions are found, others are not', () => {
  const mounts = `tmpfs /sys/fs/cgroup tmpfs rw 0 0
cgroup /sys/fs/cgroup/cpu,cpuacct cgroup rw,cpu,cpuacct 0 0
cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0
cgroup2 /somewhere/else cgroup2 rw 0 0
`;
  assert.deepEqual(hierarchies(mounts), [
    { path: '/sys/fs/cgroup/cpu,cpuacct', version: 1 },
    { path: '/sys/fs/cgroup/unified', version: 2 },
  ]);
});

test('a cluster finds its group by its folder', () => {
  assert.equal(groupName('/a/.naas/cluster'), groupName('/a/.naas/cluster'));
  assert.notEqual(groupName('/a/.naas/cluster'), groupName('/b/.naas/cluster'));
});
