/** What can go wrong between a service and the API server, and how a reconciler says "do not try again". */

/** The fields of a Kubernetes `Status` that matter. */
export interface Status {
  kind?: string;
  code?: number;
  reason?: string;
  message?: string;
  details?: { retryAfterSeconds?: number; causes?: { reason?: string; message?: string; field?: string }[] };
}

/** The API server answered, and the answer is an error. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  /** HTTP status. */
  readonly code: number;
  /** `Status.reason`, e.g. `NotFound`, `Conflict`, `AlreadyExists`, `Expired`, `Invalid`; `''` if the body was no Status. */
  readonly reason: string;
  readonly details?: Status['details'];
  readonly retryAfterSeconds?: number;

  constructor(
    code: number,
    status: Status,
    options: { call: string; retryAfterSeconds?: number | undefined },
  ) {
    super(`${options.call}: ${status.message || `HTTP ${code}`}`);
    this.code = code;
    this.reason = status.reason ?? '';
    if (status.details) this.details = status.details;
    const after = options.retryAfterSeconds ?? status.details?.retryAfterSeconds;
    if (after !== undefined) this.retryAfterSeconds = after;
  }
}

/**
 * No answer: not connected, cut off, or timed out. A write may or may not have been applied:
 * start again from reads (R1).
 */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';
  /** `Timeout`, or the system's word, e.g. `ECONNREFUSED`. */
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Thrown by a reconciler when trying again cannot help before the object changes. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
}

/** Others wrote first, time and again: nothing is wrong, it is only busy here (R1). */
export class ContendedError extends Error {
  override readonly name = 'ContendedError';
}

function hasReason(error: unknown, code: number, reason: string): boolean {
  return error instanceof ApiError && error.code === code && (error.reason === reason || error.reason === '');
}

/** The object does not exist. Also true for a kind or path that the server does not serve. */
export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404;
}

/** A conditional write came too late: read again, decide again (R1). */
export function isConflict(error: unknown): boolean {
  return hasReason(error, 409, 'Conflict');
}

/** A create found the name taken. */
export function isAlreadyExists(error: unknown): boolean {
  return hasReason(error, 409, 'AlreadyExists');
}

/** The resource version, or the continue token, is older than the server remembers: list again. */
export function isExpired(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 410 || error.reason === 'Expired');
}

/** The text of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
