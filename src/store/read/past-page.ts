/**
 * Pages of the past in the order of creation, of all rows that a reader sees. A resource that was there
 * in a state was created before it, so that the current rows, tombstones included, have the order; the
 * version of each is looked up. It costs what is on the page, however much has changed since.
 */
import type { Page } from "../../query/query.ts";
import { inTypesOfAll } from "../visibility/readable-types.ts";
import { allOf, join, raw, sql, type Sql } from "../sql/template.ts";
import { isCreation, keysetScans, type SortColumn } from "./keyset.ts";
import { pageArms, type Reading } from "./reading.ts";
import { instantOf } from "./selections.ts";
import { supersededOfTypes } from "./source.ts";
import { splitOf } from "./split.ts";

/** A column of the current row by which a stretch of an index is told apart, and its value. */
type Stretch = readonly Sql[];

/** The classes whose rows are all in the view; undefined where others have to be asked for each. */
const wholeClasses = (reading: Reading): readonly number[] | undefined => {
  const classes: number[] = [];
  for (const arm of pageArms(reading)) {
    if (arm.kind !== "class") return undefined;
    classes.push(arm.visibility);
  }
  return classes;
};

/** Current rows in the order of a page, all that were created before its state. */
const candidates = (
  { query, view, type }: Reading,
  page: Page,
  classes: readonly number[],
  stretch: Stretch,
): Sql => {
  const direction = query.sort[0]?.direction ?? "desc";
  const value = raw("o.created_at");
  const column: SortColumn = { value, direction, nullable: false, nullsFirst: false };
  const index = type === null ? "resources_created" : "resources_type";
  const instant = instantOf(view) ?? raw("NULL");
  const branches = keysetScans([column], page.after, "o.identifier").map(({ where, order }) => {
    const rows = classes.map(
      (each) => sql`SELECT o.rid, o.identifier AS identifier, o.created_at AS s0
        FROM resources o INDEXED BY ${raw(index)}
        WHERE ${allOf([where, ...stretch, raw(`o.visibility = ${each}`), sql`o.created_at <= ${instant}`])}`,
    );
    const by = [...order.map(({ suffix }) => `s0 ${suffix}`), "identifier"];
    // Without a limit of its own SQLite would not keep the order.
    return sql`SELECT * FROM (${join(rows, " UNION ALL ")} ORDER BY ${raw(by.join(", "))} LIMIT -1)`;
  });
  return join(branches, " UNION ALL ");
};

/** The versions that some candidates had in the state, the first ones in their order. */
const versionsOf = (rows: Sql, snapshot: Sql, limit: Sql): Sql =>
  sql`SELECT r.rid IS NULL AS past, coalesce(r.rid, h.hid) AS ref, c.identifier, c.s0
    FROM (${rows}) c
    LEFT JOIN resources r ON r.rid = c.rid AND r.tx_from <= ${snapshot}
    LEFT JOIN history h ON r.rid IS NULL AND h.hid = (SELECT y.hid FROM history y
      WHERE y.identifier = c.identifier AND y.tx_to > ${snapshot} ORDER BY y.tx_to LIMIT 1)
    WHERE r.is_deleted = 0 OR (h.tx_from <= ${snapshot} AND h.is_deleted = 0) LIMIT ${limit}`;

/** Versions that may have been superseded since for each row of a page, up to which all are looked at. */
const CHANGES_EACH = 4;

/** Ways to the rows of a page, of which one is taken. */
export interface PastPage {
  /** The relation `changed(few)`: whether few versions have been superseded since. */
  readonly changed: Sql;
  /** The rows, in no order; for where few is not true. */
  readonly selections: readonly Sql[];
}

/** Limit of a selection that is for where few versions were superseded since the state, or many. */
export function limitWhere(isFew: boolean, limit: Sql): Sql {
  return sql`(SELECT CASE WHEN ${raw(isFew ? "few" : "NOT few")} THEN ${limit} ELSE 0 END FROM changed)`;
}

/**
 * The page of a state where much has changed since. Undefined for all but pages of everything, or of one
 * payload type, in the order of creation.
 */
export function pastPage(
  reading: Reading,
  page: Page,
  snapshot: Sql,
  limit: Sql,
): PastPage | undefined {
  const { query, view, type } = reading;
  const [key, ...others] = query.sort;
  if (key === undefined || others.length > 0 || !isCreation(key)) return undefined;
  if (view.deletedOnly === true || splitOf(reading, "past").sql.text !== "1") return undefined;
  const classes = wholeClasses(reading);
  if (classes === undefined || (type === null && query.payloadTypes.length > 0)) return undefined;
  const seen = inTypesOfAll(view.visibility, "o.payload_type");
  const stretches: readonly Stretch[] =
    type === null
      ? [[seen]]
      : [0, 1].map((each) => [
          seen,
          sql`o.payload_type = ${type.name}`,
          raw(`o.is_deleted = ${each}`),
        ]);
  const many = limitWhere(false, limit);
  return {
    changed: sql`changed(few) AS MATERIALIZED (SELECT count(*) <= ${limit} * ${raw(String(CHANGES_EACH))}
      FROM (SELECT 1 FROM history h WHERE ${supersededOfTypes(reading)} AND h.tx_to > ${snapshot}
        LIMIT ${limit} * ${raw(String(CHANGES_EACH))} + 1))`,
    selections: stretches.map((stretch) =>
      versionsOf(candidates(reading, page, classes, stretch), snapshot, many),
    ),
  };
}
