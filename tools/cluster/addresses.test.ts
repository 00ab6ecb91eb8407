import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseAddresses, nodeAddresses } from './addresses.ts';

test('a block that the machine routes to is passed over, whatever the length of the prefix', () => {
  assert.equal(chooseAddresses(['default', '192.0.2.0/24', '10.2.0.0/16']).block, 200);
  assert.equal(chooseAddresses(['10.200.3.4']).block, 201);
  assert.equal(chooseAddresses(['10.200.0.0/15', '10.202.128.0/17']).block, 203);
});

test('a machine without a free block is told so', () => {
  assert.throws(() => chooseAddresses(['10.0.0.0/8']), /10\.200\.0\.0\/16 to 10\.249\.0\.0\/16/);
});

test('nodes and their pods are in the block, apart from the host', () => {
  const addresses = chooseAddresses([]);
  assert.deepEqual(nodeAddresses(addresses, 2), { address: '10.200.0.102', pods: '10.200.2.0/24' });
  assert.equal(addresses.host, '10.200.0.1');
});
