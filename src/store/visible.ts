/**
 * The one relation that every read stands on: the versions that exist in a state and that a
 * principal may see. What exists is taken at the state asked for; who may see it is taken now, from
 * the current row, so that a past state never opens what is restricted today.
 */
import { readableTypes } from "../identity/policy.ts";
import type { Principal } from "../identity/principal.ts";
import type { AsOf } from "../query/query.ts";
import { allOf, join, raw, sql, type Sql } from "./sql.ts";

/** Who is reading, as far as SQL cares. */
export type Sight = Reach & {
  /** Payload types of which nothing is seen; absent: none. */
  readonly closed?: readonly string[];
};

/**
 * Somebody who sees all, all but what is restricted, the same within some payload types (keys), or
 * what is public.
 */
type Reach =
  | { readonly kind: "everything" }
  | { readonly kind: "reader"; readonly principal: string }
  | {
      readonly kind: "scoped";
      readonly principal: string;
      readonly types: readonly string[];
      /** Payload types of which only the reader's own resources are seen; `*` for all. */
      readonly ownTypes: readonly string[];
    }
  | { readonly kind: "public" };

/** What a principal may see: an admin everything, others what is not restricted or granted. */
export const sightOf = (principal: Principal, closed: readonly string[] = []): Sight => ({
  ...reachOf(principal),
  ...(closed.length === 0 ? {} : { closed }),
});

const reachOf = (principal: Principal): Reach => {
  if (principal.kind === "system" || principal.role === "admin") return { kind: "everything" };
  if (principal.kind === "anonymous") return { kind: "public" };
  const types = readableTypes(principal);
  return types === null
    ? { kind: "reader", principal: principal.id }
    : { kind: "scoped", principal: principal.id, types: types.any, ownTypes: types.own };
};

/**
 * An id or name of ours as SQL. It stands in a statement dozens of times, of whose parameters there
 * are 100: what has a checked form needs none.
 */
const literal = (text: string): string => {
  if (!/^[\w:*.@+~=-]+$/.test(text)) throw new Error("An id or name has a strange form.");
  return `'${text}'`;
};

/**
 * Holds when the reader owns the resource with this rid or one of its ancestors, or has a grant on
 * one of them: itself, by a group, or by a project. So does one who has access to the instrument that
 * it lies below. Only evaluated for restricted rows.
 */
const granted = (rid: string, reader: string): string => `EXISTS (
  WITH RECURSIVE up(rid, identifier, parent_identifier, owner) AS (
    SELECT a.rid, a.identifier, a.parent_identifier, a.owner FROM resources a WHERE a.rid = ${rid}
    UNION
    SELECT p.rid, p.identifier, p.parent_identifier, p.owner
    FROM up CROSS JOIN resources p ON p.identifier = up.parent_identifier)
  SELECT 1 FROM up WHERE up.owner = ${literal(reader)} OR EXISTS (SELECT 1 FROM grantees g
    WHERE g.resource = up.identifier AND g.principal = ${literal(reader)}
    AND g.below <= (up.rid <> ${rid})))`;

/** Names beyond which a list of payload types is a parameter after all. */
const LISTED_MAX = 10;

const listed = (types: readonly string[]): Sql =>
  types.length > LISTED_MAX
    ? sql`a.payload_type IN (SELECT value FROM json_each(${JSON.stringify(types)}))`
    : raw(`a.payload_type IN (${types.map(literal).join(", ")})`);

/** Holds for a row of a payload type that the reader's policies name. */
const inScope = (rid: string, sight: Extract<Reach, { kind: "scoped" }>): Sql => {
  const own = sight.ownTypes.includes("*") ? raw("1") : listed(sight.ownTypes);
  const owned = sql`(a.owner = ${raw(literal(sight.principal))} AND ${own})`;
  const terms = [
    ...(sight.types.length > 0 ? [listed(sight.types)] : []),
    ...(sight.ownTypes.length > 0 ? [owned] : []),
  ];
  const term = terms.length === 0 ? raw("0") : join(terms, " OR ");
  return sql`EXISTS (SELECT 1 FROM resources a WHERE a.rid = ${raw(rid)} AND (${term}))`;
};

/** Names of types are words: they can be written out. */
const isOpenType = (closed: readonly string[], rid: string): Sql =>
  raw(`NOT EXISTS (SELECT 1 FROM resources z WHERE z.rid = ${rid}
    AND z.payload_type IN (${closed.map((name) => `'${name.replaceAll(/\W/g, "")}'`).join(", ")}))`);

/** Condition on the rid of a current row: may it be seen now? */
export const maySee = (sight: Sight, rid: string): Sql => {
  const reached = reaches(sight, rid);
  if (sight.closed === undefined) return reached;
  const open = isOpenType(sight.closed, rid);
  return reached.text === "1" ? open : sql`(${reached} AND ${open})`;
};

const seesAll = (sight: Sight): boolean =>
  sight.kind === "everything" && sight.closed === undefined;

const reaches = (sight: Reach, rid: string): Sql => {
  if (sight.kind === "everything") return raw("1");
  const open = sql`NOT EXISTS (SELECT 1 FROM restricted q WHERE q.rid = ${raw(rid)})`;
  if (sight.kind === "public") {
    return sql`(${open} AND (SELECT a.access_level FROM resources a WHERE a.rid = ${raw(rid)}) = 'public')`;
  }
  const seen = sql`(${open} OR ${raw(granted(rid, sight.principal))})`;
  return sight.kind === "reader" ? seen : sql`(${inScope(rid, sight)} AND ${seen})`;
};

/** Expression on the rid of a current row: 1 when it is restricted, by itself or by an ancestor. */
export const isRestricted = (rid: string): Sql =>
  raw(`EXISTS (SELECT 1 FROM restricted q WHERE q.rid = ${rid})`);

/** A whole number written out: it stands in a statement as often as an id does. */
const whole = (number: number): Sql =>
  Number.isSafeInteger(number) ? raw(String(number)) : sql`CAST(${number} AS INTEGER)`;

/** The transaction that a state stands for; null for the present. */
export const snapshotOf = (asOf: AsOf): Sql | null => {
  if (asOf.kind === "now") return null;
  if (asOf.kind === "transaction") return whole(asOf.transaction);
  return sql`coalesce((SELECT max(t.id) FROM transactions t WHERE t.recorded_at <= ${whole(asOf.instant)}), 0)`;
};

/** A reader and the state that it looks at. */
export interface View {
  readonly sight: Sight;
  /** The transaction looked at; null for the present. */
  readonly snapshot: Sql | null;
  /** True: what is a tombstone in that state is in the view, and nothing else. */
  readonly buried?: boolean;
}

/** The view of a principal on a state, without some payload types. */
export const viewOf = (principal: Principal, asOf: AsOf, closed: readonly string[] = []): View => ({
  sight: sightOf(principal, closed),
  snapshot: snapshotOf(asOf),
});

/** Rows of `resources` (under an alias) that are in the view. */
export const currentIn = (view: View, alias: string): Sql =>
  allOf([
    raw(`${alias}.is_deleted = ${view.buried === true ? 1 : 0}`),
    view.snapshot === null ? raw("1") : sql`${raw(alias)}.tx_from <= ${view.snapshot}`,
    maySee(view.sight, `${alias}.rid`),
  ]);

/** Rows of a typed projection (live rows only, under an alias) that are in the view. */
export const projectedIn = (view: View, alias: string): Sql =>
  allOf([
    view.snapshot === null ? raw("1") : sql`${raw(alias)}.tx_from <= ${view.snapshot}`,
    maySee(view.sight, `${alias}.rid`),
  ]);

/** Rows of `history` (under an alias) that are in the view. Only for views with a snapshot. */
export const supersededIn = (view: View, snapshot: Sql, alias: string): Sql =>
  allOf([
    sql`${raw(alias)}.tx_to > ${snapshot}`,
    sql`${raw(alias)}.tx_from <= ${snapshot}`,
    raw(`${alias}.is_deleted = ${view.buried === true ? 1 : 0}`),
    maySee(view.sight, `${alias}.rid`),
  ]);

/** Edges (under an alias) that hold in the view. */
export const openIn = ({ snapshot }: View, alias: string): Sql =>
  snapshot === null
    ? raw(`${alias}.tx_to IS NULL`)
    : sql`${raw(alias)}.tx_from <= ${snapshot} AND (${raw(alias)}.tx_to IS NULL OR ${raw(alias)}.tx_to > ${snapshot})`;

/** SQL text of an identifier, or null when the reader may not see that resource. */
export const seenIdentifier = (sight: Sight, identifier: string): Sql =>
  seesAll(sight)
    ? raw(identifier)
    : sql`(SELECT s.identifier FROM resources s WHERE s.identifier = ${raw(identifier)} AND ${maySee(sight, "s.rid")})`;

/** JSON array text of identifiers without those that the reader may not see; null stays null. */
export const seenIdentifiers = (sight: Sight, identifiers: string): Sql =>
  seesAll(sight)
    ? raw(identifiers)
    : sql`CASE WHEN ${raw(identifiers)} IS NULL THEN NULL ELSE (
        SELECT json_group_array(d.value ORDER BY d.key) FROM json_each(${raw(identifiers)}) d
        CROSS JOIN resources s ON s.identifier = d.value WHERE ${maySee(sight, "s.rid")}) END`;

/**
 * A selection over every version in the view: over current rows, and over superseded ones where the
 * view is of the past. The table comes under an alias.
 */
export const eachVersion = (
  view: View,
  select: (table: Sql, where: Sql) => Sql,
  alias = "v",
): Sql => {
  const current = select(raw(`resources ${alias}`), currentIn(view, alias));
  if (view.snapshot === null) return current;
  const past = select(raw(`history ${alias}`), supersededIn(view, view.snapshot, alias));
  return sql`${current} UNION ALL ${past}`;
};

/** JSON array text of the live, visible direct children, in order of insertion. */
export const childrenOf = (view: View, identifier: string): Sql => {
  const rows = eachVersion(
    view,
    (table, where) => sql`SELECT c.rid, c.identifier FROM ${table}
      WHERE c.parent_identifier = ${raw(identifier)} AND ${where}`,
    "c",
  );
  // The index gives the present children in order; an ORDER BY inside the aggregate would sort.
  return view.snapshot === null
    ? sql`(SELECT json_group_array(k.identifier) FROM (${rows} ORDER BY c.rid) k)`
    : sql`(SELECT json_group_array(k.identifier ORDER BY k.rid) FROM (${rows}) k)`;
};
