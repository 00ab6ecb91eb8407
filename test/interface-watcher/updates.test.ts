import { test } from 'node:test';
import { apiServer } from '../support/api-server.ts';
import { startLab } from './lab.ts';

const HOSTS = `
devicea: {hostname: 192.0.2.1, platform: eos, data: {naas: {ports: "1-48"}}}
deviceb: {hostname: 192.0.2.2, platform: eos, data: {naas: {ports: "1-48"}}}
`;
const lab = await startLab(await apiServer());
await lab.namespace('tenant-a');
await lab.namespace('tenant-b');
await lab.inventory(HOSTS);
await lab.watcher();

test('many requests on one device that change at once are all accepted again', async () => {
  const requests = Array.from({ length: 12 }, (_, index) => ({
    namespace: index % 2 === 0 ? 'tenant-a' : 'tenant-b',
    name: `many-${index}`,
    services: (vlan: number) => [{ devicename: index < 8 ? 'devicea' : 'deviceb', ports: [index + 1], vlan }],
  }));
  for (const vlan of [10, 20, 30]) {
    const written = await Promise.all(
      requests.map(({ namespace, name, services }) => lab.apply(namespace, name, services(vlan))),
    );
    await Promise.all(
      written.map(({ metadata }) =>
        lab.untilRequest(
          metadata.namespace ?? '',
          metadata.name,
          `VLAN ${vlan}`,
          (it) => it?.status?.claim?.accepted?.generation === metadata.generation,
        ),
      ),
    );
  }
});
