/**
 * Pages of the past in an order that does not depend on what has changed since. Candidates come in the
 * order of the page, from its place on: those that have had a value in an indexed field (`past-values.ts`),
 * or in the order of creation the current rows, tombstones included, for what was there in a state was
 * created before. The version of each is looked up, and whether it is what the query asks for. It costs
 * what is on the page, times the values that resources have had, however much has changed since.
 *
 * Where too few of the candidates are on the page, or values are not there up to the state, the page is
 * found from current rows and all that were superseded since.
 */
import { namesRelated } from "../../query/condition.ts";
import type { Page } from "../../query/query.ts";
import { inTypesOfAll } from "../visibility/readable-types.ts";
import { allOf, join, raw, sql, type Sql } from "../sql/template.ts";
import { maySee, resourceRow, visibleClasses } from "../visibility/visible.ts";
import { isCreation, keysetScans, type SortColumn } from "./keyset.ts";
import { laneRows } from "./lanes.ts";
import { pastEntries, type PastEntries } from "./past-values.ts";
import { isPointed, type Reading } from "./reading.ts";
import { integerSql } from "./scan.ts";
import { instantOf, stretchesOf } from "./selections.ts";
import { supersededOfTypes } from "./source.ts";
import { splitOf } from "./split.ts";
import { versionsUnder } from "./versions-under.ts";

/** A condition on the current row by which a stretch of an index is told apart. */
type Stretch = readonly Sql[];

/** The classes of which the reader may see something. */
const classesOf = ({ view }: Reading): readonly number[] => {
  const { whole, accessor } = visibleClasses(view.visibility);
  return accessor === null || whole.includes(2) ? whole : [...whole, 2];
};

/** Current rows in the order of creation, all that were created before the state of a page. */
const ofStretch = (
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
    return sql`SELECT rid, NULL AS value
      FROM (${join(rows, " UNION ALL ")} ORDER BY ${raw(by.join(", "))} LIMIT -1)`;
  });
  return join(branches, " UNION ALL ");
};

/** The same of several payload types, merged. */
const ofTypes = (
  reading: Reading,
  page: Page,
  classes: readonly number[],
  deletedOnly: boolean,
): Sql => {
  const types = { names: reading.query.payloadTypes, except: [] };
  const lanes = { kind: "types", types, classes, deletedOnly } as const;
  return join(
    stretchesOf(reading, page).map(
      (stretch) => sql`SELECT rid, NULL AS value FROM (${laneRows(lanes, stretch)})`,
    ),
    " UNION ALL ",
  );
};

/** Current rows in the order of creation: live ones, and apart from these tombstones, where an index has them apart. */
const byCreation = (reading: Reading, page: Page): readonly Sql[] => {
  const { query, view, type } = reading;
  const classes = classesOf(reading);
  const seen = inTypesOfAll(view.visibility, "o.payload_type");
  if (type !== null) {
    return [0, 1].map((each) =>
      ofStretch(reading, page, classes, [
        sql`o.payload_type = ${type.name}`,
        raw(`o.is_deleted = ${each}`),
      ]),
    );
  }
  return query.payloadTypes.length > 0
    ? [false, true].map((deletedOnly) => ofTypes(reading, page, classes, deletedOnly))
    : [ofStretch(reading, page, classes, view.visibility.kind === "scoped" ? [] : [seen])];
};

/** Versions that may have been superseded since for each row of a page, up to which all are looked at. */
const CHANGES_EACH = 4;

/** The gate of candidates by creation: open where many versions have been superseded since. */
const creationGate = (reading: Reading, snapshot: Sql, count: number): Sql => {
  const most = raw(String(count * CHANGES_EACH));
  return sql`past_gate(is_open) AS MATERIALIZED (SELECT count(*) > ${most}
    FROM (SELECT 1 FROM history h WHERE ${supersededOfTypes(reading)} AND h.tx_to > ${snapshot}
      LIMIT ${most} + 1))`;
};

/** The versions that some candidates had in the state; behind them, where there are no more, a row without one. */
const versionsOf = (
  { view }: Reading,
  candidates: Sql,
  snapshot: Sql,
  tried: number | null,
): Sql => {
  const most = tried === null ? "-1" : String(tried);
  return sql`SELECT z.tx_from > ${snapshot} AS past,
      CASE WHEN z.tx_from > ${snapshot} THEN h.hid ELSE z.rid END AS ref, z.identifier, c.value
    FROM (SELECT * FROM (${candidates}) UNION ALL SELECT NULL, NULL
      LIMIT coalesce((SELECT CASE WHEN is_open THEN ${raw(most)} END FROM past_gate), 0)) c
    LEFT JOIN resources z ON z.rid = c.rid
    LEFT JOIN history h ON z.tx_from > ${snapshot} AND h.hid = (SELECT y.hid FROM history y
      WHERE y.identifier = z.identifier AND y.tx_to > ${snapshot} ORDER BY y.tx_to LIMIT 1)
    WHERE c.rid IS NULL OR (${maySee(view.visibility, resourceRow("z"))}
      AND iif(z.tx_from > ${snapshot}, h.tx_from <= ${snapshot} AND h.is_deleted = 0, z.is_deleted = 0))`;
};

/** Candidates that are tried for each row of a page, and for the page. */
const TRIED = { each: 20, more: 100 } as const;

/** A page among candidates, and whether they were enough. */
export interface PastPage {
  /** The relations `past_gate`, `past_walked` and `past_answered(is_enough)`. */
  readonly relations: Sql;
  /** The rows, where they are enough. */
  readonly rows: Sql;
  /** Limit of a selection that is for where they are not. */
  readonly otherwise: Sql;
}

/** True where every candidate that was there in the state is on the page. */
const isWhole = (reading: Reading): boolean =>
  splitOf(reading, "past").sql.text === "1" &&
  visibleClasses(reading.view.visibility).accessor === null;

/** True where a page of the past may be found among candidates. */
function hasCandidates({ query, view }: Reading): boolean {
  return (
    view.snapshot !== null &&
    view.deletedOnly !== true &&
    query.sort.length === 1 &&
    !isPointed({ query }) &&
    !namesRelated(query.condition)
  );
}

/** The page of a past state among candidates; undefined where none come in its order. */
export function pastPage(
  reading: Reading,
  page: Page,
  snapshot: Sql,
  count: number,
): PastPage | undefined {
  const [key] = reading.query.sort;
  if (key === undefined || !hasCandidates(reading)) return undefined;
  const entries: PastEntries | undefined = pastEntries(reading, page, snapshot);
  if (entries === undefined && !isCreation(key)) return undefined;
  const parts = entries === undefined ? byCreation(reading, page) : [entries.rows];
  const gate = entries?.gate ?? creationGate(reading, snapshot, count);
  const tried = entries === undefined && isWhole(reading) ? null : count * TRIED.each + TRIED.more;
  const limit = integerSql(count);
  const walked = parts.map((candidates, at) => {
    const versions = versionsUnder(reading, snapshot, { field: entries?.field ?? null });
    return sql`SELECT ${raw(String(at))} AS part, * FROM (
      WITH under(past, ref, identifier, value) AS (${versionsOf(reading, candidates, snapshot, tried)})
      ${versions} LIMIT ${limit})`;
  });
  return {
    relations: sql`${gate}, past_walked AS MATERIALIZED (${join(walked, " UNION ALL ")}),
      past_answered(is_enough) AS MATERIALIZED (SELECT count(*) = ${raw(String(parts.length))} FROM (
        SELECT 1 FROM past_walked GROUP BY part
        HAVING count(ref) >= ${limit} OR count(ref) < count(*)))`,
    rows: sql`SELECT past, ref, identifier, s0 FROM past_walked
      WHERE ref IS NOT NULL AND (SELECT is_enough FROM past_answered)`,
    otherwise: sql`(SELECT CASE WHEN is_enough THEN 0 ELSE ${limit} END FROM past_answered)`,
  };
}
