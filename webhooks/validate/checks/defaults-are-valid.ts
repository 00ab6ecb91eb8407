import { DEFAULTS_ANNOTATION } from '../../../crds/names.ts';
import { readDefaults } from '../../mutate/defaults-annotation.ts';
import type { Check } from '../check.ts';

/** The annotation with the defaults is the tenant's to write: what it says must be defaults. */
export const defaultsAreValid: Check = (context) => {
  const stored = readDefaults(context.review.object.metadata);
  if (stored !== undefined && 'problem' in stored) {
    return [
      {
        reason: 'InvalidDefaults',
        field: `metadata.annotations[${DEFAULTS_ANNOTATION}]`,
        message: `Annotation ${DEFAULTS_ANNOTATION} is malformed: ${stored.problem}`,
      },
    ];
  }
  context.used = stored?.defaults ?? context.defaults;
  return [];
};
