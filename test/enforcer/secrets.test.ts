import assert from 'node:assert/strict';
import { test } from 'node:test';

import { DriverError } from '../../services/enforcer/driver.ts';
import { altered } from './altered.ts';
import { CANARY, stage } from './stage.ts';

const world = await stage();
const ESCAPE = '\u001B[2J\u001B]0;owned\u0007';

test('S-63 S-64 a switch that repeats our password and breaks lines brings neither into status or log', async () => {
  const leaf = await world.addSwitch('secrets-echo');
  await leaf.program({ '1': { owner: 'r1', vlan: 10, age: 1 }, '2': { owner: 'loud', vlan: 20, age: 2 } });
  const loud = altered((connection) => ({
    async load(text) {
      const problems = await connection.load(text);
      const line = text.split('\n').indexOf('   description loud') + 1;
      if (line === 0) return problems;
      const message = `% Invalid input ${CANARY}\n{"level":"info","msg":"forged"}${ESCAPE}\u2028\u202Eback`;
      return [...problems, { line, text: 'description loud', message }];
    },
  }));

  assert.equal(await leaf.push({ driver: loud }), 'applied');

  const { status } = await leaf.read();
  const [held] = status?.held ?? [];
  assert.match(held?.message ?? '', /% Invalid input/);
  // oxlint-disable-next-line no-control-regex -- they are what is looked for
  assert.doesNotMatch(held?.message ?? '', /[\u0000-\u001F\u007F-\u009F\u2028-\u202E]/);
  noSecret(JSON.stringify(status), leaf.logs());
});

test('S-63 the password is in no log line and no status, whatever fails', async () => {
  const leaf = await world.addSwitch('secrets-all');
  await leaf.program({ '1': { owner: 'r1', vlan: 10 } });
  const failing = altered(() => ({
    open: () => Promise.reject(new DriverError('refused', `login naas ${CANARY} failed`)),
  }));
  assert.equal(await leaf.push({ driver: failing }), 'busy');
  assert.match((await leaf.read()).status?.attempted?.message ?? '', /login naas <redacted> failed/);
  leaf.sim.armFault({ refuseAuth: true }, 1);
  assert.equal(await leaf.push(), 'auth-failed');
  assert.equal(await leaf.push({ host: { hostname: '127.0.0.1', port: 1 } }), 'unreachable');
  assert.equal(await leaf.push({ naas: { hostKeys: [`SHA256:${'A'.repeat(43)}`] } }), 'host-key-unknown');
  assert.equal(await leaf.push(), 'applied');
  leaf.sim.configure(`username eve privilege 1 secret sha512 $6$very$hidden`);
  assert.equal(await leaf.push({ naas: { mode: 'alert' } }), 'unchanged');
  const { status } = await leaf.read();
  assert.ok(status?.drift?.lines.some((line) => line.includes('username eve')));
  assert.doesNotMatch(JSON.stringify(status), /very\$hidden/);
  assert.doesNotMatch(leaf.logs().join(''), /very\$hidden|Mh3kRk/);
  noSecret(JSON.stringify(status), leaf.logs());
});

function noSecret(status: string, logs: readonly string[]): void {
  assert.ok(!status.includes(CANARY));
  assert.ok(!status.includes(JSON.stringify(CANARY).slice(1, -1)));
  for (const line of logs) {
    assert.ok(!line.includes(CANARY), line);
    assert.equal(line.indexOf('\n'), line.length - 1, 'one line each');
    const parsed: unknown = JSON.parse(line);
    assert.notEqual(Reflect.get(parsed as object, 'msg'), 'forged');
    assert.ok(!line.includes('\u001B'));
  }
  assert.ok(logs.length > 0);
}
