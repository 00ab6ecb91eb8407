import type { Settings } from './settings.ts';
import { quoted } from './quoted.ts';
import { isMapping, readYaml } from './safe-yaml.ts';

/** What a request gets where it says nothing. */
export interface PortDefaults {
  trunk: boolean;
  shutdown: boolean;
  stp: Settings['stp'];
}

export const BUILT_IN_DEFAULTS: PortDefaults = Object.freeze({
  trunk: false,
  stp: 'portfast',
  shutdown: true,
});

const STP = ['portfast', 'network', 'normal'] as const;

/**
 * Reads the defaults file (YAML) or the annotation that stores its values (JSON, which is YAML too).
 * Keys that are missing take the built-in value; empty text is all built-in.
 * @throws Error that names the key, what is wrong and what is allowed
 */
export function parseDefaults(text: string): PortDefaults {
  const read = readYaml(text, 'defaults') ?? {};
  if (!isMapping(read)) throw new Error('defaults: must be a mapping of trunk, shutdown and stp');
  const defaults: PortDefaults = { ...BUILT_IN_DEFAULTS };
  for (const [key, value] of Object.entries(read)) {
    if (key === 'trunk' || key === 'shutdown') defaults[key] = flag(key, value);
    else if (key === 'stp') defaults.stp = portType(value);
    else throw new Error(`defaults.${key}: is not known; allowed are trunk, shutdown and stp`);
  }
  return defaults;
}

function flag(key: string, value: unknown): boolean {
  // S-19: "no", 0 and 1 are not booleans here.
  if (typeof value !== 'boolean') {
    throw new Error(`defaults.${key}: is ${quoted(JSON.stringify(value) ?? '')}, must be true or false`);
  }
  return value;
}

function portType(value: unknown): Settings['stp'] {
  const known = STP.find((type) => type === value);
  if (known === undefined) {
    throw new Error(
      `defaults.stp: is ${quoted(JSON.stringify(value) ?? '')}, must be portfast, network or normal`,
    );
  }
  return known;
}
