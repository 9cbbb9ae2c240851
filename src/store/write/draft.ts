/** The working copy of one resource while a plan is made. */
import type { ErrorDetail } from "../../model/error.ts";
import type { JsonObject } from "../../model/json.ts";
import { payloadOf, type AccessLevel } from "../../model/resource.ts";
import type { LoadedRow } from "./row.ts";

/** A resource as it will be after the write. */
export interface Draft {
  readonly identifier: string;
  readonly payloadType: string;
  /** Position of the change in the request; -1 for a descendant that a cascade reached. */
  readonly index: number;
  /** The row before the write; null for a new resource. */
  readonly before: LoadedRow | null;
  /** Of a new resource: whose it is; absent: the caller's. */
  readonly owner?: string;
  schemaVersion: string;
  parentIdentifier: string | null;
  derivedFrom: readonly string[];
  /** Those at the end of `derivedFrom` that stay because the caller does not see them. */
  keptSources: number;
  license: string | null;
  accessLevel: AccessLevel;
  /** True: the request gives a new resource no level. */
  readonly hasDefaultLevel?: boolean;
  isDeleted: boolean;
  payload: JsonObject | null;
  /** Payload members whose value differs from the row before. */
  readonly changed: Set<string>;
  /** True when the request says what it derives from, be it the same as before. */
  namesSources: boolean;
}

/** Collects the faults of a request, so that an error can name every bad element. */
export interface ErrorDetails {
  readonly notFound: ErrorDetail[];
  readonly forbidden: ErrorDetail[];
  readonly conflict: ErrorDetail[];
  readonly bad: ErrorDetail[];
  /** What is told of the whole request, where nothing else is wrong with it: see `planRegister`. */
  readonly withheld: ErrorDetail[];
}

/** The sources that a loaded row derives from. */
export function sourcesOf(row: LoadedRow): readonly string[] {
  return row.derived_from === null ? [] : (JSON.parse(row.derived_from) as string[]);
}

/** The draft of an existing row before any change. */
export function draftOf(row: LoadedRow, index: number): Draft {
  return {
    identifier: row.identifier,
    payloadType: row.payload_type,
    index,
    before: row,
    schemaVersion: row.schema_version,
    parentIdentifier: row.parent_identifier,
    derivedFrom: sourcesOf(row),
    keptSources: 0,
    license: row.license,
    accessLevel: row.access_level,
    isDeleted: row.is_deleted === 1,
    payload: row.payload === null ? null : payloadOf(row),
    changed: new Set(),
    namesSources: false,
  };
}

/** A fault of one element. */
export function fault(
  draft: { readonly index: number; readonly identifier: string },
  path: string,
  code: string,
  detail: string,
): ErrorDetail {
  return {
    ...(draft.index >= 0 ? { index: draft.index } : {}),
    identifier: draft.identifier,
    path,
    code,
    detail,
  };
}
