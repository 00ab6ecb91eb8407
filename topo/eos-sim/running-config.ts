import { ConfigEditor } from './config-editor.ts';
import { emptyBlock, printBlock, printNode, sortedNodes } from './config-tree.ts';
import type { Block, ConfigNode } from './config-tree.ts';
import type { Hardware } from './grammar.ts';
import { interfacePosition } from './interface-mode.ts';
import { parseInterfaces } from './interface-name.ts';
import type { InterfaceName } from './interface-name.ts';
import { ROOT_MODE, VLAN_RANK } from './root-mode.ts';
import { formatVlanList } from './vlan-list.ts';

/** What `rollback clean-config` leaves: every port, nothing on it. */
export function cleanConfig(hardware: Hardware): Block {
  const root = emptyBlock();
  for (const rule of ROOT_MODE.settings) {
    if (rule.initial === undefined) continue;
    const key = rule.pattern.split(' ').slice(0, rule.key).join(' ');
    root.nodes.set(key, { text: rule.initial, position: [rule.rank, rule.initial] });
  }
  for (const name of parseInterfaces(`Ethernet1-${hardware.ports}`) ?? []) addInterface(root, name);
  for (const name of parseInterfaces('Management1') ?? []) addInterface(root, name);
  return root;
}

function addInterface(root: Block, name: InterfaceName): void {
  const text = `interface ${name.name}`;
  root.nodes.set(text, { text, position: interfacePosition(name), block: emptyBlock() });
}

/** A refused line of a loaded text. */
export interface BadLine {
  /** From 1. */
  readonly number: number;
  readonly text: string;
  readonly error: string;
}

/**
 * Applies a whole text, as `copy terminal: session-config` and booting do: `end` and `exit` are harmless,
 * a refused line changes nothing and leaves the mode as it was, the rest goes on.
 */
export function loadText(
  root: Block,
  hardware: Hardware,
  text: string,
  refuse?: (line: string) => boolean,
): BadLine[] {
  const editor = new ConfigEditor(root, hardware, refuse);
  const bad: BadLine[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const word = line.trim();
    if (!editor.collecting && word === 'end') editor.reset();
    else if (!editor.collecting && word === 'exit') editor.exit();
    else {
      const feedback = editor.feed(line);
      if (!feedback.ok) bad.push({ number: index + 1, text: line.trim(), error: feedback.error });
    }
  }
  // A banner without its EOF swallows all that follows (devices.md 1.1); it is never stored.
  editor.reset();
  return bad;
}

/** VLANs with equal settings share a line: `vlan 10,20-25`. */
function vlanNodes(nodes: readonly ConfigNode[]): ConfigNode[] {
  const groups = new Map<string, { ids: number[]; node: ConfigNode }>();
  for (const node of nodes) {
    const id = Number(node.position[1]);
    const body = node.block === undefined ? '' : printBlock(node.block).join('\n');
    if (id === 1 && body === '') continue; // VLAN 1 exists always
    const group = groups.get(body);
    if (group === undefined) groups.set(body, { ids: [id], node });
    else group.ids.push(id);
  }
  return [...groups.values()].map(({ ids, node }) => ({ ...node, text: `vlan ${formatVlanList(ids)}` }));
}

function printable(root: Block): ConfigNode[] {
  const nodes = sortedNodes(root);
  const isVlan = (node: ConfigNode) => node.position[0] === VLAN_RANK && node.block !== undefined;
  const first = nodes.findIndex(isVlan);
  if (first === -1) return nodes;
  const vlans = vlanNodes(nodes.filter(isVlan));
  const others = nodes.filter((node) => !isVlan(node));
  return [...others.slice(0, first), ...vlans, ...others.slice(first)];
}

/** The lines of a configuration between its header and `end`, sections set off by `!`. */
export function printBody(root: Block): string[] {
  const lines: string[] = [];
  let previous: ConfigNode | undefined;
  for (const node of printable(root)) {
    const together =
      previous !== undefined &&
      previous.block === undefined &&
      previous.verbatim === undefined &&
      node.block === undefined &&
      previous.position[0] === node.position[0];
    if (previous !== undefined && !together) lines.push('!');
    lines.push(...printNode(node));
    previous = node;
  }
  lines.push('!');
  return lines;
}

export interface Heading {
  /** `show running-config` */
  readonly command: string;
  readonly hostname: string;
  /** `vEOS-lab` */
  readonly model: string;
  /** `4.35.0F` */
  readonly version: string;
}

/** As `show running-config` prints it (header and layout: devices.md 1.5, recorded traces). */
export function printConfig(root: Block, heading: Heading): string {
  return [
    `! Command: ${heading.command}`,
    `! device: ${heading.hostname} (${heading.model}, EOS-${heading.version})`,
    '!',
    `! boot system flash:/vEOS-lab.swi`,
    '!',
    ...printBody(root),
    'end',
  ].join('\n');
}

/** `show running-config interfaces ethernet 2-3`: the blocks, nothing between them (as in the seed's transcript). */
export function printInterfaces(root: Block, names: readonly InterfaceName[]): string {
  const wanted = new Set(names.map(({ name }) => `interface ${name}`));
  return sortedNodes(root)
    .filter(({ text }) => wanted.has(text))
    .flatMap((node) => printNode(node))
    .join('\n');
}

/** `show running-config section TEXT`: sections in which any line holds the text. */
export function printSection(root: Block, pattern: RegExp): string {
  const sections: string[][] = [];
  for (const node of printable(root)) {
    const lines = printNode(node);
    if (lines.some((line) => pattern.test(line))) sections.push(lines);
  }
  return sections.map((lines) => lines.join('\n')).join('\n!\n');
}

/** The configured name, `localhost` without one. */
export function hostnameOf(root: Block): string {
  const text = root.nodes.get('hostname')?.text;
  return text === undefined ? 'localhost' : text.slice('hostname '.length);
}
