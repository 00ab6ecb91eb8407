import { after, describe } from 'node:test';

import { conformance } from '../../services/enforcer/drivers/conformance.ts';
import type { Bench } from '../../services/enforcer/drivers/conformance.ts';
import { eos } from '../../services/enforcer/drivers/eos/driver.ts';
import { virtualClock } from '../../topo/eos-sim/clock.ts';
import { startEosSim } from '../../topo/eos-sim/server.ts';
import { CANARY, section } from './stage.ts';

// Both shapes of the session state: up to 4.31 and from 4.32 on.
for (const version of ['4.31.2F', '4.35.0F']) {
  const clock = virtualClock();
  const sim = await startEosSim({
    hostname: 'bench',
    ports: 4,
    version,
    clock,
    users: [{ name: 'naas', password: CANARY, privilege: 15 }],
    startupConfig: 'hostname bench\n',
  });
  after(() => sim.stop());

  const bench: Bench = {
    target: () => ({
      name: 'bench',
      hostname: sim.address,
      port: sim.sshPort,
      username: 'naas',
      password: CANARY,
      hostKeys: [sim.hostKeyPublic],
    }),
    configuration: (description) => `hostname bench\n!\ninterface Ethernet1\n   description ${description}\n`,
    broken: () => ({ text: 'hostname bench\ninterface Ethernet1\n   nonsense here\n   shutdown\n', line: 3 }),
    description: () =>
      section(sim.runningConfig(), 'interface Ethernet1')
        ?.find((line) => line.startsWith('description '))
        ?.slice('description '.length),
    elapse: (seconds) => clock.advance(seconds * 1000),
    armForeignTimer: (name) => sim.armForeignTimer(name, 600, 'hostname elsewhere'),
    disarmForeignTimer: () => clock.advance(601_000),
    saved: () => sim.startupConfig(),
  };
  describe(`EOS ${version}`, () => conformance(eos, () => bench));
}
