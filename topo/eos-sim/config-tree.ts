/** Where a node stands among its siblings when printed; compared part by part. */
export type Position = readonly (number | string)[];

/** One statement of the configuration, and what stands below it. */
export interface ConfigNode {
  /** Canonical text of its (first) line. */
  readonly text: string;
  readonly position: Position;
  /** Lines that follow unindented up to and including `EOF` (banners). */
  readonly verbatim?: readonly string[];
  /** Present for a mode such as `interface Ethernet1`, even when empty. */
  readonly block?: Block;
}

export interface Block {
  /** Mode comments, printed `!! text` first (devices.md 1.1). */
  comments: string[];
  /** By the identity of the setting: a second `description` replaces the first. */
  readonly nodes: Map<string, ConfigNode>;
}

export function emptyBlock(): Block {
  return { comments: [], nodes: new Map() };
}

export function cloneBlock(block: Block): Block {
  const nodes = new Map<string, ConfigNode>();
  for (const [key, node] of block.nodes) {
    nodes.set(key, node.block === undefined ? node : { ...node, block: cloneBlock(node.block) });
  }
  return { comments: [...block.comments], nodes };
}

const natural = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });

function comparePositions(a: Position, b: Position): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const left = a[index];
    const right = b[index];
    if (left === right) continue;
    if (left === undefined) return -1;
    if (right === undefined) return 1;
    if (typeof left === 'number' && typeof right === 'number') return left - right;
    const order = natural.compare(String(left), String(right));
    if (order !== 0) return order;
  }
  return 0;
}

/** Children in the order in which the switch prints them. */
export function sortedNodes(block: Block): ConfigNode[] {
  return [...block.nodes.values()].sort((a, b) => comparePositions(a.position, b.position));
}

/** The lines below a block's header, indented by three spaces a level as EOS prints them. */
export function printBlock(block: Block, indent = '   '): string[] {
  const lines = block.comments.map((comment) => `${indent}!! ${comment}`.trimEnd());
  // Statements before nested modes: after a mode's header they would be read as its own.
  const { statements = [], modes = [] } = Object.groupBy(sortedNodes(block), ({ block: nested }) =>
    nested === undefined ? 'statements' : 'modes',
  );
  for (const node of [...statements, ...modes]) lines.push(...printNode(node, indent));
  return lines;
}

/** A node and all below it. */
export function printNode(node: ConfigNode, indent = ''): string[] {
  const lines = [`${indent}${node.text}`, ...(node.verbatim ?? [])];
  if (node.block !== undefined) {
    const nested = printBlock(node.block, `${indent}   `);
    // Inside a mode EOS sets nested modes off with `!`.
    if (indent !== '') lines.unshift(`${indent}!`);
    lines.push(...nested);
  }
  return lines;
}
