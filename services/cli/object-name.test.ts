import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Failure } from './failure.ts';
import { nameOf } from './object-name.ts';

describe('the name of an object', () => {
  for (const written of [
    'web',
    'interface/web',
    'interfaces/web',
    'Interface/web',
    'intf/web',
    'interface.network.as.a.service/web',
    'interfaces.network.as.a.service/web',
    'interfaces.v1.network.as.a.service/web',
  ])
    it(`is in ${written}`, () => assert.equal(nameOf('interface', written, ''), 'web'));

  for (const written of [
    'Leaf1',
    'device/Leaf1',
    'devices/Leaf1',
    'dev/Leaf1',
    'device.network.as.a.service/Leaf1',
  ])
    it(`is in ${written}`, () => assert.equal(nameOf('device', written, ''), 'Leaf1'));

  for (const written of [
    'tenant-a/web',
    'device/web',
    'interface/',
    'interfaceXnetwork.as.a.service/web',
    '',
  ])
    it(`is not in "${written}"`, () =>
      assert.throws(
        () => nameOf('interface', written, 'kubectl naas status'),
        (error) =>
          error instanceof Failure &&
          error.message.startsWith(`"${written}" is no name of a request`) &&
          error.next === 'kubectl naas status',
      ));
});
