/**
 * Every way in which a call can fail, as a stable machine word. Words are never reused; a retired
 * one stays listed in docs/errors.md.
 */
export const ERROR_CODES = [
  "invalid_request",
  "invalid_value",
  "unknown_field",
  "unknown_operator",
  "unknown_payload_type",
  "invalid_cursor",
  "invalid_as_of",
  "already_exists",
  "tombstoned",
  "cycle",
  "missing_reference",
  "not_found",
  "unauthenticated",
  "forbidden",
  "conflict",
  "idempotency_key_reused",
  "in_progress",
  "too_large",
  "unsupported_media_type",
  "method_not_allowed",
  "range_not_satisfiable",
  "too_many_requests",
  "unavailable",
  "internal",
] as const;

/** One of the machine words above. */
export type ErrorCode = (typeof ERROR_CODES)[number];

/** The error code that a fault's word is; `invalid_value` for words that are no codes of their own. */
export function errorCode(word: string | undefined): ErrorCode {
  return ERROR_CODES.find((code) => code === word) ?? "invalid_value";
}

/** One bad element of a request. */
export interface ErrorDetail {
  /** Position in the request's collection, from 0, where there is one. */
  readonly index?: number;
  /** Identifier of the element, where it has one. */
  readonly identifier?: string;
  /** Dotted path of the member, e.g. `resources.3.patient_sex`. */
  readonly path: string;
  /** Machine word of this one fault. */
  readonly code: string;
  /** What was expected, in one sentence. Never echoes a secret. */
  readonly detail: string;
}

/** The only error that is thrown on purpose. Anything else is a defect and answers `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly ErrorDetail[];
  /** Seconds after which a repeat makes sense (becomes `Retry-After`). */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    options: {
      readonly details?: readonly ErrorDetail[];
      readonly cause?: unknown;
      readonly retryAfterSeconds?: number;
    } = {},
  ) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.details = options.details ?? [];
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}
