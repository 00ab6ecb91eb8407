import { parseInventory } from '../../lib/inventory/parse.ts';
import { sliceInventory } from '../../lib/inventory/slice.ts';
import type { Inventory } from '../../lib/inventory/device.ts';
import type { ConfigMapLike, PlatformProblem } from '../../lib/render/config-map.ts';
import { platformSet } from '../../lib/render/platform-set.ts';
import { TYPE_LABEL } from '../../crds/names.ts';

/** Digest of what the platform contributes to a device, or why there is none. */
export type PlatformDigest = { readonly digest: string } | { readonly problem: string };

export interface PlatformDigests {
  of(device: string, inventory: Inventory): PlatformDigest;
  /** Templates, base models or inventory are other ones now. */
  forget(): void;
}

const MOST_PROBLEMS = 8;

/**
 * The digests of P by device, each computed when first asked for.
 * @param configMaps models and templates as they are stored now
 */
export function platformDigests(configMaps: () => readonly ConfigMapLike[]): PlatformDigests {
  let known = new Map<string, PlatformDigest>();
  let sorted: { models: ConfigMapLike[]; templates: ConfigMapLike[] } | undefined;

  function sources(): { models: ConfigMapLike[]; templates: ConfigMapLike[] } {
    if (sorted !== undefined) return sorted;
    const all = configMaps();
    sorted = {
      models: all.filter(({ metadata }) => metadata.labels?.[TYPE_LABEL] === 'model'),
      templates: all.filter(({ metadata }) => metadata.labels?.[TYPE_LABEL] === 'template'),
    };
    return sorted;
  }

  function compute(name: string, inventory: Inventory): PlatformDigest {
    // Of the device as the enforcer will read it from its slice: both must come to the same digest.
    const device = parseInventory({ hosts: sliceInventory(inventory, [name]) }).devices.get(name);
    if (device === undefined) throw new Error(`device ${name} is not in its own slice`);
    const { models, templates } = sources();
    const set = platformSet(models, templates, device);
    return 'problems' in set ? { problem: words(set.problems) } : { digest: set.digest };
  }

  return {
    of(name, inventory) {
      const digest = known.get(name) ?? compute(name, inventory);
      known.set(name, digest);
      return digest;
    },
    forget() {
      known = new Map();
      sorted = undefined;
    },
  };
}

function words(problems: readonly PlatformProblem[]): string {
  const lines = problems.slice(0, MOST_PROBLEMS).map(({ message, source, template, line }) => {
    const place = [source, template, line].filter((part) => part !== undefined).join(':');
    return place === '' ? message : `${place}: ${message}`;
  });
  const more = problems.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
