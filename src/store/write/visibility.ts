/**
 * Who sees what after a write, worked out in the batch from the levels and parents that it leaves,
 * whatever the plan had seen: two writes at once, each of which knew nothing of the other, end in what
 * walking up gives. Only subtrees whose restriction changes are walked, from above, each row once.
 */
import type { Registry } from "../../schema/type.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { projectionTable } from "../projection/table.ts";
import { kindText } from "../read/linked.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import type { Draft } from "./draft.ts";
import { allRelations } from "./links.ts";
import type { Plan } from "./plan.ts";

/** What a write changes about who sees what, as far as its plan knows. */
export interface VisibilityPlan {
  /** Existing rows whose level or parent changes. */
  readonly roots: readonly Draft[];
  /** True when new rows may be restricted. */
  readonly isOfCreated: boolean;
  /** The payload types of existing rows that may become restricted or open; null: any. */
  readonly types: readonly string[] | null;
}

const rid = (draft: Draft): number => draft.before?.rid ?? 0;

/**
 * Conditions of a guard: where new rows are thought to be open, and nothing is worked out anew, a parent of theirs
 * that the write itself changes is not. Other parents are guarded as the plan has them.
 */
export function visibilityGuards({ created, updated, visibility }: Plan): readonly Sql[] {
  if (created.length === 0 || visibility.isOfCreated) return [];
  const parents = new Set(created.map(({ parentIdentifier }) => parentIdentifier));
  const changed = updated.filter(({ identifier }) => parents.has(identifier)).map(rid);
  return jsonChunks(changed).map(
    ({ text }) => sql`EXISTS (SELECT 1 FROM json_each(${text}) j
      CROSS JOIN resources r ON r.rid = j.value WHERE r.visibility = 2)`,
  );
}

const OWN_TOP = (alias: string): string =>
  `CASE WHEN ${alias}.access_level = 'restricted' THEN ${alias}.rid END`;

/** Holds when a row was of another zone before, or of none. A row that an older version wrote has -1. */
const isOther = (row: string, top: string): string =>
  `(${top}) IS NOT (SELECT coalesce(q.top, -1) FROM restricted q WHERE q.rid = ${row}.rid)`;

/**
 * Writes down what there is to be changed: the rows themselves, by walking up from each, and from
 * those that change, down, what lies below them.
 */
const find = (text: string, created: Sql | null): Sql => {
  const fresh =
    created === null ? raw("") : sql`UNION SELECT r.rid FROM resources r WHERE r.rid >= ${created}`;
  const above = `coalesce(d.top, ${OWN_TOP("c")})`;
  return sql`INSERT OR IGNORE INTO visibility_refresh
      (rid, payload_type, parent, top, owner, visibility)
    WITH RECURSIVE
      start(rid) AS MATERIALIZED (SELECT j.value FROM json_each(${text}) j ${fresh}),
      up(rid, above, top) AS (
        SELECT r.rid, r.parent_identifier, ${raw(OWN_TOP("r"))}
        FROM start s CROSS JOIN resources r ON r.rid = s.rid
        UNION
        SELECT up.rid, p.parent_identifier, coalesce(${raw(OWN_TOP("p"))}, up.top)
        FROM up CROSS JOIN resources p ON p.identifier = up.above),
      down(rid, identifier, top, is_changed) AS (
        SELECT r.rid, r.identifier, up.top, ${raw(isOther("r", "up.top"))}
        FROM up CROSS JOIN resources r ON r.rid = up.rid WHERE up.above IS NULL
        UNION
        SELECT c.rid, c.identifier, ${raw(above)}, ${raw(isOther("c", above))}
        FROM down d CROSS JOIN resources c ON c.parent_identifier = d.identifier
        WHERE d.is_changed)
    SELECT d.rid, r.payload_type, p.rid, d.top, r.owner,
      CASE WHEN d.top IS NOT NULL THEN 2 WHEN r.access_level = 'public' THEN 0 ELSE 1 END
    FROM down d CROSS JOIN resources r ON r.rid = d.rid
    LEFT JOIN resources p ON p.identifier = r.parent_identifier
    WHERE d.is_changed OR d.rid IN (SELECT s.rid FROM start s)`;
};

/** The tables of the restricted part of the tree, from what was found. */
const REFRESH_RESTRICTED: readonly Sql[] = [
  `DELETE FROM restricted WHERE rid IN (SELECT v.rid FROM visibility_refresh v WHERE v.top IS NULL)`,
  `INSERT INTO restricted (rid, parent, top, owner, payload_type, created_at, identifier, parent_owner)
    SELECT v.rid, v.parent, v.top, v.owner, v.payload_type, r.created_at, r.identifier, p.owner
    FROM visibility_refresh v CROSS JOIN resources r ON r.rid = v.rid
    LEFT JOIN resources p ON p.rid = v.parent WHERE v.top IS NOT NULL
    ON CONFLICT (rid) DO UPDATE SET (parent, top, owner, payload_type, created_at, identifier, parent_owner)
      = (excluded.parent, excluded.top, excluded.owner, excluded.payload_type, excluded.created_at,
        excluded.identifier, excluded.parent_owner)`,
  `DELETE FROM restricted_above
    WHERE rid IN (SELECT v.rid FROM visibility_refresh v WHERE v.top IS NOT NULL)`,
  `UPDATE restricted_above SET (parent, parent_owner) = (
      SELECT v.parent, p.owner FROM visibility_refresh v LEFT JOIN resources p ON p.rid = v.parent
      WHERE v.rid = restricted_above.rid)
    WHERE rid IN (SELECT v.rid FROM visibility_refresh v)`,
  // Above what is known to have something restricted below it everything is.
  `INSERT OR IGNORE INTO restricted_above (rid, parent, owner, parent_owner)
    WITH RECURSIVE up(rid, above) AS (
      SELECT p.rid, p.parent_identifier FROM visibility_refresh v CROSS JOIN resources p ON p.rid = v.parent
        WHERE v.top = v.rid
          OR (v.top IS NULL AND EXISTS (SELECT 1 FROM restricted_above a WHERE a.rid = v.rid))
      UNION
      SELECT p.rid, p.parent_identifier FROM up CROSS JOIN resources p ON p.identifier = up.above
        WHERE NOT EXISTS (SELECT 1 FROM restricted_above a WHERE a.rid = up.rid))
    SELECT up.rid, p.rid, r.owner, p.owner FROM up CROSS JOIN resources r ON r.rid = up.rid
    LEFT JOIN resources p ON p.identifier = up.above`,
].map(raw);

const REFRESH_RESOURCES = raw(`UPDATE resources
  SET visibility = (SELECT v.visibility FROM visibility_refresh v WHERE v.rid = resources.rid)
  WHERE rid IN (SELECT v.rid FROM visibility_refresh v CROSS JOIN resources r ON r.rid = v.rid
    WHERE r.visibility <> v.visibility)`);

/** New rows come into their projections later. */
const refreshProjection = (payloadType: string, created: Sql): Sql => {
  const table = raw(projectionTable(payloadType));
  return sql`UPDATE ${table}
    SET visibility = (SELECT v.visibility FROM visibility_refresh v WHERE v.rid = ${table}.rid)
    WHERE rid IN (SELECT v.rid FROM visibility_refresh v CROSS JOIN ${table} x ON x.rid = v.rid
      WHERE v.payload_type = ${payloadType} AND v.rid < ${created} AND x.visibility <> v.visibility)`;
};

/** Edges know the class of what they lead to: of derivations, and of links to records of a type. */
const refreshEdges = (kinds: readonly string[], payloadType: string | null): Sql => {
  const named = raw(kinds.join(", "));
  const ofType = payloadType === null ? raw("") : sql`AND v.payload_type = ${payloadType}`;
  return sql`UPDATE edges SET visibility =
      (SELECT r.visibility FROM resources r WHERE r.identifier = edges.target)
    WHERE (kind, target, source, tx_from) IN (SELECT e.kind, e.target, e.source, e.tx_from
      FROM visibility_refresh v CROSS JOIN resources r ON r.rid = v.rid
      CROSS JOIN edges e ON e.kind IN (${named}) AND e.target = r.identifier
      WHERE e.visibility <> v.visibility ${ofType})`;
};

/** A row of another type came below what changes since that was loaded. */
const refuseOtherTypes = (types: readonly string[], created: Sql): Sql =>
  sql`INSERT INTO guard (stale) SELECT EXISTS (SELECT 1 FROM visibility_refresh v
    CROSS JOIN resources r ON r.rid = v.rid WHERE r.visibility <> v.visibility AND v.rid < ${created}
      AND v.payload_type NOT IN (SELECT value FROM json_each(${JSON.stringify(types)})))`;

/** What knows the classes of existing rows beside the rows themselves. */
const ofExisting = (
  types: readonly string[],
  registry: Registry,
  firstRid: Sql,
): readonly Sql[] => {
  const relations = allRelations(registry);
  return [
    ...types.map((name) => refreshProjection(name, firstRid)),
    refreshEdges(["'derived_from'"], null),
    ...types.flatMap((name) => {
      const kinds = relations
        .filter(({ dataset }) => dataset === name)
        .map(({ kind }) => kindText(kind));
      return kinds.length === 0 ? [] : [refreshEdges(kinds, name)];
    }),
  ];
};

/**
 * The statements that bring the classes of rows up to date: after the rows, before the projections of
 * new ones.
 *
 * @param firstRid SQL of the first rid that the batch gave.
 */
export function refreshVisibility(
  { visibility }: Plan,
  registry: Registry,
  firstRid: Sql,
): readonly Sql[] {
  const { roots, isOfCreated, types } = visibility;
  if (roots.length === 0 && !isOfCreated) return [];
  const chunks = jsonChunks(roots.map(rid)).map(({ text }) => text);
  const created = isOfCreated ? firstRid : null;
  const named = types ?? [...registry.types.keys()];
  return [
    ...(chunks.length === 0 ? ["[]"] : chunks).map((text) => find(text, created)),
    ...(types === null || roots.length === 0 ? [] : [refuseOtherTypes(types, firstRid)]),
    REFRESH_RESOURCES,
    ...REFRESH_RESTRICTED,
    ...(roots.length === 0 ? [] : ofExisting(named, registry, firstRid)),
    raw("DELETE FROM visibility_refresh"),
  ];
}
