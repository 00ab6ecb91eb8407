import type { Review } from './review/admission-review.ts';
import { denied } from './review/admission-response.ts';
import type { AdmissionResponse } from './review/admission-response.ts';
import { denialStatus } from './validate/denial-status.ts';

/** Something this service needs to decide is missing: the reason is shown to the tenant, so it names no secret. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** S-05: whoever cannot tell whether a request may be stored denies it. */
export function unavailable({ uid, name }: Pick<Review, 'uid' | 'name'>, why?: string): AdmissionResponse {
  const message = `The request cannot be checked now${why === undefined ? '' : `: ${why}`}`;
  return denied(uid, denialStatus(name, [{ reason: 'PolicyUnavailable', field: 'spec', message }]));
}
