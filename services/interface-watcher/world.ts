import type { Device, Interface, Tenant } from '../../crds/types.gen.ts';
import type { GroupedDevice } from '../../lib/grants/device-set.ts';
import type { DeviceFacts } from '../../lib/ledger/permit.ts';

/** Names an Interface. */
export interface RequestRef {
  namespace: string;
  name: string;
}

/** By canonical name of the device. */
export type InventoryFacts = ReadonlyMap<string, DeviceFacts & GroupedDevice>;

/**
 * Everything a reconcile reads and writes. Small, so that histories can drive the real code against a store
 * that crashes, delays and refuses (ownership.md, "What the histories test checks").
 *
 * Reads are quorum reads. Writes are conditional on the `resourceVersion` of what was read (R1) and return what
 * is stored then; `undefined` means that it was changed or removed meanwhile: start again from reads.
 * Anything else that goes wrong is thrown, and the write may or may not have happened.
 */
export interface World {
  getInterface(ref: RequestRef): Promise<Interface | undefined>;
  getDevice(name: string): Promise<Device | undefined>;
  /** The Tenant that governs a namespace. */
  getTenant(namespace: string): Promise<Tenant | undefined>;
  replaceDevice(device: Device): Promise<Device | undefined>;
  replaceInterface(request: Interface): Promise<Interface | undefined>;
  replaceInterfaceStatus(request: Interface): Promise<Interface | undefined>;
  /**
   * The inventory, read afresh when it seems to lack one of the devices: that a device is out of it frees a
   * deleted request (R5). Undefined: there is none to be read.
   */
  getInventory(devices: readonly string[]): Promise<InventoryFacts | undefined>;
  /** RFC 3339. */
  now(): string;
}

/** What making and rebuilding a Device needs besides (R10). */
export interface DeviceWorld extends World {
  /** Undefined: it exists already. */
  createDevice(device: Device): Promise<Device | undefined>;
  /** Conditional on uid and resourceVersion. Whether the deletion was taken. */
  deleteDevice(device: Device): Promise<boolean>;
  /** A consistent list. */
  listInterfaces(): Promise<Interface[]>;
  /** What the switch's model shows: top claims by port, without `others`. Undefined: no model. */
  getModel(device: string): Promise<Device['spec'] | undefined>;
  /** Tells people that something was lost. */
  alert(about: Interface, message: string): void;
}
