import type { MetadataColumn } from "../../query/path.ts";
import type { FieldKind } from "../../schema/type.ts";
import type { Sql } from "../sql/template.ts";

/**
 * Where the paths of a condition find their values in SQL: in the typed projection of one payload
 * type, in current rows, or in superseded rows. A condition has the same meaning in each scope.
 */
export interface Scope {
  /** SQL of a metadata column; `created_at` and `updated_at` are integer microseconds. */
  readonly column: (name: MetadataColumn) => string;
  /** SQL of the typed column of a top-level payload field; undefined when it has none. */
  readonly field: (name: string) => { readonly sql: string; readonly kind: FieldKind } | undefined;
  /** SQL of the payload's JSON text. */
  readonly payload: string;
  /** Where linked records are found; absent where conditions cannot refer to them. */
  readonly related?: RelatedScope;
}

/** The versions of linked records in each table that may hold one: a join, and the rows that match. */
export type RelatedScope = (relation: string) => readonly {
  readonly source: Sql;
  readonly where: Sql;
  readonly scope: Scope;
}[];
