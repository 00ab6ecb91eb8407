import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';

/** One switch of a containerlab topology, as far as it can be simulated. */
export interface TopologyNode {
  readonly name: string;
  readonly ports: number;
  /** `4.35.0F`, from the image's tag. */
  readonly version: string | undefined;
  /** Text of its `startup-config` file. */
  readonly startupConfig: string | undefined;
}

const EOS_KINDS = ['ceos', 'arista_ceos', 'vr-veos', 'arista_veos'];
const PORTS_LABEL = 'eos-sim/ports';
const DEFAULT_PORTS = 54;
const LARGEST_FILE = 1024 * 1024;

function record(value: unknown, field: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (typeof value !== 'object' || Array.isArray(value)) throw new Error(`${field}: must be a map`);
  return value as Record<string, unknown>;
}

function text(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw new Error(`${field}: must be text; put it in quotes`);
  return value;
}

/**
 * Reads a topology file.
 * @throws Error naming the field that is wrong, or a kind that is not EOS
 */
export function readTopology(file: string): TopologyNode[] {
  const source = readFileSync(file, 'utf8');
  if (source.length > LARGEST_FILE) throw new Error(`${file}: larger than ${LARGEST_FILE} bytes`);
  const root = record(parse(source, { maxAliasCount: 20 }), file);
  const topology = record(root['topology'], 'topology');
  const kinds = record(topology['kinds'], 'topology.kinds');
  const nodes = Object.entries(record(topology['nodes'], 'topology.nodes'));
  if (nodes.length === 0) throw new Error(`${file}: topology.nodes is empty`);
  return nodes.map(([name, value]) => nodeOf(name, value, kinds, dirname(file)));
}

function nodeOf(
  name: string,
  value: unknown,
  kinds: Record<string, unknown>,
  directory: string,
): TopologyNode {
  const field = `topology.nodes.${name}`;
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) throw new Error(`${field}: is no host name`);
  const node = record(value, field);
  const kind = text(node['kind'], `${field}.kind`) ?? '';
  if (!EOS_KINDS.includes(kind))
    throw new Error(`${field}.kind: "${kind}" is not one of ${EOS_KINDS.join(', ')}`);
  const defaults = record(kinds[kind], `topology.kinds.${kind}`);
  const labels = {
    ...record(defaults['labels'], `topology.kinds.${kind}.labels`),
    ...record(node['labels'], `${field}.labels`),
  };
  const ports = Number(labels[PORTS_LABEL] ?? DEFAULT_PORTS);
  if (!Number.isInteger(ports) || ports < 1 || ports > 1024) {
    throw new Error(`${field}.labels.${PORTS_LABEL}: must be a number between 1 and 1024`);
  }
  const image =
    text(node['image'], `${field}.image`) ?? text(defaults['image'], `topology.kinds.${kind}.image`);
  const startup = text(node['startup-config'], `${field}.startup-config`);
  return {
    name,
    ports,
    version: /:(4\.\d{1,2}\.\d+[\w.]*)$/.exec(image ?? '')?.[1],
    startupConfig: startup === undefined ? undefined : readFileSync(resolve(directory, startup), 'utf8'),
  };
}
