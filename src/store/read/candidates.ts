/** Which rows a query finds by indexes alone: its candidates, wherever they lie in the tree. */
import { ALWAYS, and, type Condition } from "../../query/condition.ts";
import { indexedFields } from "../../schema/indexed.ts";
import type { Page, Query } from "../../query/query.ts";
import { compileCondition } from "../compile/condition.ts";
import { markCondition, projectionTable } from "../projection/table.ts";
import { allOf, join, raw, sql, type Sql } from "../sql/template.ts";
import { candidateArms } from "./arms.ts";
import { isCreation } from "./keyset.ts";
import { fieldAt, fieldOf, isEquality, keyedParts } from "./keyed.ts";
import type { Reading } from "./reading.ts";
import { candidateSelections } from "./selections.ts";
import { currentScope } from "./split.ts";

// The classes of visibility: an index that a range is found by begins with them.
const EVERY_CLASS = "x.visibility IN (0, 1, 2)";

/**
 * The current rows that one index narrows a query to, with others that somebody else sees: of its
 * payload type, with one of its conditions. Undefined where that may be everything.
 */
export function narrowed(reading: Reading): Sql | undefined {
  const { type } = reading;
  if (type === null) return undefined;
  const table = raw(`${projectionTable(type.name)} x`);
  const parts = keyedParts(reading);
  const [part] = [...parts.filter(isEquality), ...parts];
  if (part === undefined) return sql`SELECT 1 FROM ${table}`;
  const compiled = allOf([
    raw(markCondition(type, fieldOf(part) ?? "") ?? "1"),
    compileCondition(part, currentScope(reading)).sql,
  ]);
  return sql`SELECT 1 FROM ${table}
    WHERE ${isEquality(part) ? compiled : sql`${raw(EVERY_CLASS)} AND ${compiled}`}`;
}

/** The conditions that an index goes by that has the order of a query; undefined where none has it. */
const servingOrder = (reading: Reading): readonly Condition[] | undefined => {
  const { query, type } = reading;
  const [key] = query.sort;
  if (query.sort.length !== 1 || key === undefined) return undefined;
  const field = fieldAt(key.path);
  if (field !== undefined) {
    if (type === null || !indexedFields(type).includes(field)) return undefined;
    return keyedParts(reading).filter((part) => fieldOf(part) === field);
  }
  if (!isCreation(key)) return undefined;
  const isOne = (part: Condition): boolean => part.kind === "compare" && isEquality(part);
  return keyedParts(reading).filter(isOne).slice(0, 1);
};

/**
 * The rids of a query's current rows, and of more, as `ref`, in the order of a page and from its place
 * on, as an index has them: nothing is looked at but the conditions that the index goes by. Undefined
 * where no index has the order.
 *
 * @param most how many are read where the index has the order in the other direction.
 */
export function inOrder(reading: Reading, page: Page, most: Sql): Sql | undefined {
  const serving = servingOrder(reading);
  if (serving === undefined) return undefined;
  const { under: _under, ...query } = reading.query;
  const condition = serving.length === 0 ? ALWAYS : and(serving);
  const anywhere: Query = { ...query, payloadTypes: [], condition };
  const arms = candidateArms(reading.view);
  const branches = candidateSelections({ ...reading, query: anywhere }, page, arms, most);
  return join(
    branches.map((rows) => sql`SELECT ref FROM (${rows})`),
    " UNION ALL ",
  );
}
