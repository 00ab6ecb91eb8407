import { isMapping } from '../ports/safe-yaml.ts';
import type { Place } from '../ports/yaml-place.ts';
import type { PrivateKey } from './private-key.ts';

/** A host, a group or the defaults as Nornir's SimpleInventory writes it. Absent and null are the same. */
export interface Element {
  /** For problems: `hosts.leaf1`. */
  path: string;
  /** Where a key of it is written. */
  place: Place;
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
const SSH_KEYS = [...TEXTS, 'port', 'extras'];
const HOSTNAME = /^[A-Za-z0-9](?:[A-Za-z0-9.:%_-]*[A-Za-z0-9])?$/;
const SECRETS = new Set(['username', 'password', 'private_key']);

/** What the elements of one inventory are read with. */
export interface Reading {
  /** What is wrong is added. */
  readonly problems: string[];
  readonly readKey: (value: unknown) => PrivateKey;
}

/**
 * Reads one element strictly.
 * S-63: no problem holds a value, nor a key that is not known. A slip of the pen makes a part of a password either one.
 */
export function readElement(value: unknown, path: string, place: Place, reading: Reading): Element {
  const { problems } = reading;
  const element: Element = { path, place, groups: [], data: {}, ssh: {} };
  if (value === null || value === undefined) return element;
  if (!isMapping(value)) {
    problems.push(`${path}: must be a mapping`);
    return element;
  }
  for (const [key, entry] of Object.entries(value)) {
    if (!KEYS.includes(key)) problems.push(unknownKey(path, place([key]), KEYS));
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
      const placeInSsh: Place = (keys) => place(['connection_options', 'ssh', ...keys]);
      element.ssh = readSsh(ssh, `${path}.connection_options.ssh`, placeInSsh, reading);
    }
  }
  return element;
}

/** What is said of a key that no one reads. @param place as {@link Place} tells it */
export function unknownKey(path: string, place: string, allowed: readonly string[]): string {
  return `${path}: a key is not known${place}; allowed are ${allowed.join(', ')}`;
}

function readSsh(value: unknown, path: string, place: Place, { problems, readKey }: Reading): SshOptions {
  const options = readMapping(value, path, problems);
  const ssh: SshOptions = readAddress(options, path, problems);
  const extras = options['extras'];
  for (const key of Object.keys(options)) {
    if (!SSH_KEYS.includes(key)) problems.push(unknownKey(path, place([key]), SSH_KEYS));
  }
  if (extras === undefined || extras === null) return ssh;
  for (const [key, entry] of Object.entries(readMapping(extras, `${path}.extras`, problems))) {
    if (key !== 'private_key') {
      problems.push(unknownKey(`${path}.extras`, place(['extras', key]), ['private_key']));
      continue;
    }
    const read = readKey(entry);
    if ('text' in read) ssh.privateKey = read.text;
    else problems.push(`${path}.extras.private_key: ${read.problem}`);
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
      problems.push(`${path}.hostname: is not a host name or an address`);
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
