/** Which payload types a reader sees, and of which it sees its own resources alone. */
import { literal } from "./access.ts";
import { allOf, join, raw, sql, type Sql } from "../sql/template.ts";

/**
 * Somebody who sees all, all but what is restricted, the same within some payload types (keys), or
 * what is public.
 */
export type Reach =
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

/** A reach without some payload types. */
type TypedReach = Reach & {
  /** Payload types of which nothing is seen; absent: none. */
  readonly closed?: readonly string[];
};

/** Columns of a row, in SQL. */
interface TypedRow {
  readonly payloadType: string;
  readonly owner: string;
}

/** Names beyond which a list of payload types is a parameter after all. */
const LISTED_MAX = 10;

const listed = (column: string, types: readonly string[]): Sql =>
  types.length > LISTED_MAX
    ? sql`${raw(column)} IN (SELECT value FROM json_each(${JSON.stringify(types)}))`
    : raw(`${column} IN (${types.map(literal).join(", ")})`);

const notClosed = ({ closed = [] }: TypedReach, column: string): readonly Sql[] =>
  closed.length === 0 ? [] : [sql`NOT ${listed(`+${column}`, closed)}`];

/** Condition on a row: the payload type is one that the reader sees, or sees its own of. */
export function inTypes(reach: TypedReach, row: TypedRow): Sql {
  const open = notClosed(reach, row.payloadType);
  if (reach.kind !== "scoped") return allOf(open);
  const { principal, types, ownTypes } = reach;
  const mine = raw(`${row.owner} = ${literal(principal)}`);
  const terms = [
    ...(types.length > 0 ? [listed(`+${row.payloadType}`, types)] : []),
    ...(ownTypes.length === 0
      ? []
      : [
          ownTypes.includes("*")
            ? mine
            : sql`(${mine} AND ${listed(`+${row.payloadType}`, ownTypes)})`,
        ]),
  ];
  return allOf([terms.length === 0 ? raw("0") : sql`(${join(terms, " OR ")})`, ...open]);
}

/**
 * Condition on a row: the payload type is one that the reader sees, whoever owns the row.
 *
 * @param column SQL of the payload type: an index may be asked by it.
 */
export function inTypesOfAll(reach: TypedReach, column: string): Sql {
  const open = notClosed(reach, column);
  if (reach.kind !== "scoped") return allOf(open);
  return allOf([reach.types.length === 0 ? raw("0") : listed(column, reach.types), ...open]);
}

/** Condition on a row of one payload type, of which the owner alone is to be asked. */
export function ofType(reach: TypedReach, payloadType: string, owner: string): Sql {
  if (reach.closed?.includes(payloadType) === true) return raw("0");
  if (reach.kind !== "scoped" || reach.types.includes(payloadType)) return raw("1");
  const isOwn = reach.ownTypes.includes("*") || reach.ownTypes.includes(payloadType);
  return raw(isOwn ? `${owner} = ${literal(reach.principal)}` : "0");
}

/** Some payload types. */
export interface TypeSet {
  /** Null: every one there is. */
  readonly names: readonly string[] | null;
  /** Those that are left out. */
  readonly except: readonly string[];
}

const within = (names: readonly string[] | null, except: readonly string[]): TypeSet =>
  names === null
    ? { names, except }
    : { names: [...new Set(names)].filter((name) => !except.includes(name)), except: [] };

/** True when there is no type in it. */
export function isNoType({ names }: TypeSet): boolean {
  return names?.length === 0;
}

/** True when nothing is left out of it. */
export function isEveryType({ names, except }: TypeSet): boolean {
  return names === null && except.length === 0;
}

/** The payload types of a read: those of which its reader sees everybody's rows, and its own alone. */
export interface SeenTypes {
  readonly all: TypeSet;
  readonly own: TypeSet;
}

/**
 * Tells the payload types of a read apart.
 *
 * @param wanted the types that are asked for; empty: every one.
 */
export function seenTypes(reach: TypedReach, wanted: readonly string[]): SeenTypes {
  const { closed = [] } = reach;
  const asked = wanted.length === 0 ? null : wanted;
  if (reach.kind !== "scoped") return { all: within(asked, closed), own: within([], []) };
  const { types, ownTypes } = reach;
  const both = (names: readonly string[]): readonly string[] =>
    asked === null ? names : names.filter((name) => asked.includes(name));
  const all = within(both(types), closed);
  const own = ownTypes.includes("*") ? asked : both(ownTypes);
  return { all, own: within(own, [...closed, ...types]) };
}
