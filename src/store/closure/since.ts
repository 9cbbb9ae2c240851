/**
 * What has changed since the watermark, as common table expressions: what is to be added to the rollups, so
 * that a read is of the present however far they have come.
 */
import { withAccessible } from "../visibility/access.ts";
import { join, raw, sql, type Sql } from "../sql/template.ts";
import { visibleClasses, type Visibility, type View } from "../visibility/visible.ts";
import { RULES } from "./facts.ts";
import { affected, type Span } from "./paths.ts";
import { changesOfCounts, changesOfStatistics, comparedNow } from "./terms.ts";
import { figureColumns, figureValues, walkUp } from "./walk.ts";

/** Resources written since the watermark beyond which counting anew is cheaper. */
const TOUCHED_MAX = 20_000;

/** A reader for whom there are rollups: one who sees all, or all that is open to it. */
export type RollupVisibility = Extract<Visibility, { kind: "everything" | "reader" }>;

/** A view of the present of a reader for whom there are rollups. */
export interface RollupView extends View {
  readonly visibility: RollupVisibility;
  readonly snapshot: null;
}

/** True when rollups say something about the view. They do not know payload types apart. */
export function hasRollup(view: View): view is RollupView {
  return (
    view.snapshot === null &&
    view.visibility.closed === undefined &&
    (view.visibility.kind === "everything" || view.visibility.kind === "reader")
  );
}

/**
 * `base(generation, tx, instant)`: the generation that is read, and its watermark; no row when counting
 * anew is better, or when something lies too deep to be counted.
 *
 * @param where condition under which it is wanted at all.
 */
export function base(view: RollupView, where: Sql = raw("1")): Sql {
  return sql`base(generation, tx, instant) AS MATERIALIZED (
  SELECT s.generation, s.tx,
    coalesce((SELECT t.recorded_at FROM transactions t WHERE t.id = s.tx), 0)
  FROM rollup_state s WHERE s.id = 1 AND s.rules = ${RULES} AND ${where}
    AND ${hasAtMost(TOUCHED_MAX)}
    AND NOT EXISTS (SELECT 1 FROM closure d WHERE d.levels > 32
      AND d.restricted IN ${raw(view.visibility.kind === "everything" ? "(0, 1)" : "(0)")}))`;
}

/** Condition on the state `s`: so many resources, or fewer, are to be counted anew. */
export function hasAtMost(most: number): Sql {
  const limit = raw(String(most));
  return sql`((SELECT coalesce(sum(l.resources), 0) FROM (SELECT t.resources FROM transactions t
      WHERE t.id > s.tx LIMIT ${limit} + 1) l) <= ${limit}
    AND NOT EXISTS (SELECT 1 FROM rollup_queue LIMIT 1 OFFSET ${limit}))`;
}

const SINCE: Span = { name: "base", ofTransaction: "", ofInstant: "" };

const QUEUED = `UNION SELECT r.rid, r.identifier FROM base CROSS JOIN rollup_queue q
    CROSS JOIN resources r ON r.rid = q.rid`;

/** Restricted resources that are open to the reader are walked from one by one, and no others. */
const opened = (view: RollupView, withFacts: boolean): readonly Sql[] => {
  const { accessor } = visibleClasses(view.visibility);
  if (accessor === null) return [];
  return [
    withAccessible(
      accessor,
      `own(identifier) AS (SELECT r.identifier FROM base CROSS JOIN accessible a
        CROSS JOIN resources r ON r.rid = a.rid WHERE r.visibility = 2)`,
    ),
    walkUp({
      name: "opened",
      from: "own",
      view: { ...view, visibility: { ...view.visibility, isListed: true } },
      withFacts,
    }),
  ];
};

/** The expressions `base` and `affected`: what may be other than closure and rollups say. */
export function affectedSince(view: RollupView, where?: Sql): Sql {
  const { whole } = visibleClasses(view.visibility);
  return sql`${base(view, where)}, ${affected(SINCE, whole, QUEUED)}`;
}

/**
 * The expressions that `countsSince` and `statisticsSince` name. They stand behind WITH RECURSIVE.
 */
export function since(view: RollupView, withFacts: boolean, where?: Sql): Sql {
  return join(
    [
      affectedSince(view, where),
      comparedNow("affected", view.visibility.kind === "everything"),
      withFacts ? changesOfStatistics(null) : changesOfCounts,
      ...opened(view, withFacts),
    ],
    ", ",
  );
}

const withOpened = (view: RollupView, part: (name: string) => Sql, changed: string): Sql => {
  const hasOpened = visibleClasses(view.visibility).accessor !== null;
  return hasOpened ? sql`${part(changed)} UNION ALL ${part("opened")}` : part(changed);
};

/** What is to be added to counts: `ancestor, step, count`. */
export function countsSince(view: RollupView, where: Sql): Sql {
  const part = (name: string): Sql =>
    sql`SELECT ancestor, step, count FROM ${raw(name)} WHERE ${where}`;
  return withOpened(view, part, "changes");
}

/** What is to be added to statistics, for `expand`. */
export function statisticsSince(view: RollupView): Sql {
  const part = (name: string): Sql =>
    name === "opened"
      ? sql`SELECT ancestor, restricted, count ${figureValues} FROM opened WHERE kind = 'datasource'`
      : sql`SELECT ancestor, restricted, count ${figureColumns} FROM ${raw(name)}`;
  return withOpened(view, part, "figures");
}

/** JSON array of the classes of rollups that count for the reader: 0 open, 1 restricted. */
export function classesOf({ visibility }: RollupView): string {
  return visibility.kind === "everything" ? "[0,1]" : "[0]";
}
