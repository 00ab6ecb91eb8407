import type { ShownClaim } from './section.ts';

const CLAIM = {
  description: 'sample',
  namespace: 'sample',
  owner: 'sample',
  uid: '00000000-0000-0000-0000-000000000000',
  generation: 1,
};

/** Ordinary requests of every kind; a port template must render each. */
export const SAMPLES: readonly ShownClaim[] = (['portfast', 'network', 'normal'] as const).flatMap((stp) =>
  [true, false].flatMap((shutdown): ShownClaim[] => [
    { ...CLAIM, vlan: 10, trunk: false, shutdown, stp },
    { ...CLAIM, vlan: 10, trunk: true, shutdown, stp },
    { ...CLAIM, vlan: 10, trunk: true, shutdown, stp, vlans: '20-22,30', nativeVlan: 40 },
  ]),
);
