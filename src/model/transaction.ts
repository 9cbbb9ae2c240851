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
  /** The owner, for resources that the product makes for others; absent: the caller. */
  readonly owner?: string;
  /** True: the payload is final, and no defaults are filled in. */
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
  /** True: return the existing identifier instead of failing. */
  readonly orResolve: boolean;
}

/** Kinds of grantees. */
export const GRANTEE_TYPES = ["user", "group", "project", "apk"] as const;

/** One of them. */
export type GranteeType = (typeof GRANTEE_TYPES)[number];

/** Access of one grantee to a restricted resource and to what is below it. */
export interface Grant {
  /** The resource that the grant opens. */
  readonly identifier: string;
  readonly granteeType: GranteeType;
  readonly granteeId: string;
}

/** Gives access to a grantee. */
export interface GrantChange {
  readonly kind: "grant";
  readonly grant: Grant;
}

/** Revokes access. */
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

/** How the audit record and the change feed name a write. */
export interface WriteContext {
  /** `catalogue`, `entities`, ... */
  readonly surface: string;
  /** `create`, `update`, `delete`, `register`, ... */
  readonly operation: string;
  readonly requestId: string;
  /**
   * The number of the transaction within its request, where there are several; unique within the
   * request.
   */
  readonly part?: number;
  /** The route of the request, as a pattern; absent for writes without a route. */
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

/** Finds a transaction again when it is unknown whether it was committed. */
export function transactionRequest({ requestId, part }: WriteContext): string {
  return part === undefined ? requestId : `${requestId}/${part}`;
}

/** All changes of one call: applied together or not at all. */
export interface WriteRequest {
  readonly context: WriteContext;
  readonly changes: readonly Change[];
  /**
   * Errors found before: the write is refused, but the remaining checks run first, so that one
   * response names every bad element. Paths start at the element.
   */
  readonly errors?: readonly ErrorDetail[];
}

/** What a response discloses beyond what its caller sent; checked again before it is replayed. */
export interface Disclosed {
  /** The action that the caller had to be allowed, on resources of this type. */
  readonly actions: readonly ("create" | "read" | "update" | "delete" | "harvest" | "administer")[];
  readonly payloadType: string;
  /** The resources that were read for it. */
  readonly identifiers: readonly string[];
  /** What else the caller had to be allowed, on resources of this type. */
  readonly also?: readonly {
    readonly action: Disclosed["actions"][number];
    readonly payloadType: string;
  }[];
  /** True: whole payloads were read, which access lists of entities may hide. */
  readonly whole?: boolean;
}

/** The result of a committed write. */
export interface Receipt {
  /** Identifier of the transaction; null when nothing had to be written. */
  readonly transaction: number | null;
  readonly recordedAt: InstantMicros | null;
  readonly created: number;
  readonly updated: number;
  readonly deleted: number;
  /** For registrations: the identifier of each element, in the order of the request. */
  readonly identifiers: readonly string[];
  /** The result of a decision (see `DecidedRequest` of the store), as JSON; absent otherwise. */
  readonly answer?: string;
  /** What that response discloses; absent when it discloses nothing. */
  readonly shown?: Disclosed;
  /** True when an earlier call with the same Idempotency-Key did the work. */
  readonly replayed: boolean;
}

/** One record of the audit. */
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
