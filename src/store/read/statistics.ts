/** What lies below each datasource, counted by dimension. */
import { AppError } from "../../model/error.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { Principal } from "../../identity/principal.ts";
import type { AsOf } from "../../query/query.ts";
import { recordDisclosed } from "../audit/audit.ts";
import { readView } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { expand } from "../closure/expand.ts";
import { BLOCK_BYTES, LAST, TOTAL } from "../closure/facts.ts";
import {
  base,
  classesOf,
  hasRollup,
  since,
  statisticsSince,
  type RollupView,
} from "../closure/since.ts";
import { factColumns, factValues, figureValues } from "../closure/walk.ts";
import { eachChild } from "./children.ts";
import { allOf, join, raw, sql, type Sql, type Statement } from "../sql/template.ts";
import type { resources, rollupStatistics } from "../tables/core.ts";
import {
  currentExisting,
  eachVersion,
  historyRow,
  isRestricted,
  supersededIn,
  type View,
} from "../visibility/visible.ts";
import { fromArm, inArm, wholeArms } from "./arms.ts";

/** One datasource and the live, visible resources below it. */
export interface Statistics {
  readonly identifier: string;
  readonly name: string;
  readonly resources: number;
  /** Sum of the sizes that the resources state: exact up to 2^53 - 1, and that where it is larger. */
  readonly bytes: number;
  /** When the datasource or anything that is counted last changed. */
  readonly lastUpdated: InstantMicros;
  /** Counts by dimension and member. */
  readonly counts: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** Which statistics are wanted. */
export interface StatisticsWanted {
  /** Names of dimensions. */
  readonly dimensions: readonly string[];
  /** One datasource; absent: all of them. */
  readonly identifier?: string;
  readonly asOf: AsOf;
}

/** What is shown of a datasource itself; its class is that of its current row. */
const SHOWN = `v.rid, v.identifier, v.updated_at, v.payload->>'$.name' AS name,
  ${isRestricted(historyRow("v")).text} AS is_restricted`;

const TYPE = "datasource";
const SOURCES = {
  payloadTypes: [TYPE],
  isProjected: true,
  isCreation: false,
  isKeyed: false,
};

/** The datasources in the view, found by their projection and by the history's index; or one of them. */
const datasourcesIn = (view: View, columns: string, identifier: string | undefined): Sql => {
  if (identifier !== undefined) {
    return eachVersion(
      view,
      (table, where) => sql`SELECT ${raw(columns)} FROM ${table}
        WHERE v.identifier = ${identifier} AND v.payload_type = ${TYPE} AND ${where}`,
    );
  }
  const current = wholeArms(view, SOURCES).map((arm) =>
    arm.kind === "classes"
      ? sql`SELECT ${raw(columns)} FROM resources v INDEXED BY resources_type
          WHERE v.payload_type = ${TYPE} AND ${allOf([inArm(view, arm, "v", TYPE), currentExisting(view, "v")])}`
      : sql`SELECT ${raw(columns)} FROM ${fromArm(arm, "x_datasource x", "x")}
          CROSS JOIN resources v ON v.rid = x.rid
          WHERE ${allOf([inArm(view, arm, "x", TYPE), currentExisting(view, "v")])}`,
  );
  if (view.snapshot === null) return join(current, " UNION ALL ");
  const past = sql`SELECT ${raw(columns)} FROM history v
    WHERE v.payload_type = ${TYPE} AND ${supersededIn(view, view.snapshot, "v")}`;
  return join([...current, past], " UNION ALL ");
};

type Stored = typeof resources.$inferSelect;

/** A datasource as it is shown. */
interface SourceRow extends Readonly<Pick<Stored, "rid" | "identifier" | "updated_at">> {
  readonly name: string;
  readonly is_restricted: number;
}

/** A count of what lies below a datasource, or when something there last changed. */
interface FigureRow extends Readonly<
  Pick<
    typeof rollupStatistics.$inferSelect,
    "rid" | "dimension" | "member" | "count" | "bytes" | "blocks"
  >
> {
  readonly last: InstantMicros | null;
}

const sourcesIn = (view: View, identifier: string | undefined): Statement<SourceRow> =>
  sql`SELECT * FROM (${datasourcesIn(view, SHOWN, identifier)}) ORDER BY identifier`;

const instantOf = (last: Sql): Sql =>
  sql`(SELECT t.recorded_at FROM transactions t WHERE t.id = CAST(${last} AS INTEGER))`;

const nulls = (columns: Sql): Sql => raw(columns.text.replaceAll(/\w+/g, "NULL"));

/** Counts from each datasource down. */
const counted = (
  view: View,
  dimensions: string,
  wanted: string | undefined,
): Statement<FigureRow> => {
  const below = eachChild(
    view,
    raw("w.identifier"),
    (table, where) => sql`SELECT w.ancestor, v.identifier ${factValues}
      FROM down w CROSS JOIN ${table} WHERE ${where}`,
  );
  const contributions = sql`SELECT 1 AS count, ancestor, 0 AS restricted ${figureValues}
    FROM down WHERE f_last IS NOT NULL`;
  const tables = [
    ...(hasRollup(view) ? [base(view)] : []),
    sql`sources(rid, identifier) AS (${datasourcesIn(view, "v.rid, v.identifier", wanted)})`,
    sql`down(ancestor, identifier ${factColumns()}) AS (
      SELECT rid, identifier ${nulls(factColumns())} FROM sources
        ${raw(hasRollup(view) ? "WHERE NOT EXISTS (SELECT 1 FROM base)" : "")}
      UNION ALL ${below})`,
  ];
  return sql`WITH RECURSIVE ${join(tables, ", ")}
    SELECT e.ancestor AS rid, e.dimension, e.member, e.count, e.bytes, e.blocks, ${instantOf(raw("e.last"))} AS last
    FROM (${expand(contributions, dimensions)}) e`;
};

const LAST_TEXT = raw(`'${LAST.name}'`);

/**
 * How many versions of a transaction are left where something has changed. The plus keeps SQLite
 * from building an index for a single pass.
 */
const remaining = sql`remaining(rid, restricted, member, count) AS MATERIALIZED (
  SELECT d.ancestor, d.restricted, d.member, d.count + coalesce((
    SELECT s.count FROM rollup_statistics s WHERE s.generation = (SELECT generation FROM base)
      AND s.rid = d.ancestor AND s.restricted = d.restricted AND s.dimension = d.dimension
      AND s.member = d.member), 0)
  FROM delta d WHERE +d.dimension = ${LAST_TEXT})`;

/** The last transaction up to the watermark of which a version is left. */
const lastRefreshed = sql`(SELECT s.member FROM rollup_statistics s
  WHERE s.generation = base.generation AND s.rid = o.rid AND s.restricted = k.value
    AND s.dimension = ${LAST_TEXT} AND (s.rid, s.restricted, s.member) NOT IN (
      SELECT rid, restricted, member FROM remaining WHERE count <= 0)
  ORDER BY s.member DESC LIMIT 1)`;

/** The rollups and what has changed since; no row when they cannot be used. */
const rollup = (
  view: RollupView,
  dimensions: readonly string[],
  wanted: string | undefined,
): Statement<FigureRow> => {
  const classes = classesOf(view);
  return sql`WITH RECURSIVE ${since(view, true)},
    sources(rid) AS MATERIALIZED (${datasourcesIn(view, "v.rid", wanted)}),
    delta AS MATERIALIZED (${expand(statisticsSince(view), JSON.stringify([...dimensions, LAST.name]))}),
    ${remaining}
    SELECT s.rid, s.dimension, s.member, s.count, s.bytes, s.blocks, NULL AS last
    FROM base CROSS JOIN sources o
    CROSS JOIN rollup_statistics s ON s.generation = base.generation AND s.rid = o.rid
      AND s.restricted IN (SELECT value FROM json_each(${classes}))
      AND s.dimension IN (SELECT value FROM json_each(${JSON.stringify(dimensions)}))
    UNION ALL
    SELECT ancestor, dimension, member, count, bytes, blocks, NULL FROM delta
    WHERE dimension <> ${LAST_TEXT}
    UNION ALL
    SELECT o.rid, ${LAST_TEXT}, '', 0, 0, 0, ${instantOf(lastRefreshed)}
    FROM base CROSS JOIN sources o CROSS JOIN json_each(${classes}) k
    UNION ALL
    SELECT m.rid, ${LAST_TEXT}, '', 0, 0, 0, ${instantOf(raw("m.member"))}
    FROM (SELECT rid, max(member) AS member FROM remaining WHERE count > 0 GROUP BY rid) m`;
};

interface Tally {
  bytes: number;
  blocks: number;
  last: InstantMicros;
  readonly counts: Map<string, Map<string, number>>;
}

const add = (tally: Tally, { dimension, member, count, bytes, blocks, last }: FigureRow): void => {
  tally.last = Math.max(tally.last, last ?? 0);
  if (dimension === LAST.name) return;
  if (dimension === TOTAL) {
    tally.bytes += bytes;
    tally.blocks += blocks;
  }
  const members = tally.counts.get(dimension) ?? new Map<string, number>();
  members.set(member, (members.get(member) ?? 0) + count);
  tally.counts.set(dimension, members);
};

const present = (members: ReadonlyMap<string, number>): ReadonlyMap<string, number> =>
  new Map(
    [...members]
      .filter(([, count]) => count !== 0)
      .toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );

const tallied = (
  sources: readonly SourceRow[],
  rows: readonly FigureRow[],
): readonly Statistics[] => {
  const byRid = Map.groupBy(rows, ({ rid }) => rid);
  return sources.map((source) => {
    const tally: Tally = { bytes: 0, blocks: 0, last: source.updated_at, counts: new Map() };
    for (const row of byRid.get(source.rid) ?? []) add(tally, row);
    return {
      identifier: source.identifier,
      name: source.name,
      resources: tally.counts.get(TOTAL)?.get("") ?? 0,
      bytes: Math.min(tally.blocks * BLOCK_BYTES + tally.bytes, Number.MAX_SAFE_INTEGER),
      lastUpdated: tally.last,
      counts: new Map([...tally.counts].map(([name, members]) => [name, present(members)])),
    };
  });
};

/**
 * Statistics of the datasources that the caller sees in a state, by identifier. The names of restricted
 * ones are contents: that they are shown is recorded.
 *
 * @throws AppError `not_found` when one is asked for that is no datasource in that state.
 */
export async function readStatistics(
  readContext: ReadContext,
  principal: Principal,
  { dimensions, identifier, asOf }: StatisticsWanted,
): Promise<{ readonly statistics: readonly Statistics[]; readonly immutable: boolean }> {
  const names = [TOTAL, ...dimensions];
  const answer = await readView(readContext, principal, asOf, (view) => [
    sourcesIn(view, identifier),
    counted(view, JSON.stringify(names), identifier),
    ...(hasRollup(view) ? [rollup(view, names, identifier)] : []),
  ]);
  const [found, ...rows] = answer.results;
  if (identifier !== undefined && found.length === 0) {
    throw new AppError("not_found", "The datasource does not exist.", {
      details: [
        { identifier, path: "datasource_id", code: "not_found", detail: "No such datasource." },
      ],
    });
  }
  await recordDisclosed(readContext, answer.principal, found);
  const isPast = asOf.kind === "instant" && asOf.instant <= answer.meta.lastRecordedAt;
  const isOpen = found.every((source) => source.is_restricted === 0);
  return { statistics: tallied(found, rows.flat()), immutable: isPast && isOpen };
}
