import type { PortName } from '../ports/port.ts';

/** What the renderer knows of a platform's configuration language. */
export interface Dialect {
  interfaceLine(port: PortName): string;
  /** First words, after `no`, that may stand in a port's section. */
  portCommands: ReadonlySet<string>;
}

/**
 * Arista EOS. A command of the list touches nothing but the interface it stands in; `channel-group`, which would
 * make the port part of something else, is not on it.
 */
const EOS: Dialect = {
  interfaceLine: (port) => `interface Ethernet${port}`,
  portCommands: new Set([
    'description',
    'flowcontrol',
    'l2',
    'lldp',
    'load-interval',
    'logging',
    'mtu',
    'shutdown',
    'spanning-tree',
    'speed',
    'storm-control',
    'switchport',
  ]),
};

const DIALECTS: ReadonlyMap<string, Dialect> = new Map([['eos', EOS]]);

export function dialectOf(platform: string): Dialect | undefined {
  return DIALECTS.get(platform);
}
