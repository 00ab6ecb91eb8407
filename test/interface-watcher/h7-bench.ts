import { apiServer } from '../support/api-server.ts';
import { startLab } from './lab.ts';
import { test } from 'node:test';
const HOSTS = `
devicea: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-48"}}}
deviceb: {hostname: 192.0.2.2, platform: eos, data: {naas: {ports: "1-48"}}}
`;
const lab = await startLab(await apiServer());
await lab.namespace('tenant-a');
await lab.inventory(HOSTS);
const calls: string[] = [];
await lab.watcher({ wrap: (world) => Object.fromEntries(Object.entries(world).map(([k, f]) => [k, k === 'now' || k==='alert' ? f : async (...a: any[]) => { const t = performance.now(); const r = await (f as any)(...a); calls.push(`${k} ${(performance.now()-t).toFixed(1)} @${t.toFixed(0)}`); return r; }])) as any });
test('bench', async () => {
  await lab.untilDevice('deviceb', 'whole', (d) => d !== undefined && Object.keys(d.metadata.annotations ?? {}).length === 0);
  for (let i = 0; i < 12; i++) {
    await new Promise((r) => setTimeout(r, 300));
    calls.splice(0);
    const t0 = performance.now();
    const p = lab.untilDevice('deviceb', 'active', (d) => d?.spec['1']?.annotations.owner === `r${i}`).then(() => performance.now());
    const s = lab.untilCondition('tenant-a', `r${i}`, 'Accepted', 'Accepted').then(() => performance.now());
    await lab.apply('tenant-a', `r${i}`, [{ devicename: 'devicea', ports: ['1-16'], vlan: 10 }, { devicename: 'deviceb', ports: ['1-11'], vlan: 10 }]);
    const t1 = performance.now();
    console.log(i, 'create', (t1 - t0).toFixed(1), 'active', ((await p) - t1).toFixed(1), 'status', ((await s) - t1).toFixed(1));
    if (i === 11) console.log(calls.join('\n'));
    await lab.delete('tenant-a', `r${i}`);
    await lab.clear();
  }
  const t = performance.now();
  await Promise.all(Array.from({ length: 24 }, (_, i) => lab.apply('tenant-a', `m${i}`, [{ devicename: 'devicea', ports: [i + 1], vlan: 10 }, { devicename: 'deviceb', ports: [i + 1], vlan: 10 }])));
  await Promise.all(Array.from({ length: 24 }, (_, i) => lab.untilCondition('tenant-a', `m${i}`, 'Accepted', 'Accepted')));
  console.log('24 requests', performance.now() - t);
  await lab.clear();
});
