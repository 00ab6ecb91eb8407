import type { Check } from '../check.ts';

/** A request on its way out takes no new settings: its ports are being released. */
export const notBeingDeleted: Check = ({ review }) => {
  if (review.object.metadata.deletionTimestamp === undefined) return [];
  return [
    {
      reason: 'BeingDeleted',
      field: 'metadata.deletionTimestamp',
      message: `Request ${review.name} is being deleted and cannot change`,
    },
  ];
};
