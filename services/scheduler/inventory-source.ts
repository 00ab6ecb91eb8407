import { INVENTORY_DEFAULTS, INVENTORY_GROUPS, INVENTORY_HOSTS, INVENTORY_SECRET } from '../../crds/names.ts';
import type { Inventory } from '../../lib/inventory/device.ts';
import { parseInventory } from '../../lib/inventory/parse.ts';
import type { Connection } from '../../lib/kube/connection.ts';
import { messageOf } from '../../lib/kube/errors.ts';
import type { EventRecorder } from '../../lib/kube/events.ts';
import { informer } from '../../lib/kube/informer.ts';
import type { Log } from '../../lib/kube/log.ts';
import { SECRETS, type Secret } from '../../lib/kube/resources.ts';
import type { DeepReadonly } from '../../lib/kube/types.ts';

/** The inventory as it was last found in order. */
export interface InventorySource {
  /** undefined: there was never one in order since the start. */
  current(): Inventory | undefined;
  /** Whether the stored Secret is the current inventory. */
  isValid(): boolean;
  onChange(listener: () => void): void;
  hasSynced(): boolean;
  whenSynced(): Promise<void>;
  stop(): Promise<void>;
}

export interface InventorySourceOptions {
  readonly connection: Connection;
  readonly namespace: string;
  /** Name of the Secret; default `inventory`. */
  readonly secret?: string;
  readonly events: EventRecorder;
  readonly log: Log;
}

/**
 * Follows the Secret with the inventory. A malformed one changes nothing: the last good one stays in force, and
 * people are told.
 */
export function inventorySource(options: InventorySourceOptions): InventorySource {
  const { connection, namespace, events, log, secret: name = INVENTORY_SECRET } = options;
  const listeners: (() => void)[] = [];
  let current: Inventory | undefined;
  let valid = false;
  // Fields, not the whole Secret, and never its values, may reach a log.
  const secrets = informer(connection, SECRETS, {
    namespace,
    fieldSelector: `metadata.name=${name}`,
    log,
  });

  secrets.onChange(({ object }) => {
    if (object === undefined) {
      valid = false;
      log.error({ secret: name }, 'The inventory Secret is gone; the last good inventory stays in force');
      return;
    }
    take(object);
    for (const listener of listeners) listener();
  });
  secrets.start();

  function take(secret: DeepReadonly<Secret>): void {
    try {
      const groups = textOf(secret, INVENTORY_GROUPS);
      const defaults = textOf(secret, INVENTORY_DEFAULTS);
      current = parseInventory({
        hosts: textOf(secret, INVENTORY_HOSTS) ?? '',
        ...(groups === undefined ? {} : { groups }),
        ...(defaults === undefined ? {} : { defaults }),
      });
      valid = true;
      log.info({ devices: current.devices.size }, 'Inventory read');
    } catch (error) {
      valid = false;
      const note = `${messageOf(error)}. The last good inventory stays in force`;
      log.error({ secret: name, error: messageOf(error) }, 'The inventory is malformed');
      events.event({
        regarding: secret,
        type: 'Warning',
        reason: 'InventoryMalformed',
        action: 'ReadInventory',
        note,
      });
    }
  }

  return {
    current: () => current,
    isValid: () => valid,
    onChange: (listener) => void listeners.push(listener),
    hasSynced: () => secrets.hasSynced(),
    whenSynced: () => secrets.whenSynced(),
    stop: () => secrets.stop(),
  };
}

function textOf(secret: DeepReadonly<Secret>, key: string): string | undefined {
  const data = secret.data?.[key];
  return data === undefined ? undefined : Buffer.from(data, 'base64').toString('utf8');
}
