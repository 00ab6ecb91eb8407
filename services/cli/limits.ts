/** What a tenant may ask for, as the platform tells its people in their own namespace. */
import { LIMITS_CONFIGMAP, LIMITS_KEY } from '../../crds/names.ts';
import { client } from '../../lib/kube/client.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { ApiError, isNotFound } from '../../lib/kube/errors.ts';
import { CONFIG_MAPS } from '../../lib/kube/resources.ts';
import { readYaml } from '../../lib/ports/safe-yaml.ts';

type List = readonly (string | number)[];

export interface Limits {
  /** Absent: no limit. */
  readonly maxPorts?: number;
  readonly usage?: { readonly ports: number; readonly devices: number; readonly requests: number };
  readonly grants: readonly {
    readonly devices?: List;
    readonly groups?: List;
    readonly ports: List;
    readonly vlans: List;
    readonly trunk?: boolean;
    readonly shared?: boolean;
  }[];
}

/** Limits of a namespace; undefined where there are none, or we may not read them. */
export async function limitsOf(connection: Connection, namespace: string): Promise<Limits | undefined> {
  try {
    const map = await client(connection, CONFIG_MAPS).get({ namespace, name: LIMITS_CONFIGMAP });
    // Written by the platform, and only shown.
    const read = readYaml(map.data?.[LIMITS_KEY] ?? '', LIMITS_CONFIGMAP) as Partial<Limits> | null;
    return { ...read, grants: read?.grants ?? [] };
  } catch (error) {
    if (isNotFound(error) || (error instanceof ApiError && error.code === 403)) return undefined;
    throw error;
  }
}
