import { resolveRequest } from '../../../lib/ports/resolve.ts';
import type { Check } from '../check.ts';

/** Expands the request as the controller will: raw and expanded forms count the same, also without mutation (S-29). */
export const requestResolves: Check = (context) => {
  const { spec, used, review } = context;
  if (spec === undefined || used === undefined) throw new Error('request-resolves ran before what it needs');
  const resolution = resolveRequest(spec, review.name, used);
  if ('request' in resolution) {
    context.resolved = resolution.request;
    return [];
  }
  if (resolution.rest !== undefined) context.resolved = resolution.rest;
  return resolution.problems;
};
