/** Cables between the machine and its nodes: pairs of virtual interfaces that vanish with the node's namespace. */
import { nodeAddresses, type Addresses, type NodeAddresses } from './addresses.ts';
import { runCommand } from './run-command.ts';
import type { Sandbox } from './sandbox.ts';

/** A node to be joined. */
export interface Linked {
  readonly number: number;
  readonly sandbox: Pick<Sandbox, 'pid'>;
}

type Ip = (...words: string[]) => Promise<string>;
const onHost: Ip = (...words) => runCommand('ip', words);
const inside =
  ({ pid }: Pick<Sandbox, 'pid'>): Ip =>
  (...words) =>
    runCommand('nsenter', [`--target=${pid}`, '--net', '--', 'ip', ...words]);

/** Destinations that this machine's routing tables name. */
export async function routedPrefixes(): Promise<string[]> {
  const routes = JSON.parse(await onHost('-json', '-4', 'route', 'show', 'table', 'all')) as {
    dst: string;
  }[];
  return routes.map(({ dst }) => dst);
}

/** Routes a node and its pods through an interface. */
async function routeTo(ip: Ip, device: string, from: string, to: NodeAddresses): Promise<void> {
  await ip('route', 'add', `${to.address}/32`, 'dev', device, 'src', from);
  await ip('route', 'add', to.pods, 'via', to.address, 'dev', device, 'src', from);
}

/** Joins a node to the machine. The machine forwards nothing: what the nodes reach is what listens on it. */
export async function linkToHost(addresses: Addresses, { number, sandbox }: Linked): Promise<void> {
  const device = `naas${addresses.block}n${number}`;
  const node = nodeAddresses(addresses, number);
  const ip = inside(sandbox);
  await onHost('link', 'add', device, 'type', 'veth', 'peer', 'name', 'host', 'netns', String(sandbox.pid));
  // The same address on each such interface: it stays when one node goes.
  await onHost('address', 'add', `${addresses.host}/32`, 'dev', device);
  await onHost('link', 'set', device, 'up');
  await routeTo(onHost, device, addresses.host, node);
  await ip('address', 'add', `${node.address}/32`, 'dev', 'host');
  await ip('link', 'set', 'host', 'up');
  await ip('route', 'add', `${addresses.host}/32`, 'dev', 'host', 'src', node.address);
  // kube-proxy needs a way for the addresses of Services before it changes them.
  await ip('route', 'add', 'default', 'via', addresses.host, 'dev', 'host', 'src', node.address);
}

/** Joins two nodes, so that pods of one reach pods of the other without the machine in between. */
export async function linkNodes(addresses: Addresses, a: Linked, b: Linked): Promise<void> {
  const [fromA, fromB] = [`node-${b.number}`, `node-${a.number}`];
  const [ofA, ofB] = [nodeAddresses(addresses, a.number), nodeAddresses(addresses, b.number)];
  const pid = String(b.sandbox.pid);
  await inside(a.sandbox)('link', 'add', fromA, 'type', 'veth', 'peer', 'name', fromB, 'netns', pid);
  for (const [linked, device, own, other] of [
    [a, fromA, ofA, ofB],
    [b, fromB, ofB, ofA],
  ] as const) {
    const ip = inside(linked.sandbox);
    await ip('link', 'set', device, 'up');
    await routeTo(ip, device, own.address, other);
  }
}
