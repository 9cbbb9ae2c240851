/** The payload types that a reader may see, and those of which it may see only its own resources. */
import { literal } from "./access.ts";
import { allOf, join, raw, sql, type Sql } from "../sql/template.ts";

/**
 * What a reader may see: everything, everything unrestricted, the same within some payload types (API
 * keys), or public resources only.
 */
export type Reach =
  | { readonly kind: "everything" }
  | { readonly kind: "reader"; readonly principal: string }
  | {
      readonly kind: "scoped";
      readonly principal: string;
      readonly types: readonly string[];
      /** Payload types of which the reader may see only its own resources; `*` for all. */
      readonly ownTypes: readonly string[];
    }
  | { readonly kind: "public" };

/** A reach without some payload types. */
type TypedReach = Reach & {
  /** Payload types that are hidden; absent: none. */
  readonly closed?: readonly string[];
};

/** Columns of a row, in SQL. */
interface TypedRow {
  readonly payloadType: string;
  readonly owner: string;
}

/** A longer list of payload types becomes a parameter. */
const LISTED_MAX = 10;

const listed = (column: string, types: readonly string[]): Sql =>
  types.length > LISTED_MAX
    ? sql`${raw(column)} IN (SELECT value FROM json_each(${JSON.stringify(types)}))`
    : raw(`${column} IN (${types.map(literal).join(", ")})`);

const notClosed = ({ closed = [] }: TypedReach, column: string): readonly Sql[] =>
  closed.length === 0 ? [] : [sql`NOT ${listed(`+${column}`, closed)}`];

/** Condition on a row: the reader may see the payload type, or owns the row and may see its own. */
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
 * Condition on a row: the reader may see the payload type, for any owner.
 *
 * @param column SQL of the payload type; an index on it may be used.
 */
export function inTypesOfAll(reach: TypedReach, column: string): Sql {
  const open = notClosed(reach, column);
  if (reach.kind !== "scoped") return allOf(open);
  return allOf([reach.types.length === 0 ? raw("0") : listed(column, reach.types), ...open]);
}

/** Condition on the owner of a row of one payload type. */
export function ofType(reach: TypedReach, payloadType: string, owner: string): Sql {
  if (reach.closed?.includes(payloadType) === true) return raw("0");
  if (reach.kind !== "scoped" || reach.types.includes(payloadType)) return raw("1");
  const isOwn = reach.ownTypes.includes("*") || reach.ownTypes.includes(payloadType);
  return raw(isOwn ? `${owner} = ${literal(reach.principal)}` : "0");
}

/** Some payload types. */
export interface TypeSet {
  /** Null: all types. */
  readonly names: readonly string[] | null;
  /** The types that are excluded. */
  readonly except: readonly string[];
}

const within = (names: readonly string[] | null, except: readonly string[]): TypeSet =>
  names === null
    ? { names, except }
    : { names: [...new Set(names)].filter((name) => !except.includes(name)), except: [] };

/** True for an empty set. */
export function isNoType({ names }: TypeSet): boolean {
  return names?.length === 0;
}

/** True for the set of all types. */
export function isEveryType({ names, except }: TypeSet): boolean {
  return names === null && except.length === 0;
}

/** The payload types of a read: those of which its reader may see all rows, and those with its own rows. */
export interface SeenTypes {
  readonly all: TypeSet;
  readonly own: TypeSet;
}

/**
 * Splits the payload types of a read by what its reader may see.
 *
 * @param wanted the requested types; empty: all types.
 */
export function seenTypes(reach: TypedReach, wanted: readonly string[]): SeenTypes {
  const { closed = [] } = reach;
  const requested = wanted.length === 0 ? null : wanted;
  if (reach.kind !== "scoped") return { all: within(requested, closed), own: within([], []) };
  const { types, ownTypes } = reach;
  const both = (names: readonly string[]): readonly string[] =>
    requested === null ? names : names.filter((name) => requested.includes(name));
  const all = within(both(types), closed);
  const own = ownTypes.includes("*") ? requested : both(ownTypes);
  return { all, own: within(own, [...closed, ...types]) };
}
