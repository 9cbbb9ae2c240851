import type { Json, JsonObject } from "../../src/model/json.ts";
import type { ErrorCode } from "../../src/model/error.ts";

/** The kinds of payload fields of the reference model. */
export type FieldKind =
  | "string"
  | "integer"
  | "number"
  | "boolean"
  | "date"
  | "datetime"
  | "list"
  | "json";

/** One payload field. `list` is a list of strings. */
export interface FieldModel {
  readonly kind: FieldKind;
  readonly required?: boolean;
}

/** A payload type of the reference model: strict, without defaults. */
export type TypeModel = Readonly<Record<string, FieldModel>>;

/** All payload types of a reference store. */
export type Types = Readonly<Record<string, TypeModel>>;

/** A caller. `id` is that of audit records. */
export interface Actor {
  readonly id: string;
  readonly role: "admin" | "editor" | "user" | "anonymous";
  /** For an API key: the payload types that it may read; absent: all. */
  readonly types?: readonly string[];
}

/** One resource at one moment. */
export interface Row {
  readonly identifier: string;
  readonly payloadType: string;
  readonly version: number;
  readonly parent: string | null;
  readonly derivedFrom: readonly string[];
  readonly license: string | null;
  readonly accessLevel: string;
  readonly owner: string;
  readonly deleted: boolean;
  readonly payload: JsonObject;
  /** Position among all creations: the order of children. */
  readonly order: number;
  /** Index of the moment that created it. */
  readonly born: number;
  /** Index of the moment that wrote this version. */
  readonly written: number;
}

/** All resources by identifier, tombstones included. */
export type State = ReadonlyMap<string, Row>;

/** The server's data of a transaction: the model cannot predict them, only check them. */
export interface Stamp {
  readonly transaction: number;
  /** RFC 3339 UTC with six decimals. */
  readonly instant: string;
}

/** A link between records: identifier of the parent, identifier of the child. */
export type Link = readonly [parent: string, child: string];

/** A grant: the resource that it opens, and the id of the grantee. */
export type Grant = readonly [identifier: string, actor: string];

/** The links and grants of a state. */
export interface LinksAndGrants {
  readonly links: readonly Link[];
  readonly grants: readonly Grant[];
}

/** One committed transaction and the state after it. */
export interface Moment extends Stamp, LinksAndGrants {
  readonly principal: string;
  readonly state: State;
}

/** A reference store: the empty state, then one moment for each transaction. */
export interface Store {
  readonly types: Types;
  readonly moments: readonly Moment[];
}

/** An invalid element of a request. */
export interface Flaw {
  readonly identifier: string;
  readonly code: ErrorCode;
}

/** A write that must be refused, with the errors of all invalid elements. */
export interface Refused {
  readonly ok: false;
  readonly status: 400 | 403 | 404;
  readonly errors: readonly Flaw[];
}

/** A write that must be accepted. */
export interface Accepted {
  readonly ok: true;
  /** The state after it; the same object when nothing changed. */
  readonly state: State;
  /** The count in the response. */
  readonly count: number;
  /** Identifiers that got a new version. */
  readonly changed: readonly string[];
}

/** The expected outcome of a write. */
export type Outcome = Accepted | Refused;

/** One element of `POST /resources/create`: metadata and flat payload fields. */
export interface CreateElement extends JsonObject {
  readonly identifier: string;
  readonly payload_type: string;
}

/** Body of `POST /query` without its paging. */
export interface QueryBody {
  readonly payload_type?: string | readonly string[];
  readonly filters?: JsonObject;
  readonly parent_identifier?: string;
  readonly include_indirect_parents?: boolean;
  readonly identifiers?: readonly string[];
  readonly select_columns?: readonly string[];
  readonly sort_by?: string;
  readonly sort_order?: "asc" | "desc";
}

/** A resource as the API renders it. */
export type Rendered = Readonly<Record<string, Json>>;
