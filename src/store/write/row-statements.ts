/** The statements that write rows of resources and their history. */
import type { Principal } from "../../identity/principal.ts";
import { cellRelations, jsonChunks, type Cell } from "../sql/chunks.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { VERSION_COLUMNS } from "../tables/core.ts";
import type { Draft } from "./draft.ts";
import { layoutOf, sources } from "./layout.ts";
import type { LoadedRow } from "./row.ts";

/** The transaction that the batch has begun. */
export const TX = raw("(SELECT max(id) FROM transactions)");

/** Its instant. */
export const INSTANT = raw("(SELECT max(recorded_at) FROM transactions)");

/** The first of the rids that it gives. */
export const FIRST_RID = raw("(SELECT first_rid FROM transactions ORDER BY id DESC LIMIT 1)");

/** The rid of an existing row. */
export function rid(draft: Draft): number {
  return draft.before?.rid ?? 0;
}

/**
 * Existing rows in the order in which they lie in the tables. The cache of a D1 database holds some hundred
 * pages: out of order, the pages of many rows are read and written several times.
 */
export function inTableOrder(drafts: readonly Draft[]): readonly Draft[] {
  return drafts.toSorted((left, right) => rid(left) - rid(right));
}

/** New rows. */
export function insertRows(created: readonly Draft[], principal: Principal): readonly Sql[] {
  if (created.length === 0) return [];
  const shared = layoutOf(created, principal.id);
  return jsonChunks(created.map(shared.pack)).map(({ first, text, isLarge }) => {
    // Of a single row each cell is a parameter of its own.
    const { names, values } = isLarge
      ? layoutOf(created.slice(first, first + 1), principal.id)
      : shared;
    return sql`INSERT INTO resources (rid, ${names}, version, created_at,
        updated_at, tx_from, is_deleted)
      SELECT ${FIRST_RID} + ${first} + j.key, ${values}, 1, ${INSTANT},
        ${INSTANT}, ${TX}, 0 FROM json_each(${isLarge ? "[0]" : text}) j`;
  });
}

/** Keeps the versions of rows that are about to be replaced. */
export function supersede(drafts: readonly Draft[]): readonly Sql[] {
  const columns = VERSION_COLUMNS.map((name) => `r.${name}`).join(", ");
  return jsonChunks(drafts.map(rid)).map(
    ({ text }) => sql`INSERT INTO history (${raw(VERSION_COLUMNS.join(", "))}, tx_to)
      SELECT ${raw(columns)}, ${TX} FROM json_each(${text}) j CROSS JOIN resources r ON r.rid = j.value`,
  );
}

interface Column {
  readonly name: string;
  readonly after: (draft: Draft) => Cell;
  readonly before: (row: LoadedRow) => Cell;
}

/** What a new version may change, beside the payload. */
const COLUMNS: readonly Column[] = [
  {
    name: "schema_version",
    after: (draft) => draft.schemaVersion,
    before: (row) => row.schema_version,
  },
  {
    name: "parent_identifier",
    after: (draft) => draft.parentIdentifier,
    before: (row) => row.parent_identifier,
  },
  { name: "derived_from", after: sources, before: (row) => row.derived_from },
  { name: "license", after: (draft) => draft.license, before: (row) => row.license },
  { name: "access_level", after: (draft) => draft.accessLevel, before: (row) => row.access_level },
  {
    name: "is_deleted",
    after: (draft) => (draft.isDeleted ? 1 : 0),
    before: (row) => row.is_deleted,
  },
];

const payloadText = ({ payload }: Draft): string | null =>
  payload === null ? null : JSON.stringify(payload);

/**
 * New versions of existing rows. Columns that stay as they are in all of them do not travel, and their indexes
 * are left alone.
 */
export function replaceRows(drafts: readonly Draft[]): readonly Sql[] {
  const columns = COLUMNS.filter(({ before, after }) =>
    drafts.some((draft) => draft.before === null || before(draft.before) !== after(draft)),
  );
  const updates = columns.map(({ name }, at) => `${name} = j.c${at + 2}, `).join("");
  const pack = (draft: Draft): readonly Cell[] => [
    rid(draft),
    payloadText(draft),
    ...columns.map(({ after }) => after(draft)),
  ];
  return cellRelations(drafts.map(pack)).map(
    (rows) => sql`UPDATE OR FAIL resources SET ${raw(updates)}version = resources.version + 1,
        updated_at = ${INSTANT}, tx_from = ${TX}, payload = coalesce(j.c1, resources.payload)
      FROM ${rows} j WHERE resources.rid = j.c0`,
  );
}

/** Tombstones that change nothing else need no payload to travel. */
export function tombstoneRows(drafts: readonly Draft[]): readonly Sql[] {
  return jsonChunks(drafts.map(rid)).map(
    ({ text }) => sql`UPDATE OR FAIL resources SET is_deleted = 1, version = version + 1,
        updated_at = ${INSTANT}, tx_from = ${TX}
      WHERE rid IN (SELECT value FROM json_each(${text}))`,
  );
}
