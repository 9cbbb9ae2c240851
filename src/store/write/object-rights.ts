/** What a caller may do with objects that a write names: as it is loaded, and guarded in the batch. */
import { isUnbound, type Principal } from "../../identity/principal.ts";
import { addressOf } from "../../model/object-key.ts";
import { NOW } from "../../query/query.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { referencesTo } from "../read/objects.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import type { Registry } from "../../schema/type.ts";
import { closedTypes } from "../visibility/entity-access.ts";
import { isRestricted, maySee, resourceRow, viewOf } from "../visibility/visible.ts";
import type { LoadPart, ObjectRow } from "./load-rows.ts";

/** An object that a write names. */
export interface NamedObject {
  /** The existing resource that is to name it; empty for a new one. */
  readonly identifier: string;
  readonly key: string;
}

/** To whom a caller may open an object by naming it: each right includes those before it. */
export const OBJECT_RIGHTS = { none: 0, internal: 1, public: 2, full: 3 } as const;

/** What a caller may do with an object. */
export interface ObjectRight {
  /** One of `OBJECT_RIGHTS`. */
  readonly right: number;
  /** True when the resource names the object already. */
  readonly isKept: boolean;
}

/** Key of a map of rights. */
export function rightKey({ identifier, key }: NamedObject): string {
  return `${key} ${identifier}`;
}

/** Who asks, and what is closed to it. */
export interface RightsView {
  readonly principal: Principal;
  /** Payload types that the access lists of entities close to it. */
  readonly closed: readonly string[];
  readonly bucket: string;
}

const ROW = resourceRow("s");

/** A resource and the key of an object that it names, or is to name, as SQL. */
interface Pair {
  readonly identifier: string;
  readonly key: string;
}

/** Of j, a JSON array of identifier and key. */
const LISTED: Pair = { identifier: "(j.value ->> 0)", key: "(j.value ->> 1)" };

const openReferences = (bucket: string, key: string): Sql =>
  sql`(SELECT 1) CROSS JOIN ${referencesTo(bucket, key, "o")} AND o.tx_to IS NULL
    CROSS JOIN resources s ON s.rid = o.rid`;

const isOwnReference = (bucket: string, { identifier, key }: Pair, more: string): Sql =>
  sql`EXISTS (SELECT 1 FROM ${openReferences(bucket, key)}
    WHERE s.identifier = ${raw(identifier)}${raw(more)})`;

/**
 * The right, as a number. Who uploaded the object, or owns a resource that names it by the same right,
 * may open it to anybody; who only sees a resource that names it, to nobody who does not see that one.
 * Nobody passes on what a restricted resource of somebody else names.
 */
const rightOf = ({ principal, closed, bucket }: RightsView, pair: Pair): Sql => {
  const { visibility } = viewOf(principal, NOW, closed);
  const upload = (condition: Sql): Sql =>
    sql`EXISTS (SELECT 1 FROM uploads u WHERE u.path = ${raw(pair.key)} AND ${condition})`;
  return sql`CASE
    WHEN ${upload(sql`u.principal = ${principal.id} AND u.state <> 'swept'`)} THEN 3
    WHEN ${upload(raw("u.state IN ('refused', 'swept')"))} THEN 0
    WHEN ${isOwnReference(bucket, pair, " AND o.is_copy = 0")} THEN 3
    ELSE coalesce((SELECT max(CASE WHEN o.is_copy = 0 AND s.owner = ${principal.id} THEN 3
        WHEN ${isRestricted(ROW)} THEN 0 WHEN s.access_level = 'public' THEN 2 ELSE 1 END)
      FROM ${openReferences(bucket, pair.key)} WHERE ${maySee(visibility, ROW)}), 0) END`;
};

/**
 * Holds when a current row under an alias names an object that the caller may not open to those who
 * see the row by its own level alone.
 */
export function namesClosedObject(view: RightsView, alias: string): Sql {
  if (isUnbound(view.principal)) return raw("0");
  const address = addressOf(view.bucket);
  const pair = { identifier: `${alias}.identifier`, key: "n.key" };
  return sql`EXISTS (SELECT 1 FROM (SELECT CASE WHEN instr(q.path, ${address}) = 1
        THEN substr(q.path, length(${address}) + 1) ELSE q.path END AS key
      FROM object_references q
      WHERE q.rid = ${raw(`${alias}.rid`)} AND q.tx_to IS NULL AND q.is_copy = 1) n
    WHERE ${rightOf(view, pair)} < CASE ${raw(alias)}.access_level
      WHEN 'public' THEN ${raw(String(OBJECT_RIGHTS.public))}
      ELSE ${raw(String(OBJECT_RIGHTS.internal))} END)`;
}

const rightsStatements = (
  view: RightsView,
  named: readonly NamedObject[],
): readonly Statement<ObjectRow>[] =>
  jsonChunks(named.map(({ identifier, key }) => [identifier, key])).map(
    ({ text }) => sql`SELECT j.value ->> 0 AS identifier, ${raw(LISTED.key)} AS object_key,
      ${rightOf(view, LISTED)} AS object_right,
      ${isOwnReference(view.bucket, LISTED, "")} AS is_kept
    FROM json_each(${text}) j`,
  );

/** Objects that a write names, as far as is known. */
export interface Naming {
  readonly bucket: string;
  readonly objects: readonly NamedObject[];
  /** True: no more are looked at. */
  readonly isLast: boolean;
  /** The registry as the isolate knows it: it says which types are closed to the caller. */
  readonly registry: Registry;
}

/** Rights to objects. */
export interface LoadedObjects {
  /** By `rightKey`. */
  readonly rights: ReadonlyMap<string, ObjectRight>;
  /** True: to what was not loaded there is no right. */
  readonly isLast: boolean;
}

/** Who asks, by a registry. */
export function rightsView(
  principal: Principal,
  { bucket, registry }: Pick<Naming, "bucket" | "registry">,
): RightsView {
  return { principal, closed: closedTypes(registry, principal), bucket };
}

/** The parts of a load that find out what the caller may do with the objects. */
export function objectParts(principal: Principal, naming: Naming): LoadPart[] {
  return rightsStatements(rightsView(principal, naming), naming.objects).map(
    (statement): LoadPart => ["objects", statement],
  );
}

/** The rights, from the rows of those parts. */
export function readObjects(rows: readonly ObjectRow[], { isLast }: Naming): LoadedObjects {
  return {
    rights: rightsIn(rows),
    isLast,
  };
}

const rightsIn = (rows: readonly ObjectRow[]): ReadonlyMap<string, ObjectRight> =>
  new Map(
    rows.map((row) => [
      rightKey({ identifier: row.identifier, key: row.object_key }),
      { right: row.object_right, isKept: row.is_kept === 1 },
    ]),
  );

/** A right that a plan stands on. */
export type ReliedRight = NamedObject & ObjectRight;

/**
 * Conditions of a guard: what a plan stands on is so no more. A revocation in between wins, and the
 * write is planned again.
 */
export function rightGuards(view: RightsView, relied: readonly ReliedRight[]): readonly Sql[] {
  return jsonChunks(
    relied.map(({ identifier, key, right, isKept }) => [identifier, key, right, isKept ? 1 : 0]),
  ).map(
    ({ text }) => sql`EXISTS (SELECT 1 FROM json_each(${text}) j
      WHERE ${rightOf(view, LISTED)} < j.value ->> 2
        OR ${isOwnReference(view.bucket, LISTED, "")} < j.value ->> 3)`,
  );
}
