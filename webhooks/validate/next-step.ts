import type { Denial } from '../../crds/reasons.ts';

/** What the tenant can do about it. One sentence each; `docs/errors.md` says more. */
const NEXT_STEP: Readonly<Record<Denial, string>> = {
  PortOwnedByOtherTenant: 'choose other ports, or ask the owner to release these',
  DeviceUnknown: 'check the name of the device, or ask the platform team to add it to the inventory',
  PortUnknown: 'list ports that the device has',
  PortNotDelegable: 'choose other ports: uplinks and reserved ports belong to the platform',
  PortNotPermitted: 'ask the platform team for a grant of these ports',
  VlanReserved: 'choose another VLAN: these belong to the platform',
  VlanNotPermitted: 'choose a VLAN that is granted to you',
  TrunkNotPermitted: 'leave trunk out, or ask the platform team for a grant of trunks',
  InvalidPort: 'write ports as "7", "1-5" or "49/1-4", in quotes',
  InvalidVlan:
    'write VLANs from 1 to 4094 or ranges such as "100-110"; vlans and nativeVlan need trunk: true',
  DuplicatePort: 'list each port once, or with the same settings',
  TooManyPorts: 'split the request into several smaller ones',
  PortLimitExceeded: 'release ports you do not need, or ask the platform team for a higher limit',
  TenantRequired: 'ask the platform team to set up a tenant for this namespace',
  InvalidDefaults: 'remove the annotation: the platform writes it',
  BeingDeleted: 'wait until the request is gone, then create it anew',
  LedgerFull: 'ask the platform team: the device cannot take more requests',
  PolicyUnavailable: 'try again in a moment; if it lasts, tell the platform team',
};

/** Page that explains the denials, with one heading per id. */
const PAGE = 'docs/errors.md';

/** Such as `choose other ports …; see docs/errors.md#portunknown`. */
export function nextStep(reason: Denial): string {
  return `${NEXT_STEP[reason]}; see ${PAGE}#${reason.toLowerCase()}`;
}
