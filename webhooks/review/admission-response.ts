import type { Operation } from 'fast-json-patch';

/** The answer to one review (admission.k8s.io/v1). */
export interface AdmissionResponse {
  uid: string;
  allowed: boolean;
  /** Base64 of a JSON patch. */
  patch?: string;
  patchType?: 'JSONPatch';
  warnings?: string[];
  status?: { status: 'Failure'; code: number; reason: string; message: string; details?: object };
}

export interface ReviewAnswer {
  apiVersion: 'admission.k8s.io/v1';
  kind: 'AdmissionReview';
  response: AdmissionResponse;
}

export function answer(response: AdmissionResponse): ReviewAnswer {
  return { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response };
}

export function allowed(uid: string, warnings: readonly string[] = []): AdmissionResponse {
  return { uid, allowed: true, ...(warnings.length > 0 && { warnings: [...warnings] }) };
}

/** @param operations none: the object stays as it is */
export function patched(
  uid: string,
  operations: readonly Operation[],
  warnings: readonly string[] = [],
): AdmissionResponse {
  const response = allowed(uid, warnings);
  if (operations.length === 0) return response;
  const patch = Buffer.from(JSON.stringify(operations)).toString('base64');
  return { ...response, patch, patchType: 'JSONPatch' };
}

export function denied(uid: string, status: NonNullable<AdmissionResponse['status']>): AdmissionResponse {
  return { uid, allowed: false, status };
}
