import type { MetadataColumn } from "../../query/path.ts";
import type { FieldKind } from "../../schema/type.ts";
import type { Sql } from "../sql/template.ts";

/**
 * Where a condition's paths find their values in SQL: over the typed projection of one payload
 * type, over current rows, or over superseded rows. The same condition compiled over each of them
 * means the same.
 */
export interface Scope {
  /** SQL of a metadata column; `created_at` and `updated_at` are integer microseconds. */
  readonly column: (name: MetadataColumn) => string;
  /** SQL of the typed column of a top-level payload field; undefined when it has none. */
  readonly field: (name: string) => { readonly sql: string; readonly kind: FieldKind } | undefined;
  /** SQL of the payload's JSON text. */
  readonly payload: string;
  /** Where linked records are found; absent where conditions do not speak of them. */
  readonly related?: RelatedScope;
}

/** The versions of linked records in each table that may hold one: a join, and which rows count. */
export type RelatedScope = (relation: string) => readonly {
  readonly source: Sql;
  readonly where: Sql;
  readonly scope: Scope;
}[];
