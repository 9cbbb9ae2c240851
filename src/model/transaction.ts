import type { ErrorDetail } from "./error.ts";
import type { JsonObject } from "./json.ts";
import type { AccessLevel } from "./resource.ts";
import type { InstantMicros } from "./time.ts";

/** A new resource. `payload` is already checked and normalised by its schema. */
export interface CreateChange {
  readonly kind: "create";
  readonly identifier: string;
  readonly payloadType: string;
  readonly parentIdentifier: string | null;
  readonly derivedFrom: readonly string[];
  readonly license: string | null;
  /** Null: as restricted as what it is derived from, else `internal`. */
  readonly accessLevel: AccessLevel | null;
  readonly payload: JsonObject;
  /** Whose it is, of what the product itself makes for others; absent: the caller's. */
  readonly owner?: string;
  /** True: the payload is as it shall be, and no defaults are filled in. */
  readonly complete?: boolean;
}

/** New values for members of an existing resource; absent members stay as they are. */
export interface UpdateChange {
  readonly kind: "update";
  readonly identifier: string;
  readonly payloadType?: string;
  readonly parentIdentifier?: string | null;
  readonly derivedFrom?: readonly string[];
  readonly license?: string | null;
  readonly accessLevel?: AccessLevel;
  readonly isDeleted?: boolean;
  /** The version that the caller believes current; another one is a conflict. */
  readonly expectedVersion?: number;
  /** Payload members to set; null clears an optional one. */
  readonly payload?: JsonObject;
}

/** Turns a resource (and its live subtree, when cascading) into tombstones. */
export interface DeleteChange {
  readonly kind: "delete";
  readonly identifier: string;
  readonly cascade: boolean;
}

/**
 * A patient or study whose identifier the store allocates: `<scope>.P000001`, `<scope>.S001`, dense
 * within the scope and never reused.
 */
export interface RegisterChange {
  readonly kind: "register";
  readonly payloadType: "patient" | "study";
  /** The datasource of a patient, the patient of a study. */
  readonly scope: string;
  /** Salted digest of the external identifier, hexadecimal. */
  readonly digest: string;
  /** Payload of the resource, used only when it is created. */
  readonly payload: JsonObject;
  /** True: answer the existing identifier instead of failing. */
  readonly orResolve: boolean;
}

/** Whom a grant can be for. */
export const GRANTEE_TYPES = ["user", "group", "project", "apk"] as const;

/** One of the kinds of grantees. */
export type GranteeType = (typeof GRANTEE_TYPES)[number];

/** Access of one grantee to a restricted resource and to what lies below it. */
export interface Grant {
  /** The resource that is opened. */
  readonly identifier: string;
  readonly granteeType: GranteeType;
  readonly granteeId: string;
}

/** Gives a grantee access. */
export interface GrantChange {
  readonly kind: "grant";
  readonly grant: Grant;
}

/** Takes access back. */
export interface RevokeChange {
  readonly kind: "revoke";
  readonly grant: Grant;
}

/** One element of a write. */
export type Change =
  | CreateChange
  | UpdateChange
  | DeleteChange
  | RegisterChange
  | GrantChange
  | RevokeChange;

/** What a write is called in the audit record and the change feed. */
export interface WriteContext {
  /** `catalogue`, `entities`, ... */
  readonly surface: string;
  /** `create`, `update`, `delete`, `register`, ... */
  readonly operation: string;
  readonly requestId: string;
  /** Which of the transactions of one request, where there are many; unique within the request. */
  readonly part?: number;
  /** The route that it came through, as a pattern; absent for what came through none. */
  readonly route?: string;
  /** Why it is made, in the words of its caller. */
  readonly reason?: string;
  /** Present when the caller sent an Idempotency-Key. */
  readonly idempotency?: {
    readonly key: string;
    /** SHA-256 of method, route, reason and body, hexadecimal. */
    readonly requestHash: string;
  };
}

/** What a transaction is found by again when nobody knows whether it was made. */
export function transactionRequest({ requestId, part }: WriteContext): string {
  return part === undefined ? requestId : `${requestId}/${part}`;
}

/** All changes of one call: applied together or not at all. */
export interface WriteRequest {
  readonly context: WriteContext;
  readonly changes: readonly Change[];
  /**
   * Faults found before: the write is refused, but first everything else that is wrong with it is
   * found as well, so that one answer names every bad element. Paths start at the element.
   */
  readonly faults?: readonly ErrorDetail[];
}

/** What an answer shows beside what its caller sent: for whoever gives it again. */
export interface Disclosed {
  /** What the caller had to be allowed to do, to resources of which type. */
  readonly actions: readonly ("create" | "read" | "update" | "delete" | "harvest" | "administer")[];
  readonly payloadType: string;
  /** The resources that were read for it. */
  readonly identifiers: readonly string[];
  /** What else the caller had to be allowed to do, to resources of which type. */
  readonly also?: readonly {
    readonly action: Disclosed["actions"][number];
    readonly payloadType: string;
  }[];
  /** True: payloads were read as a whole, which access lists of entities may close. */
  readonly whole?: boolean;
}

/** What a committed write did. */
export interface Receipt {
  /** Identifier of the transaction; null when nothing had to be written. */
  readonly transaction: number | null;
  readonly recordedAt: InstantMicros | null;
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
  /** For registrations: the identifier of each element, in the order of the request. */
  readonly identifiers: readonly string[];
  /** What a decision answered (see `DecidedRequest` of the store), as JSON; absent otherwise. */
  readonly answer?: string;
  /** What that answer shows; absent where it shows nobody anything. */
  readonly shown?: Disclosed;
  /** True when an earlier call with the same Idempotency-Key did the work. */
  readonly replayed: boolean;
}

/** One line of the audit trail. */
export interface TransactionRecord {
  readonly id: number;
  readonly recordedAt: InstantMicros;
  readonly principal: string;
  readonly surface: string;
  readonly operation: string;
  readonly requestId: string;
  readonly resources: number;
  /** Why it was made, in the words of its caller; null where none were given. */
  readonly reason: string | null;
}
