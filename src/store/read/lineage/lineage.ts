/** Everything that a resource came from and everything that came of it, along both kinds of edges. */
import { AppError } from "../../../model/error.ts";
import { LIMITS } from "../../../model/limits.ts";
import type { Principal } from "../../../identity/principal.ts";
import type { AsOf } from "../../../query/query.ts";
import { readView } from "../meta.ts";
import type { ReadContext } from "../read-context.ts";
import { join, raw, sql, type Sql, type Statement } from "../../sql/template.ts";
import type { resources } from "../../tables/core.ts";
import { childVersions } from "../children.ts";
import { currentIn, eachVersion, supersededIn, type View } from "../../visibility/visible.ts";
import { targetsOf } from "../linked.ts";
import { isPast, notFound } from "./answer.ts";
import { LINEAGE_BOUNDS } from "../../../query/lineage.ts";
import type { Direction } from "../../../query/lineage.ts";
import { lineageOf, type FoundNode, type Lineage } from "./graph.ts";

/** Which lineage is asked for. */
export interface LineageWanted {
  readonly identifier: string;
  readonly direction: Direction;
  /** Most edges from the start; absent: as far as it goes. */
  readonly depth?: number;
  readonly asOf: AsOf;
}

const COLUMNS = "v.identifier, v.payload_type, v.parent_identifier, v.derived_from";

const start = (view: View, identifier: string): Sql =>
  eachVersion(
    view,
    (table, where) =>
      sql`SELECT ${raw(COLUMNS)} FROM ${table} WHERE v.identifier = ${identifier} AND ${where}`,
  );

/** What a version names as its parent and sources. */
const ABOVE = `json_each(json_insert(coalesce(w.derived_from, '[]'), '$[#]', w.parent_identifier)) s`;

/** The terms of a recursive step: SQLite wants all of one kind, so that each table has its own. */
type Step = (view: View, depth: Sql, near: Sql) => readonly Sql[];

const versionsIn = (view: View): readonly (readonly [table: Sql, where: Sql])[] => [
  [raw("resources v"), currentIn(view, "v")],
  ...(view.snapshot === null
    ? []
    : [[raw("history v"), supersededIn(view, view.snapshot, "v")] as const]),
];

const stepUp: Step = (view, depth, near) =>
  versionsIn(view).map(
    ([table, where]) => sql`SELECT ${raw(COLUMNS)}, ${depth}
      FROM walk_up w CROSS JOIN ${raw(ABOVE)} CROSS JOIN ${table} ON v.identifier = s.value
      WHERE ${near} AND ${where}`,
  );

const stepToChild: Step = (view, depth, near) =>
  childVersions(view, raw("w.identifier"), "v").map(
    ({ table, where }) => sql`SELECT ${raw(COLUMNS)}, ${depth}
      FROM walk_down w CROSS JOIN ${table} WHERE ${near} AND ${where}`,
  );

const stepToDerived: Step = (view, depth, near) =>
  targetsOf(view, { kind: "'derived_from'", source: "w.identifier" }, "e", "v").map(
    ({ source, where }) => sql`SELECT ${raw(COLUMNS)}, ${depth}
      FROM walk_down w CROSS JOIN ${source} WHERE ${near} AND ${where}`,
  );

/**
 * A walk in one direction, every node once; with a bound on the depth, once for each distance
 * within it, since SQLite tells rows apart by all their columns.
 */
const walk = (view: View, name: string, steps: readonly Step[], depth: number | undefined): Sql => {
  const [next, near] =
    depth === undefined ? [raw("0"), raw("1")] : [raw("w.depth + 1"), sql`w.depth < ${depth}`];
  const terms = steps.flatMap((step) => step(view, next, near));
  const { nodesMax, stepsMax } = LINEAGE_BOUNDS;
  const most = (depth === undefined ? nodesMax : stepsMax) + 1;
  return sql`${raw(name)}(identifier, payload_type, parent_identifier, derived_from, depth) AS (
    SELECT *, 0 FROM start UNION ${join(terms, " UNION ")} LIMIT CAST(${most} AS INTEGER))`;
};

const NODE = "identifier, payload_type, parent_identifier, derived_from";

/** Characters of an edge in an answer beside its ends. */
const EDGE_LENGTH = 60;

/** A list of sources makes no more of edges than so many times its own bytes. */
const EDGES_PER_BYTE = EDGE_LENGTH;

/**
 * Whether the edges from sources fit into one answer: seen at once by the lists that name them, or
 * else worked out.
 */
const fitting = sql`fitting(fits) AS MATERIALIZED (SELECT CASE
    WHEN (SELECT total(octet_length(derived_from)) FROM nodes) * ${raw(String(EDGES_PER_BYTE))} <= ${raw(String(LIMITS.pageBytesMax))}
    THEN 1 ELSE (SELECT total(octet_length(m.identifier) + octet_length(s.value) + ${raw(String(EDGE_LENGTH))})
      FROM nodes m CROSS JOIN json_each(m.derived_from) s
      WHERE s.value IN (SELECT identifier FROM nodes)) <= ${raw(String(LIMITS.pageBytesMax))} END)`;

type Stored = typeof resources.$inferSelect;

/** A node with its sources that are nodes too, how far the walk went, and whether all edges fit. */
interface NodeRow extends Readonly<
  Pick<Stored, "identifier" | "payload_type" | "parent_identifier">
> {
  readonly steps: number;
  readonly fits: number;
  /** JSON array; null for none. */
  readonly sources: string | null;
}

const reached = (
  view: View,
  { identifier, direction, depth }: LineageWanted,
): Statement<NodeRow> => {
  const up = { name: "walk_up", steps: [stepUp] };
  const down = { name: "walk_down", steps: [stepToChild, stepToDerived] };
  const walks = [...(direction === "down" ? [] : [up]), ...(direction === "up" ? [] : [down])];
  const nodes = walks.map(({ name }) => `SELECT ${NODE} FROM ${name}`).join(" UNION ALL ");
  const steps = walks.map(({ name }) => `(SELECT count(*) FROM ${name})`).join(", ");
  return sql`WITH RECURSIVE start AS MATERIALIZED (${start(view, identifier)}),
    ${join(
      walks.map(({ name, steps: each }) => walk(view, name, each, depth)),
      ", ",
    )},
    nodes AS MATERIALIZED (SELECT DISTINCT ${raw(NODE)} FROM (${raw(nodes)})),
    ${fitting}
    SELECT n.identifier, n.payload_type, n.parent_identifier, max(${raw(steps)}, 0) AS steps, fitting.fits,
      CASE WHEN n.derived_from IS NULL OR NOT fitting.fits THEN NULL ELSE (
        SELECT json_group_array(s.value) FROM json_each(n.derived_from) s
        WHERE s.value IN (SELECT identifier FROM nodes)) END AS sources
    FROM nodes n CROSS JOIN fitting LIMIT CAST(${LINEAGE_BOUNDS.nodesMax + 1} AS INTEGER)`;
};

const toNode = (row: NodeRow): FoundNode => ({
  identifier: row.identifier,
  payloadType: row.payload_type,
  parent: row.parent_identifier,
  sources: row.sources === null ? [] : (JSON.parse(row.sources) as string[]),
});

const refuseLarge = (rows: readonly NodeRow[]): void => {
  const { nodesMax, stepsMax } = LINEAGE_BOUNDS;
  const isMany = rows.length > nodesMax || (rows[0]?.steps ?? 0) > stepsMax;
  if (!isMany && rows[0]?.fits !== 0) return;
  const bound = isMany ? `${nodesMax} nodes` : `${LIMITS.pageBytesMax} bytes of edges`;
  const detail = `Expected a lineage of at most ${bound}: narrow it by direction and depth.`;
  throw new AppError("invalid_value", detail, {
    details: [{ path: "depth", code: "invalid_value", detail }],
  });
};

/** A lineage, and whether it can ever change. */
export interface LineageAnswer {
  readonly lineage: Lineage;
  readonly immutable: boolean;
}

/**
 * Reads the lineage of a resource: nodes that are live and visible in the state, and the edges
 * between them.
 *
 * @throws AppError `not_found` when the resource is unknown, invisible or a tombstone,
 *   `invalid_value` when the lineage is too large.
 */
export async function readLineage(
  readContext: ReadContext,
  principal: Principal,
  wanted: LineageWanted,
): Promise<LineageAnswer> {
  const { meta, results } = await readView(readContext, principal, wanted.asOf, (view) => [
    reached(view, wanted),
  ]);
  const [rows] = results;
  if (rows.length === 0) throw notFound(wanted.identifier, "identifier");
  refuseLarge(rows);
  const lineage = lineageOf(wanted.identifier, rows.map(toNode), wanted.direction);
  return { lineage, immutable: isPast(wanted.asOf, meta) };
}
