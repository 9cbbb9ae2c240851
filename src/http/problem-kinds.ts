/**
 * Every kind of problem: its status, title, cause and cure, and an example. The pages at
 * `/problems/` and the error responses are made of this table, and docs/errors.md is held to it.
 */
import type { ContentfulStatusCode } from "hono/utils/http-status";
import type { ErrorCode, ErrorDetail } from "../model/error.ts";

/** One kind of problem. */
export interface ProblemKind {
  /** HTTP status (RFC 9110). */
  readonly status: ContentfulStatusCode;
  /** The kind in a few words. */
  readonly title: string;
  /** When it occurs. */
  readonly cause: string;
  /** What to do. */
  readonly cure: string;
  /** The changing members of an example. */
  readonly example: { readonly detail: string; readonly errors?: readonly ErrorDetail[] };
}

/** All kinds, by code. */
export const PROBLEMS: Readonly<Record<ErrorCode, ProblemKind>> = {
  invalid_request: {
    status: 400,
    title: "The request is malformed",
    cause:
      "The body is not UTF-8, not JSON, nested too deeply, or holds a number that would lose digits.",
    cure: "Send well-formed JSON; send such numbers as text.",
    example: { detail: "The body is not valid JSON." },
  },
  invalid_value: {
    status: 400,
    title: "A value is not what was expected",
    cause: "A member or parameter is missing, of the wrong kind or out of bounds.",
    cure: "Look at `errors`: each names its path and what was expected.",
    example: {
      detail: "resources.0.rows: Expected a whole number from 1 to 1000000.",
      errors: [
        {
          index: 0,
          identifier: "tour/bad",
          path: "resources.0.rows",
          code: "invalid_value",
          detail: "Expected a whole number from 1 to 1000000.",
        },
      ],
    },
  },
  unknown_field: {
    status: 400,
    title: "A field is unknown",
    cause:
      "A member, parameter, filter field, sort field or column that nobody knows, or that the store sets itself.",
    cure: "Leave it out, or look up its name in `GET /schemas/{payload_type}`.",
    example: {
      detail: 'modalty: No payload type asked for has the field "modalty". Did you mean modality?',
      errors: [
        {
          path: "modalty",
          code: "unknown_field",
          detail: 'No payload type asked for has the field "modalty". Did you mean modality?',
        },
      ],
    },
  },
  unknown_operator: {
    status: 400,
    title: "An operator is unknown",
    cause: "A filter names an operator that does not exist.",
    cure: "Take one of the operators.",
    example: {
      detail: 'filters.rows.gtee: There is no operator "gtee". Did you mean gte?',
      errors: [
        {
          path: "filters.rows.gtee",
          code: "unknown_operator",
          detail: 'There is no operator "gtee". Did you mean gte?',
        },
      ],
    },
  },
  unknown_payload_type: {
    status: 400,
    title: "A payload type is unknown",
    cause: "No payload type has this name, or its resources are written by the store alone.",
    cure: "Take one of the built-in types, or have an admin register it.",
    example: {
      detail:
        'imgae: There is no payload type "imgae". Did you mean image? GET /schemas lists all types.',
      errors: [
        {
          path: "payload_type",
          code: "unknown_payload_type",
          detail:
            'There is no payload type "imgae". Did you mean image? GET /schemas lists all types.',
        },
      ],
    },
  },
  invalid_cursor: {
    status: 400,
    title: "The cursor is not valid for this query",
    cause:
      "The cursor, or the `after` of the change feed, is not one of ours, belongs to another query, or is of a state that the database does not have.",
    cure: "Send it with the body that it came from, unchanged but for `limit` and `select_columns`; or begin anew.",
    example: { detail: "The cursor belongs to another query." },
  },
  invalid_as_of: {
    status: 400,
    title: "as_of is not a past instant",
    cause:
      "`as_of` is no RFC 3339 instant with an offset, or lies more than 2 seconds in the future.",
    cure: "Send an instant that has passed, with at most microseconds.",
    example: { detail: "as_of lies in the future." },
  },
  already_exists: {
    status: 400,
    title: "It already exists",
    cause: "A new identifier or a unique value is taken, an external identifier is registered.",
    cure: "Update instead, or register with `?or_resolve=true`.",
    example: {
      detail: 'The identifier "tour" is already in use: update it, or choose another.',
      errors: [
        {
          index: 0,
          identifier: "tour",
          path: "resources.0.identifier",
          code: "already_exists",
          detail: 'The identifier "tour" is already in use: update it, or choose another.',
        },
      ],
    },
  },
  tombstoned: {
    status: 400,
    title: "It is a tombstone",
    cause: "A new identifier belongs to a tombstone that the caller may see.",
    cure: 'Restore it: update it with `"is_deleted": false`.',
    example: {
      detail: 'The identifier "tour/old" is a tombstone: restore it by update.',
      errors: [
        {
          index: 0,
          identifier: "tour/old",
          path: "resources.0.identifier",
          code: "tombstoned",
          detail: 'The identifier "tour/old" is a tombstone: restore it by update.',
        },
      ],
    },
  },
  cycle: {
    status: 400,
    title: "It would contain itself",
    cause: "A resource would lie below itself or be derived from itself.",
    cure: "Correct `parent_identifier` or `derived_from`.",
    example: {
      detail: "A resource cannot be derived from itself.",
      errors: [
        {
          index: 0,
          identifier: "tour/ct-1",
          path: "resources.0.derived_from.0",
          code: "cycle",
          detail: "A resource cannot be derived from itself.",
        },
      ],
    },
  },
  missing_reference: {
    status: 400,
    title: "It refers to something that does not exist",
    cause: "`parent_identifier` names no live resource, or `derived_from` no existing one.",
    cure: "Create what it refers to first, or in the same call.",
    example: {
      detail: 'There is no live resource "tour/absent": create it first, or in the same call.',
      errors: [
        {
          index: 0,
          identifier: "tour/ct-9",
          path: "resources.0.parent_identifier",
          code: "missing_reference",
          detail: 'There is no live resource "tour/absent": create it first, or in the same call.',
        },
      ],
    },
  },
  not_found: {
    status: 404,
    title: "Not found",
    cause:
      "The addressed resource, version, transaction, parent, scope or route does not exist, or the caller may not see it.",
    cure: "Check the identifier. Nothing tells the two cases apart.",
    example: {
      detail: "The resource does not exist.",
      errors: [
        {
          identifier: "tour/absent",
          path: "identifier",
          code: "not_found",
          detail: 'There is no live resource "tour/absent" that you may see.',
        },
      ],
    },
  },
  unauthenticated: {
    status: 401,
    title: "A valid token is required",
    cause: "There is no token, or it is malformed, expired, revoked or not ours.",
    cure: "Log in again; send `Authorization: Bearer <token>`.",
    example: { detail: "Send a bearer token in the Authorization header." },
  },
  forbidden: {
    status: 403,
    title: "Not allowed",
    cause: "Role and policies of the caller do not allow the action.",
    cure: "Ask an admin for another role or a policy.",
    example: { detail: "This call needs the role admin." },
  },
  conflict: {
    status: 409,
    title: "Another write was faster",
    cause: "Other writers were faster, five times in a row.",
    cure: "Repeat the call after `Retry-After` seconds.",
    example: { detail: "Other writers were faster." },
  },
  idempotency_key_reused: {
    status: 422,
    title: "The Idempotency-Key belongs to another request",
    cause: "The `Idempotency-Key` was used for another request in the last 24 hours.",
    cure: "Take a new key for a new request.",
    example: { detail: "The Idempotency-Key was used for another request." },
  },
  in_progress: {
    status: 409,
    title: "The same request is still being worked on",
    cause: "The same request is still being worked on. Reserved: nothing answers it at present.",
    cure: "Repeat the call after `Retry-After` seconds.",
    example: { detail: "The same request is still being worked on." },
  },
  too_large: {
    status: 413,
    title: "The request is too large",
    cause:
      "The body, a collection or the filter is too large, or the request needs more of the database than its budget.",
    cure: "Send less in one call, or narrow the filter; see limits.",
    example: {
      detail: "resources: Expected at most 10000 elements.",
      errors: [
        { path: "resources", code: "too_large", detail: "Expected at most 10000 elements." },
      ],
    },
  },
  unsupported_media_type: {
    status: 415,
    title: "The content type is not supported",
    cause: "The body is not declared as JSON, or has a `content-encoding`.",
    cure: "Send `Content-Type: application/json`, and nothing compressed (`Accept-Encoding: identity`).",
    example: { detail: "Send the body as application/json." },
  },
  method_not_allowed: {
    status: 405,
    title: "The method is not allowed here",
    cause: "The route exists with other methods.",
    cure: "Take one of those in the header `Allow`.",
    example: { detail: "Allowed here: GET." },
  },
  range_not_satisfiable: {
    status: 416,
    title: "The range lies outside of the file",
    cause: "No byte of the file lies in the range that was asked for.",
    cure: "Ask for a range within the size that `Content-Range` tells.",
    example: { detail: "No byte of the file lies in the range." },
  },
  too_many_requests: {
    status: 429,
    title: "Too many requests",
    cause:
      "The caller sends more than it may, has too much of what is kept for a while, or too many logins of the account or from the address failed.",
    cure: "Repeat the call after `Retry-After` seconds.",
    example: { detail: "Too many requests: try again in 12 seconds." },
  },
  unavailable: {
    status: 503,
    title: "Temporarily unavailable",
    cause: "The database, the allocator or the bucket could not be reached.",
    cure: "Repeat the call after `Retry-After` seconds, a write with the same `Idempotency-Key`.",
    example: { detail: "The database could not be reached." },
  },
  internal: {
    status: 500,
    title: "Something went wrong on our side",
    cause: "A defect.",
    cure: "Report it with its `request_id`; the log has more under that id.",
    example: { detail: "Something went wrong on our side." },
  },
};
