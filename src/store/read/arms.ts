/**
 * How a read over many rows passes by what its reader does not see: class by class. The classes that
 * a reader sees as a whole are stretches of an index. Of the restricted rows those that it sees are
 * found from what is open to it, as far as they are few; of many, the rows come in their order, and
 * each is asked. A count always goes the first way: it costs what it counts.
 */
import { mayOpen, withAccessible, withFewAccessible } from "../access.ts";
import { allOf, raw, sql, type Sql } from "../sql.ts";
import {
  inClass,
  inTypes,
  ofType,
  resourceRow,
  visibleClasses,
  type VersionRow,
  type View,
} from "../visible.ts";

/** One way to current rows of a view. */
export type Arm =
  /** Rows that something else finds: each is asked. */
  | { readonly kind: "found" }
  /** One class, in an order. */
  | { readonly kind: "class"; readonly visibility: number }
  /** The same with rows that did not exist in the state, or are tombstones. */
  | { readonly kind: "candidates"; readonly visibility: number }
  /** All classes that the reader sees as a whole, in no order. */
  | { readonly kind: "classes" }
  /** Restricted rows from what is open to the reader: all, or none where they are many. */
  | { readonly kind: "accessible" | "few"; readonly reader: string }
  /** Restricted rows in an order, where those that are open to the reader are many. */
  | { readonly kind: "many"; readonly reader: string };

/** The one arm of rows that something else finds. */
export const FOUND: Arm = { kind: "found" };

/** The arms of an ordered read. */
export const orderedArms = (view: View): readonly Arm[] => {
  const { whole, accessor } = visibleClasses(view.sight);
  const classes = whole.map((visibility): Arm => ({ kind: "class", visibility }));
  if (accessor === null) return classes;
  return [...classes, { kind: "few", reader: accessor }, { kind: "many", reader: accessor }];
};

/** Every class of which the reader may see something, in an order: each row is to be asked. */
export const candidateArms = ({ sight }: View): readonly Arm[] => {
  const { whole, accessor } = visibleClasses(sight);
  const classes = accessor === null ? whole : [...whole, 2];
  return classes.map((visibility) => ({ kind: "candidates", visibility }));
};

/** The arms of a read that is over all rows. */
export const wholeArms = (view: View): readonly Arm[] => {
  const { whole, accessor } = visibleClasses(view.sight);
  const classes: readonly Arm[] = whole.length === 0 ? [] : [{ kind: "classes" }];
  return accessor === null ? classes : [...classes, { kind: "accessible", reader: accessor }];
};

/** The table of an arm, under an alias, found from what is open to the reader where the arm says so. */
export const fromArm = (arm: Arm, table: string, alias: string): Sql => {
  const from = (relation: string): string =>
    `${relation} f CROSS JOIN ${table} ON ${alias}.rid = f.rid`;
  if (arm.kind === "few") return withFewAccessible(arm.reader, from("some_accessible"));
  if (arm.kind === "accessible") return withAccessible(arm.reader, from("accessible"));
  return raw(table);
};

/** LIMIT of an arm of which it turns out in the statement whether it is gone. */
export const limitOfArm = (arm: Arm, limit: Sql): Sql => {
  if (arm.kind !== "few" && arm.kind !== "many") return limit;
  const isGone = raw(arm.kind === "few" ? "few" : "NOT few");
  const size = withFewAccessible(arm.reader, "accessible_size");
  return sql`(SELECT CASE WHEN ${isGone} THEN ${limit} ELSE 0 END FROM ${size})`;
};

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
export const inArm = (view: View, arm: Arm, alias: string, payloadType: string | null): Sql => {
  const { sight } = view;
  const row = payloadType === null ? resourceRow(alias) : projectedRow(alias);
  const types = payloadType === null ? inTypes(sight, row) : ofType(sight, payloadType, row.owner);
  const inOrder = (visibility: number): Sql =>
    raw(`likelihood(${row.visibility} = ${visibility}, 0.9375)`);
  switch (arm.kind) {
    case "found":
      return allOf([types, inClass(sight, row)]);
    case "candidates":
      return inOrder(arm.visibility);
    case "class":
      return allOf([inOrder(arm.visibility), types]);
    case "classes": {
      const { whole, hasOthers } = visibleClasses(view.sight);
      const classes = hasOthers ? `unlikely(${row.visibility} IN (${whole.join(", ")}))` : "1";
      return allOf([raw(classes), types]);
    }
    case "many":
      return allOf([inOrder(2), types, mayOpen(arm.reader, row.rid)]);
    case "few":
    case "accessible":
      return allOf([raw(`+${row.visibility} = 2`), types]);
  }
};
