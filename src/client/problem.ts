import type { ProblemCode } from "./wire.ts";

/** Base of all errors of the client except aborts: an abort throws the signal's own reason. */
export class VxdataError extends Error {
  override name = "VxdataError";
}

/** The server could not be reached, or its response broke off, in every attempt. */
export class ConnectionError extends VxdataError {
  override name = "ConnectionError";
}

/** No response arrived within `timeoutMs`, in every attempt. */
export class TimeoutError extends VxdataError {
  override name = "TimeoutError";
}

/** One bad element of a request. */
export interface ProblemElement {
  /** Position in the collection that was given, from 0. */
  readonly index?: number;
  readonly identifier?: string;
  /** Dotted path of the member. */
  readonly path: string;
  readonly code: string;
  /** What was expected. */
  readonly detail: string;
}

/** An error as it came over the wire (RFC 9457). */
export interface ProblemFacts {
  readonly status: number;
  /** The error code, or `http_<status>` when the response was not a problem document. */
  readonly code: ProblemCode | `http_${number}`;
  readonly detail: string;
  readonly errors: readonly ProblemElement[];
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;
}

const ELEMENTS_SHOWN = 3;

const describe = (request: string, { status, code, detail, errors, requestId }: ProblemFacts) => {
  const id = requestId === undefined ? "" : ` (request ${requestId})`;
  const [first] = errors;
  // One error alone may be told by the detail as a whole.
  const isTold = errors.length === 1 && detail === `${first?.path}: ${first?.detail}`;
  const named = isTold ? [] : errors.slice(0, ELEMENTS_SHOWN);
  const lines = named.map((error) => `\n  ${error.path}: ${error.detail}`);
  return `${request} answered ${status} ${code}: ${detail}${id}${lines.join("")}`;
};

/** The server refused the call: nothing of it was done. */
export class ProblemError extends VxdataError implements ProblemFacts {
  override name = "ProblemError";
  readonly status: number;
  readonly code: ProblemFacts["code"];
  readonly detail: string;
  /** Every bad element; empty when the error is not about elements. */
  readonly errors: readonly ProblemElement[];
  /** Identifies the request in the server's log. */
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(facts: ProblemFacts, request: string) {
    super(describe(request, facts));
    this.status = facts.status;
    this.code = facts.code;
    this.detail = facts.detail;
    this.errors = facts.errors;
    this.requestId = facts.requestId;
    this.retryAfterSeconds = facts.retryAfterSeconds;
  }
}

/** The body is not well-formed JSON. */
export class InvalidRequestError extends ProblemError {
  override name = "InvalidRequestError";
}
/** A member is missing, of the wrong kind or out of bounds. */
export class InvalidValueError extends ProblemError {
  override name = "InvalidValueError";
}
/** A member, field or column is unknown. */
export class UnknownFieldError extends ProblemError {
  override name = "UnknownFieldError";
}
/** A filter names an operator that does not exist. */
export class UnknownOperatorError extends ProblemError {
  override name = "UnknownOperatorError";
}
/** No payload type has this name. */
export class UnknownPayloadTypeError extends ProblemError {
  override name = "UnknownPayloadTypeError";
}
/** The cursor belongs to another query. */
export class InvalidCursorError extends ProblemError {
  override name = "InvalidCursorError";
}
/** `as_of` is not an instant, or is in the future. */
export class InvalidAsOfError extends ProblemError {
  override name = "InvalidAsOfError";
}
/** An identifier is in use. */
export class AlreadyExistsError extends ProblemError {
  override name = "AlreadyExistsError";
}
/** A new identifier belongs to a tombstone. */
export class TombstonedError extends ProblemError {
  override name = "TombstonedError";
}
/** A resource would be below itself or be derived from itself. */
export class CycleError extends ProblemError {
  override name = "CycleError";
}
/** A resource refers to one that does not exist. */
export class MissingReferenceError extends ProblemError {
  override name = "MissingReferenceError";
}
/** The addressed resource does not exist, or the caller may not see it. */
export class NotFoundError extends ProblemError {
  override name = "NotFoundError";
}
/** There is no token, or it is not accepted. */
export class UnauthenticatedError extends ProblemError {
  override name = "UnauthenticatedError";
}
/** Role and policies do not permit it. */
export class ForbiddenError extends ProblemError {
  override name = "ForbiddenError";
}
/** Other writers were faster in every attempt. */
export class ConflictError extends ProblemError {
  override name = "ConflictError";
}
/** The `Idempotency-Key` was used for another request. */
export class IdempotencyKeyReusedError extends ProblemError {
  override name = "IdempotencyKeyReusedError";
}
/** The same request is still being processed. */
export class InProgressError extends ProblemError {
  override name = "InProgressError";
}
/** The body, a collection or a filter is too large. */
export class TooLargeError extends ProblemError {
  override name = "TooLargeError";
}
/** The body is not declared as JSON. */
export class UnsupportedMediaTypeError extends ProblemError {
  override name = "UnsupportedMediaTypeError";
}
/** The route exists with other methods. */
export class MethodNotAllowedError extends ProblemError {
  override name = "MethodNotAllowedError";
}
/** No byte of the file lies in the range. */
export class RangeNotSatisfiableError extends ProblemError {
  override name = "RangeNotSatisfiableError";
}
/** Too many requests, in every attempt. */
export class TooManyRequestsError extends ProblemError {
  override name = "TooManyRequestsError";
}
/** The server is unavailable for now. */
export class UnavailableError extends ProblemError {
  override name = "UnavailableError";
}
/** A defect of the server; its log has the `requestId`. */
export class InternalError extends ProblemError {
  override name = "InternalError";
}

/** The class of each error code. */
export const PROBLEM_CLASSES: Readonly<Record<ProblemCode, typeof ProblemError>> = {
  invalid_request: InvalidRequestError,
  invalid_value: InvalidValueError,
  unknown_field: UnknownFieldError,
  unknown_operator: UnknownOperatorError,
  unknown_payload_type: UnknownPayloadTypeError,
  invalid_cursor: InvalidCursorError,
  invalid_as_of: InvalidAsOfError,
  already_exists: AlreadyExistsError,
  tombstoned: TombstonedError,
  cycle: CycleError,
  missing_reference: MissingReferenceError,
  not_found: NotFoundError,
  unauthenticated: UnauthenticatedError,
  forbidden: ForbiddenError,
  conflict: ConflictError,
  idempotency_key_reused: IdempotencyKeyReusedError,
  in_progress: InProgressError,
  too_large: TooLargeError,
  unsupported_media_type: UnsupportedMediaTypeError,
  method_not_allowed: MethodNotAllowedError,
  range_not_satisfiable: RangeNotSatisfiableError,
  too_many_requests: TooManyRequestsError,
  unavailable: UnavailableError,
  internal: InternalError,
};
