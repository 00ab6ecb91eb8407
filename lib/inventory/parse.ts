import { canonicalDevice, isDeviceName } from '../ports/port.ts';
import { isMapping, readYaml } from '../ports/safe-yaml.ts';
import { placesIn } from '../ports/yaml-place.ts';
import type { Place } from '../ports/yaml-place.ts';
import { GLOBAL_GROUP, InventoryError, PLATFORMS } from './device.ts';
import type { Inventory, InventoryDevice } from './device.ts';
import { readElement } from './element.ts';
import type { Element, Reading } from './element.ts';
import { inherit, inheritData, lineage } from './lineage.ts';
import { privateKeyReader } from './private-key.ts';
import { readSettings } from './settings.ts';

/** Texts of Nornir's SimpleInventory files. */
export interface InventoryFiles {
  hosts: string;
  groups?: string;
  defaults?: string;
}

const SSH_PORT = 22;
/** Names of hosts and groups are no secrets: everyone in the platform sees them. What looks otherwise may be one (S-63). */
const SHOWN_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const KUBERNETES_NAME = /^[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*$/;

/**
 * Reads an inventory by Nornir's rules: a host takes what it lacks from its groups, depth first in the order
 * written, then from the defaults.
 * @throws InventoryError with all problems; nothing of a wrong inventory is used
 */
export function parseInventory(files: InventoryFiles): Inventory {
  const problems: string[] = [];
  const reading: Reading = { problems, readKey: privateKeyReader() };
  const placeInDefaults = placesIn(files.defaults ?? '');
  const defaults = readElement(
    read(files.defaults, 'defaults', problems),
    'defaults',
    placeInDefaults,
    reading,
  );
  if (defaults.groups.length > 0) problems.push('defaults.groups: the defaults cannot be in a group');
  const placeInGroups = placesIn(files.groups ?? '');
  const groups = readElements(read(files.groups, 'groups', problems), 'groups', placeInGroups, reading);
  if (!groups.has(GLOBAL_GROUP)) {
    groups.set(GLOBAL_GROUP, readElement(undefined, `groups.${GLOBAL_GROUP}`, placeInGroups, reading));
  }
  const placeInHosts = placesIn(files.hosts);
  const hosts = readElements(read(files.hosts, 'hosts', problems), 'hosts', placeInHosts, reading);
  // Also groups without hosts must be in order.
  for (const group of groups.values()) lineage(group, groups, problems);

  const devices = new Map<string, InventoryDevice>();
  for (const [written, host] of hosts) {
    const name = canonicalDevice(written);
    if (!isDeviceName(written) || !KUBERNETES_NAME.test(name)) {
      problems.push(
        `hosts: a name cannot name a device${placeInHosts([written])}: use letters, digits, "-" and ".", at most 63, as in a DNS name`,
      );
      continue;
    }
    // S-12: names that differ in case alone are one device.
    if (devices.has(name)) problems.push(`${host.path}: a host of that name exists in other letters of case`);
    const order = [...new Set([...lineage(host, groups, problems), GLOBAL_GROUP])];
    const chain = [host, ...order.flatMap((group) => groups.get(group) ?? []), defaults];
    devices.set(name, resolveDevice(name, order, chain, problems));
  }
  if (problems.length > 0) throw new InventoryError([...new Set(problems)]);
  return { devices };
}

function resolveDevice(name: string, order: string[], chain: Element[], problems: string[]): InventoryDevice {
  const path = chain[0]?.path ?? name;
  const settings = readSettings(chain, problems);
  const { naas: _, ...data } = inheritData(chain);
  const platform = inherit(chain, (element) => element.platform);
  if (platform === undefined) problems.push(`${path}.platform: is missing`);
  else if (!PLATFORMS.includes(platform)) {
    problems.push(`${path}.platform: is not supported; there is ${PLATFORMS.join(', ')}`);
  }
  const ssh = <T>(pick: (options: Element['ssh']) => T | undefined): T | undefined =>
    inherit(chain, (element) => pick(element.ssh));
  const username = ssh((o) => o.username) ?? inherit(chain, (element) => element.username);
  const password = ssh((o) => o.password) ?? inherit(chain, (element) => element.password);
  const privateKey = ssh((o) => o.privateKey);
  return {
    name,
    platform: platform ?? '',
    groups: settings.groups ?? order,
    ports: settings.ports,
    uplinks: settings.uplinks,
    reserved: settings.reserved,
    reservedVlans: settings.reservedVlans,
    unused: settings.unused,
    mode: settings.mode,
    adopt: settings.adopt,
    hostname: ssh((o) => o.hostname) ?? inherit(chain, (element) => element.hostname) ?? name,
    port: ssh((o) => o.port) ?? inherit(chain, (element) => element.port) ?? SSH_PORT,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(privateKey === undefined ? {} : { privateKey }),
    hostKeys: settings.hostKeys,
    ...(settings.bootToken === undefined ? {} : { bootToken: settings.bootToken }),
    data,
  };
}

function read(text: string | undefined, file: string, problems: string[]): unknown {
  try {
    return text === undefined ? undefined : readYaml(text, file, { unambiguous: true, secret: true });
  } catch (error) {
    problems.push(error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

function readElements(value: unknown, file: string, place: Place, reading: Reading): Map<string, Element> {
  if (value === undefined || value === null) return new Map();
  if (!isMapping(value)) {
    reading.problems.push(`${file}: must be a mapping of names`);
    return new Map();
  }
  return new Map(
    Object.entries(value).map(([name, entry]) => {
      const path = SHOWN_NAME.test(name) ? `${file}.${name}` : `${file}${place([name])}`;
      return [name, readElement(entry, path, (keys) => place([name, ...keys]), reading)];
    }),
  );
}
