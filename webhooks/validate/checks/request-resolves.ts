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
  // The policy decides about ports: without one that could be resolved there is nothing to ask it.
  const { rest } = resolution;
  const hasPorts = [...(rest?.devices.values() ?? [])].some(({ ports }) => ports.size > 0);
  if (rest !== undefined && hasPorts) context.resolved = rest;
  return resolution.problems;
};
