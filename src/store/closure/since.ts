/**
 * What has changed since the settled transaction, as common table expressions. A resource counts
 * otherwise than then only if it was written since, or if it lies below one that was moved, deleted,
 * restored, restricted or opened since: those are `affected`. What each of them adds now, less what
 * it added then, is the difference between the settled counts and the present ones.
 */
import { withAccessible } from "../visibility/access.ts";
import { join, raw, sql, type Sql } from "../sql/template.ts";
import { visibleClasses, type Visibility, type View } from "../visibility/visible.ts";
import { RULES } from "./facts.ts";
import { walkUp } from "./walk.ts";

/** Resources written since the settlement beyond which counting anew is cheaper. */
const TOUCHED_MAX = 20_000;

/** A reader whose counts can be settled: one who sees all, or all that is open to it. */
export type RollupVisibility = Extract<Visibility, { kind: "everything" | "reader" }>;

/** A view of the present of a reader whose counts can be settled. */
export interface RollupView extends View {
  readonly visibility: RollupVisibility;
  readonly snapshot: null;
}

/** True when settled counts say something about the view. They do not know payload types apart. */
export function hasRollup(view: View): view is RollupView {
  return (
    view.snapshot === null &&
    view.visibility.closed === undefined &&
    (view.visibility.kind === "everything" || view.visibility.kind === "reader")
  );
}

/**
 * `base(generation, tx, instant)`: the settled generation; no row when counting anew is better.
 *
 * @param where condition under which it is wanted at all.
 */
export function base(where: Sql = raw("1")): Sql {
  return sql`base(generation, tx, instant) AS MATERIALIZED (
  SELECT s.generation, s.tx,
    coalesce((SELECT t.recorded_at FROM transactions t WHERE t.id = s.tx), 0)
  FROM settlement s WHERE s.id = 1 AND s.rules = ${RULES} AND ${where}
    AND (SELECT coalesce(sum(t.resources), 0) FROM transactions t WHERE t.id > s.tx) <= ${TOUCHED_MAX})`;
}

/** What was created since and may count: nothing of what is hidden is looked at. */
const createdSince = (view: RollupView): string => {
  const { whole } = visibleClasses(view.visibility);
  return `SELECT r.rid, r.identifier FROM base CROSS JOIN resources r
    ON r.visibility IN (${whole.join(", ")}) AND r.created_at > base.instant`;
};

const affected = (view: RollupView): Sql =>
  raw(`
  touched(rid, identifier) AS MATERIALIZED (
    ${createdSince(view)}
    UNION
    SELECT r.rid, r.identifier FROM base CROSS JOIN transactions t ON t.id > base.tx
    CROSS JOIN json_each(t.changed) j CROSS JOIN resources r ON r.rid = j.value),
  below(rid, identifier) AS (
    SELECT r.rid, r.identifier FROM touched c CROSS JOIN resources r ON r.rid = c.rid
    CROSS JOIN history h ON h.identifier = r.identifier
      AND h.tx_to > (SELECT tx FROM base) AND h.tx_from <= (SELECT tx FROM base)
    WHERE h.parent_identifier IS NOT r.parent_identifier OR h.is_deleted <> r.is_deleted
      OR (h.access_level = 'restricted') <> (r.access_level = 'restricted')
    UNION
    SELECT r.rid, r.identifier FROM below
    CROSS JOIN resources r ON r.parent_identifier = below.identifier),
  affected(rid, identifier) AS MATERIALIZED (
    SELECT rid, identifier FROM touched UNION SELECT rid, identifier FROM below)`);

const THEN: View = { visibility: { kind: "everything" }, snapshot: raw("(SELECT tx FROM base)") };
const PRESENT: View = { visibility: { kind: "everything" }, snapshot: null };

const restrictedNow = raw("(v.visibility = 2)");
const restrictedThen = raw(`EXISTS (SELECT 1 FROM settled_restricted q
  WHERE q.generation = (SELECT generation FROM base) AND q.rid = v.rid)`);

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
      restricted: raw("1"),
      withRestricted: true,
      withFacts,
    }),
  ];
};

/**
 * The expressions `base`, `gained` and `lost`, and `accessible` and `opened` for readers to whom
 * something restricted may be open: see `changes`. They stand behind WITH RECURSIVE.
 */
export function since(view: RollupView, withFacts: boolean, where?: Sql): Sql {
  const walks = {
    from: "affected",
    withRestricted: view.visibility.kind === "everything",
    withFacts,
  };
  return join(
    [
      base(where),
      affected(view),
      walkUp({ ...walks, name: "gained", view: PRESENT, restricted: restrictedNow }),
      walkUp({ ...walks, name: "lost", view: THEN, restricted: restrictedThen }),
      ...opened(view, withFacts),
    ],
    ", ",
  );
}

/**
 * What is to be added to the settled counts: one row for each change of an ancestor, with its sign.
 *
 * @param columns the columns of the walks that are wanted.
 * @param where condition on the walks' columns.
 */
export function changes(view: RollupView, columns: Sql, where: Sql): Sql {
  const part = (sign: string, name: string): Sql =>
    sql`SELECT ${raw(sign)} AS sign, ${columns} FROM ${raw(name)} WHERE ${where}`;
  const parts = [part("1", "gained"), part("-1", "lost")];
  const hasOpened = visibleClasses(view.visibility).accessor !== null;
  return join(hasOpened ? [...parts, part("1", "opened")] : parts, " UNION ALL ");
}

/** JSON array of the classes of settled rows that count for the reader: 0 open, 1 restricted. */
export function classesOf({ visibility }: RollupView): string {
  return visibility.kind === "everything" ? "[0,1]" : "[0]";
}
