// The kinds of callers, and a row of the table of who may do what.
import type { Json, JsonObject } from "../../../src/model/json.ts";

/** The kinds of callers, in the order of the table's columns. */
export const CALLERS = [
  "anonymous",
  "expired",
  "wrong signature",
  "user",
  "editor",
  "admin",
  "key without policy",
  "key with policy",
] as const;

/** One kind of caller. */
export type CallerKind = (typeof CALLERS)[number];

/** What a request may need. Everything is new for every request. */
export interface World {
  /** An unused name. */
  readonly fresh: string;
  /** A resource of an admin. */
  readonly resource: () => Promise<string>;
  /** A grant on such a resource. */
  readonly grant: () => Promise<JsonObject>;
  /** Ids of an account, of an API key and of a policy. */
  readonly user: () => Promise<string>;
  readonly key: () => Promise<string>;
  readonly policy: () => Promise<string>;
  /** Creates something as an admin by a `POST`; returns its id. */
  readonly make: (path: string, body: JsonObject) => Promise<string>;
  readonly refreshToken: () => Promise<string>;
  /** Creates an entity from its metadata document; `disabled` tells whether its version is. */
  readonly makeEntity: (name: string, metadata: JsonObject, disabled: boolean) => Promise<void>;
  /** Defines a dataset. */
  readonly defineDataset: (name: string, definition: JsonObject) => Promise<void>;
  /** A valid key with its secret. */
  readonly credentials: { readonly key: string; readonly secret: string };
  /** The body of a login. */
  readonly login: { readonly username: string; readonly password: string };
  readonly transaction: string;
}

/** A request that is valid except for the caller's role. */
export interface RoleRequest {
  /** The path with its parameters filled in, and the query; absent: as documented. */
  readonly path?: string;
  readonly body?: Json;
  readonly form?: Readonly<Record<string, string>>;
}

/** One row: an outcome for each kind of caller, and how the call is made. */
export interface MatrixRow {
  /** `ok` (2xx) or a status, in the order of `CALLERS`. */
  readonly outcomes: string;
  readonly ask?: (world: World) => RoleRequest | Promise<RoleRequest>;
}

/** The usual outcomes. */
export const OPEN = "ok ok ok ok ok ok ok ok";
export const READ = "401 401 401 ok ok ok 403 ok";
export const WRITE = "401 401 401 403 ok ok 403 ok";
export const ADMIN = "401 401 401 403 403 ok 403 403";
export const OWN_ACCOUNT = "401 401 401 ok ok ok 401 401";

/** A row. */
export const row = (outcomes: string, ask?: MatrixRow["ask"]): MatrixRow => ({
  outcomes,
  ...(ask === undefined ? {} : { ask }),
});
