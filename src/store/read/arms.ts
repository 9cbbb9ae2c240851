/**
 * How a read over many rows passes by what its reader does not see: class by class, where its payload
 * types are several also type by type, and owner by owner where it sees its own alone. Classes and
 * types that a reader sees as a whole are stretches of an index. Of the restricted rows those that it
 * sees are its own, what lies in restricted subtrees that a grant opens as a whole, and others that are
 * found one by one, as far as these are few; where they are many, the rows come in their order, and
 * each is asked. A count always adds up what the reader sees: it costs what it counts.
 */
import type { Query } from "../../query/query.ts";
import type { PayloadType } from "../../schema/type.ts";
import {
  literal,
  mayOpen,
  withAccessible,
  withFewAccessible,
  withOthers,
} from "../visibility/access.ts";
import {
  inTypes,
  inTypesOfAll,
  isEveryType,
  isNoType,
  ofType,
  seenTypes,
} from "../visibility/readable-types.ts";
import { allOf, raw, sql, type Sql } from "../sql/template.ts";
import {
  inClass,
  resourceRow,
  visibleClasses,
  type VersionRow,
  type View,
} from "../visibility/visible.ts";
import { isCreation } from "./keyset.ts";
import { keyedParts } from "./keyed.ts";
import { typesOf, type Lanes, type OwnedLanes } from "./lanes.ts";

/** One way to current rows of a view. */
export type Arm =
  /** Rows that something else finds: each is asked. */
  | { readonly kind: "found" }
  /** One class, in an order. */
  | { readonly kind: "class"; readonly visibility: number }
  /** The same with rows that did not exist in the state, or are tombstones. */
  | { readonly kind: "candidates"; readonly visibility: number }
  /** Rows of several stretches in the order of creation; the reader sees all of them. */
  | { readonly kind: "lanes"; readonly lanes: Lanes }
  /** The rows of such a part of the stretches, by their rids in order. */
  | { readonly kind: "rows"; readonly lanes: Lanes; readonly rows: Sql }
  /** All classes that the reader sees as a whole, in no order. */
  | { readonly kind: "classes" }
  /** All rows of the reader's own of some payload types, in no order. */
  | { readonly kind: "owned"; readonly lanes: OwnedLanes }
  /** Restricted rows from what is open to the reader: all, or none where they are many. */
  | { readonly kind: "accessible" | "few"; readonly reader: string }
  /** The same without the reader's own, and without subtrees that are open as a whole. */
  | { readonly kind: "others"; readonly reader: string }
  /**
   * Restricted rows in an order, where those that are open to the reader are many, or where those
   * beside its own are.
   */
  | { readonly kind: "many"; readonly reader: string; readonly size: "accessible" | "others" };

/** The one arm of rows that something else finds. */
export const FOUND: Arm = { kind: "found" };

/** Of which rows the arms are. */
export interface ArmRequest {
  /** Payload types; empty: all. */
  readonly payloadTypes: readonly string[];
  /** True: rows of one type, from its projection. */
  readonly isProjected: boolean;
  /** True: in the order of creation. */
  readonly isCreation: boolean;
  /** True: an index finds them by a value. */
  readonly isKeyed: boolean;
}

/** What the arms of a query have to be. */
export function armRequestOf(query: Query, type: PayloadType | null): ArmRequest {
  const [key, ...others] = query.sort;
  return {
    payloadTypes: query.payloadTypes,
    isProjected: type !== null,
    isCreation: key !== undefined && others.length === 0 && isCreation(key),
    isKeyed: keyedParts({ query, type }).length > 0,
  };
}

/** The reader's own rows of the types of which it sees no others. */
const ownLanes = (view: View, { payloadTypes }: ArmRequest): readonly OwnedLanes[] => {
  const { visibility, deletedOnly = false } = view;
  const { own } = seenTypes(visibility, payloadTypes);
  if (visibility.kind !== "scoped" || isNoType(own)) return [];
  return [
    { kind: "owned", owner: visibility.principal, types: own, classes: [0, 1, 2], deletedOnly },
  ];
};

/** Restricted rows in the order of creation: the reader's own, and what else is open to it. */
const accessibleLanes = (view: View, asked: ArmRequest, reader: string): readonly Arm[] => {
  const { deletedOnly = false } = view;
  const { all: types } = seenTypes(view.visibility, asked.payloadTypes);
  return [
    { kind: "lanes", lanes: { kind: "owned", owner: reader, types, classes: [2], deletedOnly } },
    { kind: "lanes", lanes: { kind: "subtrees", reader, types, deletedOnly } },
    { kind: "others", reader },
    { kind: "many", reader, size: "others" },
  ];
};

/** The arms of an ordered read. */
export function orderedArms(view: View, asked: ArmRequest): readonly Arm[] {
  const { whole, accessor } = visibleClasses(view.visibility);
  const { all: types } = seenTypes(view.visibility, asked.payloadTypes);
  const owned = ownLanes(view, asked).map((lanes): Arm =>
    asked.isCreation ? { kind: "lanes", lanes } : { kind: "owned", lanes },
  );
  if (isNoType(types) && owned.length > 0) return owned;
  const { deletedOnly = false } = view;
  const classes: readonly Arm[] =
    !asked.isCreation || asked.isProjected || isEveryType(types)
      ? whole.map((each): Arm => ({ kind: "class", visibility: each }))
      : [{ kind: "lanes", lanes: { kind: "types", types, classes: whole, deletedOnly } }];
  if (accessor === null) return [...classes, ...owned];
  // An index by a value does not know owners: few of the rows with it may be the reader's, or all.
  const restricted: readonly Arm[] =
    asked.isCreation && !asked.isKeyed
      ? accessibleLanes(view, asked, accessor)
      : [
          { kind: "few", reader: accessor },
          { kind: "many", reader: accessor, size: "accessible" },
        ];
  return [...classes, ...owned, ...restricted];
}

/** Every class of which the reader may see something, in an order: each row is to be asked. */
export function candidateArms({ visibility }: View): readonly Arm[] {
  const { whole, accessor } = visibleClasses(visibility);
  const classes = accessor === null ? whole : [...whole, 2];
  return classes.map((each) => ({ kind: "candidates", visibility: each }));
}

/** The arms of a read that is over all rows. */
export function wholeArms(view: View, asked: ArmRequest): readonly Arm[] {
  const { whole, accessor } = visibleClasses(view.visibility);
  const { all: types } = seenTypes(view.visibility, asked.payloadTypes);
  const owned = ownLanes(view, asked).map((lanes): Arm => ({ kind: "owned", lanes }));
  if (isNoType(types) && owned.length > 0) return owned;
  const classes: readonly Arm[] = whole.length === 0 ? [] : [{ kind: "classes" }];
  const open = [...classes, ...owned];
  return accessor === null ? open : [...open, { kind: "accessible", reader: accessor }];
}

/** The table of an arm, under an alias, found from what is open to the reader where the arm says so. */
export function fromArm(arm: Arm, table: string, alias: string): Sql {
  const from = (relation: string): string =>
    `${relation} f CROSS JOIN ${table} ON ${alias}.rid = f.rid`;
  switch (arm.kind) {
    case "few":
      return withFewAccessible(arm.reader, from("some_accessible"));
    case "accessible":
      return withAccessible(arm.reader, from("accessible"));
    case "others":
      return withOthers(arm.reader, from("(SELECT o.rid FROM some_others o WHERE NOT o.is_zone)"));
    case "rows":
      return sql`(${arm.rows}) ${raw(from(""))}`;
    case "owned":
      return sql`(${ownedRows(arm.lanes)}) ${raw(from(""))}`;
    case "found":
    case "class":
    case "candidates":
    case "lanes":
    case "classes":
    case "many":
      return raw(table);
  }
}

const ownedRows = (lanes: OwnedLanes): Sql =>
  sql`SELECT o.rid FROM (${typesOf(lanes)}) t
    CROSS JOIN resources o INDEXED BY resources_owner ON o.owner = ${raw(literal(lanes.owner))}
      AND o.is_deleted = ${raw(lanes.deletedOnly ? "1" : "0")} AND o.payload_type = t.name`;

/** LIMIT of an arm of which it turns out in the statement whether it is gone. */
export function limitOfArm(arm: Arm, limit: Sql): Sql {
  const either = (reader: string, isFew: boolean, size: "accessible" | "others"): Sql => {
    const name = size === "accessible" ? withFewAccessible : withOthers;
    const isGone = raw(isFew ? "few" : "NOT few");
    return sql`(SELECT CASE WHEN ${isGone} THEN ${limit} ELSE 0 END FROM ${name(reader, `${size}_size`)})`;
  };
  switch (arm.kind) {
    case "few":
      return either(arm.reader, true, "accessible");
    case "others":
      return either(arm.reader, true, "others");
    case "many":
      return either(arm.reader, false, arm.size);
    case "rows":
      return arm.lanes.kind === "subtrees" ? either(arm.lanes.reader, true, "others") : limit;
    case "found":
    case "class":
    case "candidates":
    case "lanes":
    case "classes":
    case "owned":
    case "accessible":
      return limit;
  }
}

/** A row of a projection under an alias, whose owner stands in its resource. */
const projectedRow = (alias: string): VersionRow => ({
  ...resourceRow(alias),
  owner: `(SELECT y.owner FROM resources y WHERE y.rid = ${alias}.rid)`,
});

/**
 * Condition on the rows of an arm: they are in the view. What an index has in order SQLite takes for
 * most of a table, so that it weighs other conditions as if there were none on the class; where no
 * order is asked for, for little of it, so that it passes by what is hidden.
 */
export function inArm(view: View, arm: Arm, alias: string, payloadType: string | null): Sql {
  const { visibility } = view;
  const row = payloadType === null ? resourceRow(alias) : projectedRow(alias);
  const inOrder = (each: number): Sql => raw(`likelihood(${row.visibility} = ${each}, 0.9375)`);
  const isOfAll = (): Sql =>
    payloadType === null
      ? inTypesOfAll(visibility, row.payloadType)
      : raw(isNoType(seenTypes(visibility, [payloadType]).all) ? "0" : "1");
  switch (arm.kind) {
    case "found":
      return allOf([
        payloadType === null
          ? inTypes(visibility, row)
          : ofType(visibility, payloadType, row.owner),
        inClass(visibility, row),
      ]);
    case "candidates":
      return inOrder(arm.visibility);
    case "lanes":
    case "rows":
    case "owned":
      return raw("1");
    case "class":
      return allOf([inOrder(arm.visibility), isOfAll()]);
    case "classes": {
      const { whole, hasOthers } = visibleClasses(view.visibility);
      const classes = hasOthers ? `unlikely(${row.visibility} IN (${whole.join(", ")}))` : "1";
      return allOf([raw(classes), isOfAll()]);
    }
    case "many":
      return allOf([inOrder(2), isOfAll(), mayOpen(arm.reader, row.rid)]);
    case "few":
    case "others":
    case "accessible":
      return allOf([raw(`+${row.visibility} = 2`), isOfAll()]);
  }
}
