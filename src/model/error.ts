/**
 * Every error code: a stable machine word for each way in which a call can fail. Words are never
 * reused; a retired one stays listed in docs/errors.md.
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

/**
 * The error code for the word of one error; `invalid_value` for words that are not codes
 * themselves.
 */
export function errorCode(word: string | undefined): ErrorCode {
  return ERROR_CODES.find((code) => code === word) ?? "invalid_value";
}

/** One bad element of a request. */
export interface ErrorDetail {
  /** Position in the request's collection, from 0, where there is one. */
  readonly index?: number;
  /** Identifier of the element, if it has one. */
  readonly identifier?: string;
  /** Dotted path of the member, e.g. `resources.3.patient_sex`. */
  readonly path: string;
  /** Machine word of this error. */
  readonly code: string;
  /** What was expected, in one sentence. Never contains a secret. */
  readonly detail: string;
}

/** The only error that is thrown on purpose. Any other one is a defect and gets `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: readonly ErrorDetail[];
  /** Seconds after which a retry makes sense (becomes `Retry-After`). */
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
