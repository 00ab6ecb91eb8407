/** Every word the platform gives as a reason: conditions, denials, warnings. `docs/errors.md` explains each. */

/** Ids of a denial, also reasons of `Accepted=False`. */
export const DENIALS = [
  'PortOwnedByOtherTenant',
  'DeviceUnknown',
  'PortUnknown',
  'PortNotDelegable',
  'PortNotPermitted',
  'VlanReserved',
  'VlanNotPermitted',
  'TrunkNotPermitted',
  'InvalidPort',
  'InvalidVlan',
  'InvalidDefaults',
  'DuplicatePort',
  'TooManyPorts',
  'PortLimitExceeded',
  'TenantRequired',
  'BeingDeleted',
  'LedgerFull',
  'PolicyUnavailable',
] as const;
export type Denial = (typeof DENIALS)[number];

/** Reasons of `Programmed=False`, the worst first: the worst one over all devices is shown. */
export const NOT_PROGRAMMED = [
  'NotAccepted',
  'DeviceRemoved',
  'Rejected',
  'RenderFailed',
  'RolledBack',
  'DeviceBlocked',
  'NotAdopted',
  'DeviceUnreachable',
  'DeviceBusy',
  'Paused',
  'Pushing',
  'Pending',
] as const;
export type NotProgrammed = (typeof NOT_PROGRAMMED)[number];

/** State of a request on one device: a reason of `Programmed`. */
export type ProgrammedReason = 'Programmed' | 'Uncertain' | NotProgrammed;

export const INTERFACE_CONDITIONS = [
  'Accepted',
  'Programmed',
  'InSync',
  'Ready',
  'Shadowed',
  'OverLimit',
  'Reconciling',
  'Stalled',
] as const;
export type InterfaceCondition = (typeof INTERFACE_CONDITIONS)[number];

/** Reasons that are neither a denial nor one of `Programmed=False`. */
export const OTHER_REASONS = [
  'Programmed',
  'Uncertain',
  'PlatformRejected',
  'Accepted',
  'Ready',
  'Releasing',
  'TakenOver',
  'NotGranted',
  'InSync',
  'Drifted',
  'NotChecked',
  'Reachable',
  'Saved',
  'SaveFailed',
] as const;

export const TENANT_CONDITIONS = ['Ready', 'OverLimit', 'Reconciling', 'Stalled'] as const;
export type TenantCondition = (typeof TENANT_CONDITIONS)[number];

/** Reasons that only a Tenant's conditions have. */
export const TENANT_REASONS = [
  'NamespaceReserved',
  'NamespaceTerminating',
  'NameTaken',
  'InvalidGrant',
  'GrantOverlap',
  'WithinLimits',
] as const;
/** Reasons of a Tenant's conditions. */
export type TenantReason =
  (typeof TENANT_REASONS)[number] | 'Ready' | 'Pending' | 'NotGranted' | 'PortLimitExceeded';

/** All reasons of conditions, of an Interface or a Device. */
export type Reason = Denial | NotProgrammed | (typeof OTHER_REASONS)[number];
/** Reasons of an Interface's conditions. */
export type InterfaceReason = Exclude<Reason, 'PlatformRejected' | 'Reachable' | 'Saved' | 'SaveFailed'>;

export const DEVICE_CONDITIONS = [
  'Reachable',
  'InSync',
  'Saved',
  'Programmed',
  'Ready',
  'Reconciling',
  'Stalled',
] as const;
export type DeviceCondition = (typeof DEVICE_CONDITIONS)[number];

/** Reasons of a Device's conditions. */
export type DeviceReason = Exclude<Reason, Denial | 'Releasing' | 'TakenOver' | 'NotGranted' | 'Accepted'>;

/** Outcome of a push, as `Device.status.attempted.outcome`. */
export const OUTCOMES = [
  'applied',
  'unchanged',
  'platform-rejected',
  'auth-failed',
  'rolled-back',
  'unreachable',
  'busy',
  'uncertain',
  'not-adopted',
  'host-key-unknown',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Ids of an admission warning. */
export const WARNINGS = ['PortTakeOver', 'DefaultShutdown', 'DeviceUnreachable'] as const;
export type Warning = (typeof WARNINGS)[number];

/** Everything that docs/errors.md explains. */
export const EXPLAINED = [
  ...[...DENIALS, ...NOT_PROGRAMMED, ...OTHER_REASONS, ...TENANT_REASONS, ...WARNINGS],
  ...[...INTERFACE_CONDITIONS, ...DEVICE_CONDITIONS, ...TENANT_CONDITIONS],
] as const;
