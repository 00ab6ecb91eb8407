import { isMapping } from '../ports/safe-yaml.ts';
import { quoted } from '../ports/quoted.ts';

/** A host, a group or the defaults as Nornir's SimpleInventory writes it. Absent and null are the same. */
export interface Element {
  /** For problems: `hosts.leaf1`. */
  path: string;
  hostname?: string;
  port?: number;
  username?: string;
  password?: string;
  platform?: string;
  groups: readonly string[];
  data: Record<string, unknown>;
  /** `connection_options.ssh`; options of other connections are not ours to judge. */
  ssh: SshOptions;
}

/** Nornir's connection options: what is set here comes before the host's own. */
export interface SshOptions {
  hostname?: string;
  port?: number;
  username?: string;
  password?: string;
  privateKey?: string;
}

const TEXTS = ['hostname', 'username', 'password', 'platform'] as const;
const KEYS = [...TEXTS, 'port', 'groups', 'data', 'connection_options'];
const HOSTNAME = /^[A-Za-z0-9](?:[A-Za-z0-9.:%_-]*[A-Za-z0-9])?$/;
const SECRETS = new Set(['username', 'password', 'private_key']);

/** Reads one element strictly; what is wrong is added to `problems`. */
export function readElement(value: unknown, path: string, problems: string[]): Element {
  const element: Element = { path, groups: [], data: {}, ssh: {} };
  if (value === null || value === undefined) return element;
  if (!isMapping(value)) {
    problems.push(`${path}: must be a mapping`);
    return element;
  }
  for (const [key, entry] of Object.entries(value)) {
    if (!KEYS.includes(key)) problems.push(`${path}.${key}: is not known; allowed are ${KEYS.join(', ')}`);
    if (entry === null) continue;
    const at = `${path}.${key}`;
    if (key === 'groups') element.groups = readNames(entry, at, problems);
    if (key === 'data') element.data = readMapping(entry, at, problems);
  }
  Object.assign(element, readAddress(value, path, problems));
  const options = value['connection_options'];
  if (options !== undefined && options !== null) {
    const ssh = readMapping(options, `${path}.connection_options`, problems)['ssh'];
    if (ssh !== undefined && ssh !== null) {
      element.ssh = readSsh(ssh, `${path}.connection_options.ssh`, problems);
    }
  }
  return element;
}

function readSsh(value: unknown, path: string, problems: string[]): SshOptions {
  const options = readMapping(value, path, problems);
  const ssh: SshOptions = readAddress(options, path, problems);
  const extras = options['extras'];
  for (const key of Object.keys(options)) {
    if (!['hostname', 'port', 'username', 'password', 'platform', 'extras'].includes(key)) {
      problems.push(`${path}.${key}: is not known`);
    }
  }
  if (extras === undefined || extras === null) return ssh;
  for (const [key, entry] of Object.entries(readMapping(extras, `${path}.extras`, problems))) {
    if (key !== 'private_key') {
      problems.push(`${path}.extras.${key}: is not known; allowed is private_key`);
    } else if (typeof entry !== 'string' || !entry.includes('PRIVATE KEY')) {
      problems.push(`${path}.extras.private_key: must be the text of a private key, not a path`);
    } else {
      ssh.privateKey = entry;
    }
  }
  return ssh;
}

interface Address {
  hostname?: string;
  port?: number;
  username?: string;
  password?: string;
  platform?: string;
}

function readAddress(value: Record<string, unknown>, path: string, problems: string[]): Address {
  const address: Address = {};
  for (const key of TEXTS) {
    const text = value[key];
    if (text === undefined || text === null) continue;
    if (typeof text !== 'string' || text === '' || /[\0\r\n]/.test(text)) {
      problems.push(`${path}.${key}: must be text on one line${SECRETS.has(key) ? '' : ', in quotes'}`);
    } else if (key === 'hostname' && !(text.length <= 253 && HOSTNAME.test(text))) {
      problems.push(`${path}.hostname: ${quoted(text)} is not a host name or an address`);
    } else {
      address[key] = text;
    }
  }
  const port = value['port'];
  if (port === undefined || port === null) return address;
  if (typeof port !== 'number' || !Number.isInteger(port) || port < 1 || port > 65535) {
    problems.push(`${path}.port: must be a TCP port, 1 to 65535`);
  } else {
    address.port = port;
  }
  return address;
}

function readMapping(value: unknown, path: string, problems: string[]): Record<string, unknown> {
  if (isMapping(value)) return value;
  problems.push(`${path}: must be a mapping`);
  return {};
}

function readNames(value: unknown, path: string, problems: string[]): string[] {
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  problems.push(`${path}: must be a list of names`);
  return [];
}
