import type { AccessLevel } from "../model/resource.ts";
import { join, raw, sql, type Sql } from "./sql.ts";
import { childrenOf, isRestricted, seenIdentifier, seenIdentifiers, type View } from "./visible.ts";

/**
 * One version as it comes out of the database: lists and payload still as JSON text, so that an
 * answer can be written without parsing them.
 */
export interface Row {
  readonly identifier: string;
  readonly payload_type: string;
  readonly schema_version: string;
  readonly version: number;
  readonly parent_identifier: string | null;
  /** JSON array of identifiers, or null for none. */
  readonly derived_from: string | null;
  readonly license: string | null;
  readonly access_level: AccessLevel;
  readonly owner: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly is_deleted: number;
  /** 1 when it is restricted now, by itself or by an ancestor. */
  readonly is_restricted: number;
  /** JSON object. */
  readonly payload: string;
  /** JSON array of identifiers; absent when not asked for. */
  readonly children?: string;
}

const PLAIN = [
  "identifier",
  "payload_type",
  "schema_version",
  "version",
  "license",
  "access_level",
  "owner",
  "created_at",
  "updated_at",
  "is_deleted",
  "payload",
] as const;

/** The columns of a `Row` from a table of versions under an alias, as the reader may see them. */
export const selectRow = (view: View, alias: string, options: { children: boolean }): Sql =>
  join(
    [
      raw(PLAIN.map((name) => `${alias}.${name}`).join(", ")),
      sql`${isRestricted(`${alias}.rid`)} AS is_restricted`,
      sql`${seenIdentifier(view.sight, `${alias}.parent_identifier`)} AS parent_identifier`,
      sql`${seenIdentifiers(view.sight, `${alias}.derived_from`)} AS derived_from`,
      ...(options.children ? [sql`${childrenOf(view, `${alias}.identifier`)} AS children`] : []),
    ],
    ", ",
  );
