/**
 * The walk-through: what two tenants do with two switches, each step held to what must be seen.
 * `make demo` shows it; the tests run it.
 */
import type { Interface } from '../../crds/types.gen.ts';
import type { Platform } from '../platform/platform.ts';
import { expectLines, expectText } from './expect.ts';
import { kubectlRunner, type Kubectl } from './kubectl.ts';
import { show } from './switch-console.ts';

const samples = new URL('../../crds/samples/', import.meta.url).pathname;
const TIMEOUT = '--timeout=60s';

export interface Stage {
  /** Tells what a step is about. */
  title(text: string): void;
  /** Shows a command and what it printed. */
  command(words: string, output: string): void;
  /** Tells what was checked. */
  checked(text: string): void;
}

export interface Scene {
  readonly kubectl: Kubectl;
  /** `show running-config interfaces ethernet RANGE` of a switch. */
  interfaces(device: string, range: string): Promise<string>;
  readonly stage: Stage;
}

export interface PortLines {
  readonly description: string;
  readonly vlan: number;
  readonly trunk: boolean;
  readonly shutdown: boolean;
}

/** What a switch shows of a port that follows a request. */
export const port = (name: number, { description, vlan, trunk, shutdown }: PortLines): string[] => [
  `interface Ethernet${name}`,
  `   description ${description}`,
  ...(shutdown ? ['   shutdown'] : []),
  ...(trunk
    ? [`   switchport trunk allowed vlan ${vlan}`, '   switchport mode trunk']
    : [`   switchport access vlan ${vlan}`]),
  '   spanning-tree portfast',
];
/** What it shows of a port that follows none. */
export const parked = (name: number): string[] => [`interface Ethernet${name}`, '   shutdown'];
const ports = (first: number, last: number, lines: (name: number) => string[]): string[] =>
  Array.from({ length: last - first + 1 }, (_, index) => lines(first + index)).flat();

const onA = (name: number) =>
  port(name, { description: 'request-001', vlan: 10, trunk: true, shutdown: true });
const onB = (name: number) =>
  port(name, { description: 'request-001', vlan: 110, trunk: false, shutdown: true });
const newOnA = (name: number) =>
  port(name, { description: 'request-002', vlan: 100, trunk: true, shutdown: false });
const newOnB = (name: number) =>
  port(name, { description: 'request-002', vlan: 33, trunk: false, shutdown: true });

const numbers = (first: number, last: number) =>
  Array.from({ length: last - first + 1 }, (_, i) => String(first + i));

async function run(scene: Scene, context: string, ...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await scene.kubectl(context, ...words);
  scene.stage.command(`kubectl --context ${context} ${words.join(' ')}`, `${stdout}${stderr}`);
  if (code !== 0) throw new Error(`kubectl ${words[0]} failed with code ${code}: ${stderr}`);
  return stdout;
}

async function expectSwitch(
  scene: Scene,
  device: string,
  range: string,
  expected: readonly string[],
): Promise<void> {
  const text = await scene.interfaces(device, range);
  expectLines(
    `The running configuration of ${device}, Ethernet ${range},`,
    expected,
    text.trimEnd().split('\n'),
  );
  scene.stage.checked(`${device}: Ethernet ${range} exactly as expected (${expected.length} lines)`);
}

async function requestIsProgrammed(scene: Scene): Promise<void> {
  scene.stage.title('1. tenant-a asks for ports on both switches: accepted, expanded, on both switches');
  await run(scene, 'tenant-a', 'apply', '-f', `${samples}1-tenant-a-request-001.yaml`);
  await run(scene, 'tenant-a', 'wait', '--for=condition=Ready', TIMEOUT, 'interface/request-001');
  await run(scene, 'tenant-a', 'get', 'interfaces');
  const { stdout } = await scene.kubectl('tenant-a', 'get', 'interface', 'request-001', '-o', 'json');
  const { spec } = JSON.parse(stdout) as Interface;
  expectText(
    'The stored request',
    JSON.stringify([numbers(1, 16), numbers(1, 11)], undefined, 1),
    JSON.stringify(
      spec.services.map((service) => service.ports),
      undefined,
      1,
    ),
  );
  scene.stage.checked('the stored request lists every port by itself');
  await expectSwitch(scene, 'devicea', '1-17', [...ports(1, 16, onA), ...parked(17)]);
  await expectSwitch(scene, 'deviceb', '1-12', [...ports(1, 11, onB), ...parked(12)]);
}

async function conflictIsDenied(scene: Scene): Promise<void> {
  scene.stage.title('2. tenant-b asks for some of the same ports: denied, every conflicting port named');
  const ledger = () =>
    scene.kubectl('admin', 'get', 'devices', '-o', 'jsonpath={.items[*].spec}').then((o) => o.stdout);
  const before = await ledger();
  const words = ['apply', '-f', `${samples}2-tenant-b-request-002.yaml`];
  const { code, stdout, stderr } = await scene.kubectl('tenant-b', ...words);
  scene.stage.command(`kubectl --context tenant-b ${words.join(' ')}`, `${stdout}${stderr}`);
  if (code === 0) throw new Error('The conflicting request was accepted');
  const named = [
    ...stderr.matchAll(
      /Port \S+@device[AB] is owned by a different tenant: tenant-a \(request request-001\)/g,
    ),
  ];
  const conflict = (name: string) =>
    `Port ${name} is owned by a different tenant: tenant-a (request request-001)`;
  expectLines(
    'The denial',
    [
      ...['11', '12', '13', '15', '16'].map((name) => conflict(`${name}@deviceA`)),
      ...['1', '11'].map((name) => conflict(`${name}@deviceB`)),
    ],
    [...new Set(named.map(([text]) => text))],
  );
  scene.stage.checked('exactly the seven conflicting ports are named');
  const { stdout: stored } = await scene.kubectl('tenant-b', 'get', 'interfaces', '-o', 'name');
  expectText('The list of tenant-b', '', stored);
  expectText('The ledger', before, await ledger());
  await expectSwitch(scene, 'devicea', '1-17', [...ports(1, 16, onA), ...parked(17)]);
  await expectSwitch(scene, 'deviceb', '1-12', [...ports(1, 11, onB), ...parked(12)]);
}

async function newerTakesOver(scene: Scene): Promise<void> {
  scene.stage.title('3. a newer request of tenant-a takes over from its older one');
  await run(scene, 'tenant-a', 'apply', '-f', `${samples}3-tenant-a-request-002.yaml`);
  await run(
    scene,
    'tenant-a',
    'wait',
    '--for=condition=Ready',
    TIMEOUT,
    'interface/request-002',
    'interface/request-001',
  );
  await run(scene, 'tenant-a', 'get', 'interfaces');
  await expectSwitch(scene, 'devicea', '1-20', [
    ...ports(1, 2, newOnA),
    ...onA(3),
    ...newOnA(4),
    ...ports(5, 14, onA),
    ...ports(15, 19, newOnA),
    ...parked(20),
  ]);
  await expectSwitch(scene, 'deviceb', '1-13', [
    ...newOnB(1),
    ...ports(2, 10, onB),
    ...ports(11, 12, newOnB),
    ...parked(13),
  ]);
}

async function switchShowsBoth(scene: Scene): Promise<void> {
  scene.stage.title('4. the switch shows which request each port follows');
  const text = await scene.interfaces('devicea', '2-3');
  scene.stage.command('ssh devicea show running-config interfaces ethernet 2-3', text);
  expectText(
    'Ethernet 2-3 of devicea',
    `interface Ethernet2
   description request-002
   switchport trunk allowed vlan 100
   switchport mode trunk
   spanning-tree portfast
interface Ethernet3
   description request-001
   shutdown
   switchport trunk allowed vlan 10
   switchport mode trunk
   spanning-tree portfast`,
    text,
  );
  scene.stage.checked('shutdown: false means no shutdown');
}

async function deletionGivesBack(scene: Scene): Promise<void> {
  scene.stage.title('5. deleting the newer request gives its ports back and clears the rest');
  await run(scene, 'tenant-a', 'delete', 'interface', 'request-002', TIMEOUT);
  await run(scene, 'tenant-a', 'wait', '--for=condition=Ready', TIMEOUT, 'interface/request-001');
  await run(scene, 'tenant-a', 'get', 'interfaces');
  await expectSwitch(scene, 'devicea', '1-20', [...ports(1, 16, onA), ...ports(17, 20, parked)]);
  await expectSwitch(scene, 'deviceb', '1-13', [...ports(1, 11, onB), ...ports(12, 13, parked)]);
}

/** The five steps, in order; each needs the one before. */
export const STEPS = {
  requestIsProgrammed,
  conflictIsDenied,
  newerTakesOver,
  switchShowsBoth,
  deletionGivesBack,
};

/** A scene on a running platform. */
export function sceneOn(platform: Platform, stage: Stage): Scene {
  return {
    kubectl: kubectlRunner({
      binary: platform.kubectl,
      kubeconfig: platform.kubeconfig,
      cache: `${platform.directory}/kubectl-cache`,
    }),
    async interfaces(device, range) {
      const login = platform.switches.get(device);
      if (login === undefined) throw new Error(`The platform has no switch ${device}`);
      return show(login, `show running-config interfaces ethernet ${range}`);
    },
    stage,
  };
}
