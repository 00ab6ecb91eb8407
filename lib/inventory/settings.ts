import { isMapping } from '../ports/safe-yaml.ts';
import { comparePorts } from '../ports/port.ts';
import type { PortName } from '../ports/port.ts';
import { MAX_PORTS, parsePortList } from '../ports/range.ts';
import type { PortProblem } from '../ports/range.ts';
import { compressVlans, expandVlans, parseVlanList } from '../ports/vlan.ts';
import { hostKeyProblem } from './host-key.ts';
import { unknownKey } from './element.ts';
import type { Element } from './element.ts';
import type { CatalogDevice } from './device.ts';

/** The platform's own settings of a host: `data.naas`. */
export interface NaasSettings {
  ports: readonly PortName[];
  uplinks: readonly PortName[];
  reserved: readonly PortName[];
  reservedVlans: string;
  adopt: CatalogDevice['adopt'];
  unused: CatalogDevice['unused'];
  mode: CatalogDevice['mode'];
  hostKeys: readonly string[];
  bootToken?: string;
  /** Only in a slice: the groups the host had in the inventory. */
  groups?: readonly string[];
}

/** As many as the ledger of a Device can hold. */
const MAX_DEVICE_PORTS = 1024;
/** Said without the item, which may be anything (S-63). */
const NO_PORTS: Readonly<Record<PortProblem['reason'], string>> = {
  InvalidPort:
    'is not a port or a range of ports that runs upwards: write "7", "1-5" or "49/1-4", numbers 0 to 9999',
  TooManyPorts: `has too many ports, at most ${MAX_PORTS} are read`,
};
const ADOPT = /^sha256:[0-9a-f]{64}$/;
const TOKEN = /^[0-9a-f]{64}$/;

type Reader = (value: unknown, path: string, settings: NaasSettings) => string | undefined;

const READERS: { readonly [key in keyof NaasSettings]-?: Reader } = {
  ports: (value, _, settings) => readPorts(value, (ports) => (settings.ports = ports)),
  uplinks: (value, _, settings) => readPorts(value, (ports) => (settings.uplinks = ports)),
  reserved: (value, _, settings) => readPorts(value, (ports) => (settings.reserved = ports)),
  reservedVlans: readReservedVlans,
  adopt: (value, _, settings) => {
    if (typeof value !== 'boolean' && !(typeof value === 'string' && ADOPT.test(value))) {
      return 'must be true, false or sha256: with the 64 hexadecimal digits of the reviewed configuration';
    }
    settings.adopt = value;
    return undefined;
  },
  unused: (value, _, settings) => {
    if (value !== 'parked' && value !== 'default') return 'must be parked or default';
    settings.unused = value;
    return undefined;
  },
  mode: (value, _, settings) => {
    if (value !== 'enforce' && value !== 'alert' && value !== 'pause')
      return 'must be enforce, alert or pause';
    settings.mode = value;
    return undefined;
  },
  hostKeys: (value, _, settings) => {
    const keys = typeof value === 'string' ? [value] : value;
    if (!isTexts(keys)) return 'must be a list of host keys';
    settings.hostKeys = keys;
    const problems = keys.map(hostKeyProblem);
    const wrong = problems.findIndex((problem) => problem !== undefined);
    return wrong < 0 ? undefined : `item ${wrong + 1} ${problems[wrong]}`;
  },
  bootToken: (value, _, settings) => {
    if (typeof value !== 'string' || !TOKEN.test(value)) {
      return 'must be the SHA-256 of the token, 64 hexadecimal digits in lower case and in quotes';
    }
    settings.bootToken = value;
    return undefined;
  },
  groups: (value, _, settings) => {
    if (!isTexts(value)) return 'must be a list of names';
    settings.groups = value;
    return undefined;
  },
};

/**
 * Reads `data.naas` of a host. Unlike other data it is inherited key by key, so that a group can say which ports
 * a model of switch has and the host which key it shows.
 * @param chain host, groups and defaults, nearest first
 */
export function readSettings(chain: readonly Element[], problems: string[]): NaasSettings {
  const settings: NaasSettings = {
    ports: [],
    uplinks: [],
    reserved: [],
    reservedVlans: '',
    adopt: false,
    unused: 'parked',
    mode: 'enforce',
    hostKeys: [],
  };
  const seen = new Set<string>();
  for (const element of chain) {
    const written = element.data['naas'];
    if (written === undefined || written === null) continue;
    const path = `${element.path}.data.naas`;
    if (!isMapping(written)) {
      problems.push(`${path}: must be a mapping`);
      continue;
    }
    for (const [key, value] of Object.entries(written)) {
      if (!isSetting(key)) {
        problems.push(unknownKey(path, element.place(['data', 'naas', key]), Object.keys(READERS)));
        continue;
      }
      if (seen.has(key) || value === null) continue;
      seen.add(key);
      const problem = READERS[key](value, path, settings);
      if (problem !== undefined) problems.push(`${path}.${key}: ${problem}`);
    }
  }
  const known = new Set(settings.ports);
  for (const key of ['uplinks', 'reserved'] as const) {
    const strangers = settings[key].filter((port) => !known.has(port));
    if (strangers.length > 0) {
      problems.push(`${chain[0]?.path}.data.naas.${key}: ${strangers.slice(0, 8).join(', ')} not in ports`);
    }
  }
  return settings;
}

function isSetting(key: string): key is keyof NaasSettings {
  return Object.hasOwn(READERS, key);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}

function readPorts(value: unknown, use: (ports: PortName[]) => void): string | undefined {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  const ports = new Set<PortName>();
  for (const [index, item] of items.entries()) {
    if (typeof item !== 'string' && typeof item !== 'number')
      return 'must be a list such as ["1-48", "49/1-4"]';
    const list = parsePortList(String(item));
    if (!Array.isArray(list)) return `item ${index + 1} ${NO_PORTS[list.reason]}`;
    for (const port of list) ports.add(port);
  }
  if (ports.size > MAX_DEVICE_PORTS)
    return `has ${ports.size} ports, at most ${MAX_DEVICE_PORTS} are possible`;
  use([...ports].sort(comparePorts));
  return undefined;
}

function readReservedVlans(value: unknown, _: string, settings: NaasSettings): string | undefined {
  const items: unknown[] = Array.isArray(value) ? value : [value];
  const all: number[] = [];
  for (const [index, item] of items.entries()) {
    if (typeof item !== 'number' && typeof item !== 'string')
      return 'must be a list such as [1, "1002-1005"]';
    const ids = typeof item === 'number' ? expandVlans([item]) : parseVlanList(item);
    if (!Array.isArray(ids)) {
      return `item ${index + 1} is not a VLAN or a range of VLANs that runs upwards: write 10 or "100-110", ids 1 to 4094`;
    }
    all.push(...ids);
  }
  settings.reservedVlans = compressVlans(all);
  return undefined;
}
