/**
 * What lies below what a write makes restricted, opens or takes to another place: how much, of which
 * payload types, whose it is, and whether it names objects that the caller may not open by it.
 */
import { LIMITS } from "../../model/limits.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { seenIdentifier, visibilityOf } from "../visibility/visible.ts";
import type { TypeRow } from "./load-rows.ts";
import { namesClosedObject, type RightsView } from "./object-rights.ts";

/** Resources of a subtree that are alike. */
export interface Alike {
  readonly payloadType: string;
  readonly isOwn: boolean;
  /** True: something between the root and these, or they themselves, is restricted as well. */
  readonly isCovered: boolean;
  readonly resources: number;
  /** True: some name an object that the caller may not open to more readers. */
  readonly hasClosedObjects: boolean;
}

/** What is known of the subtree of a row, the row included and others that change left out. */
export interface Subtree {
  readonly types: readonly string[];
  readonly resources: number;
  readonly groups: readonly Alike[];
}

const MOST = raw(String(LIMITS.reclassifiedMax + 1));

/**
 * A walk down from `roots(rid, identifier)`, which ends above too many rows. A row below another
 * root is counted with that one alone. The lowest go first, and of each parent no more children are
 * taken than are looked at.
 */
const subtrees = (roots: Sql): Sql => sql`
  WITH RECURSIVE roots(rid, identifier) AS MATERIALIZED (${roots}),
  down(root, rid, identifier, is_covered, level) AS (
    SELECT identifier, rid, identifier, 0, 0 FROM roots
    UNION ALL
    SELECT down.root, c.rid, c.identifier,
      down.is_covered OR c.access_level = 'restricted', down.level - 1 FROM down
    CROSS JOIN resources c ON c.rid IN (SELECT k.rid FROM resources k
      WHERE k.parent_identifier = down.identifier LIMIT ${MOST})
    WHERE c.rid NOT IN (SELECT rid FROM roots)
    ORDER BY 5 LIMIT ${MOST})`;

/**
 * The statement of the subtree of each row whose new level or place makes it restricted, or open, or
 * takes something restricted away from where it lies.
 *
 * @param text JSON array of the rows: see `Needs.reclassified`.
 */
export function typeRows(view: RightsView, text: string): Statement<TypeRow> {
  const { principal, closed } = view;
  // A parent that is not shown is not left by null.
  const parent = seenIdentifier(visibilityOf(principal, closed), "r.parent_identifier");
  const roots = sql`SELECT r.rid, r.identifier FROM json_each(${text}) j
    CROSS JOIN resources r ON r.identifier = j.value->>0
    WHERE (j.value->>1 = 'restricted') <> (r.access_level = 'restricted')
      OR (j.value->>2 IS NOT NULL AND ${parent} IS NOT j.value->>'$[2][0]' AND (r.visibility = 2
        OR (SELECT p.visibility FROM resources p WHERE p.identifier = j.value->>'$[2][0]') = 2))`;
  return sql`${subtrees(roots)}
    SELECT root, payload_type, is_own, is_covered, count(*) AS resources,
      max(is_closed) AS is_closed FROM (
        SELECT down.root, c.payload_type, c.owner = ${principal.id} AS is_own, down.is_covered,
          ${namesClosedObject(view, "c")} AS is_closed
        FROM down CROSS JOIN resources c ON c.rid = down.rid)
    GROUP BY root, payload_type, is_own, is_covered`;
}

const alikeOf = (row: TypeRow): Alike => ({
  payloadType: row.payload_type,
  isOwn: row.is_own === 1,
  isCovered: row.is_covered === 1,
  resources: row.resources,
  hasClosedObjects: row.is_closed === 1,
});

/** The subtrees by the identifiers of those rows. */
export function readTypes(rows: readonly TypeRow[]): ReadonlyMap<string, Subtree> {
  const found = Map.groupBy(rows, ({ root }) => root);
  return new Map(
    [...found].map(([root, own]) => {
      const groups = own.map(alikeOf);
      return [
        root,
        {
          types: [...new Set(groups.map(({ payloadType }) => payloadType))],
          resources: groups.reduce((sum, { resources }) => sum + resources, 0),
          groups,
        },
      ];
    }),
  );
}

/** What a plan relies on below a resource. */
export interface ReliedSubtree {
  readonly identifier: string;
  /** All of it is the caller's own: as a whole, or as far as nothing below the root restricts it. */
  readonly own: "all" | "uncovered" | "any";
  /** No object that it names is closed to the caller, as far as nothing below the root restricts it. */
  readonly isOpenable: boolean;
}

/** Conditions of a guard: something else lies below a resource than the plan knew. */
export function subtreeGuards(view: RightsView, relied: readonly ReliedSubtree[]): readonly Sql[] {
  const OWN = { all: 2, uncovered: 1, any: 0 } as const;
  const packed = relied.map(({ identifier, own, isOpenable }) => [
    identifier,
    OWN[own],
    isOpenable ? 1 : 0,
  ]);
  return jsonChunks(packed).map(({ text }) => {
    const roots = sql`SELECT r.rid, r.identifier FROM json_each(${text}) j
      CROSS JOIN resources r ON r.identifier = j.value->>0`;
    return sql`EXISTS (${subtrees(roots)} SELECT 1 FROM down
      CROSS JOIN json_each(${text}) j ON j.value->>0 = down.root
      CROSS JOIN resources c ON c.rid = down.rid
      WHERE (c.owner <> ${view.principal.id} AND j.value->>1 > down.is_covered)
        OR (j.value->>2 AND NOT down.is_covered AND ${namesClosedObject(view, "c")}))`;
  });
}
