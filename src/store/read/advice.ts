/**
 * Which further index would make a page cheaper. An advice is only given where it was worked out on the rows
 * themselves that the page would read at most half as much.
 */
import type { Condition } from "../../query/condition.ts";
import { SCHEMA_BOUNDS } from "../../schema/bounds.ts";
import { indexedFields, isIndexable } from "../../schema/indexed.ts";
import type { PayloadType } from "../../schema/type.ts";
import { compileCondition } from "../compile/condition.ts";
import { projectionTable } from "../projection/table.ts";
import type { Session } from "../sql/session.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { fieldAt, fieldOf, isKeyed, keyedParts } from "./keyed.ts";
import { isCreation } from "./keyset.ts";
import { countStatement } from "./page.ts";
import { isPointed, narrows, type Reading } from "./reading.ts";
import { residualOf } from "./split.ts";
import { placeOf } from "./subtree.ts";

/** An index that would help. */
export interface Advice {
  readonly field: string;
  readonly helps: "filter" | "sort";
  /** Rows that the page would read with it, about. */
  readonly expected: number;
  /** The fields that would be indexed then. */
  readonly fields: readonly string[];
}

/** What a page has cost. */
export interface PageCost {
  readonly read: number;
  readonly returned: number;
  /** The most rows that a page has. */
  readonly wanted: number;
}

/** A page whose type is known, and which no index narrows so far. */
type Typed = Reading & { readonly type: PayloadType };

/** Rows that a page reads for each row on it, at most, where an index has what it asks for. */
const EACH = 4;

/** Rows that a page reads whatever it holds. */
const CONSTANT = 50;

/** Rows on which the share of a value is measured. */
const SAMPLE = 2_000;

const isOpen = (reading: Reading): reading is Typed =>
  reading.type !== null &&
  reading.view.snapshot === null &&
  placeOf(reading.query) === undefined &&
  residualOf(reading) === null &&
  keyedParts(reading).length === 0 &&
  !isPointed(reading);

interface CountRow {
  readonly count: number;
}

const one = async (session: Session, statement: Statement<CountRow>): Promise<number> => {
  const [rows] = await session.batch([statement]);
  return rows[0]?.count ?? 0;
};

const compiled = (reading: Typed, part: Condition): Sql =>
  compileCondition(part, {
    column: (name) => `x.${name}`,
    field: (name) => {
      const field = reading.type.fields.get(name);
      return field === undefined ? undefined : { sql: `x."f_${name}"`, kind: field.kind };
    },
    payload: "NULL",
  }).sql;

/** Of the rows that the page passes by first, how many of a thousand hold. */
const shareOf = async (session: Session, reading: Typed, part: Condition): Promise<number> => {
  const table = raw(projectionTable(reading.type.name));
  // Rows are numbered in the order of creation.
  const direction = raw(reading.query.sort[0]?.direction ?? "desc");
  const condition = compiled(reading, part);
  return one(
    session,
    sql`SELECT 1000 * total(hit) / max(count(*), 1) AS count FROM (SELECT ${condition} AS hit
      FROM ${table} x ORDER BY x.rid ${direction} LIMIT ${raw(String(SAMPLE))})`,
  );
};

/** How many rows hold, as far as a bound. */
const matchesOf = (
  session: Session,
  reading: Typed,
  part: Condition,
  most: number,
): Promise<number> => {
  const table = raw(projectionTable(reading.type.name));
  return one(
    session,
    sql`SELECT count(*) AS count FROM (SELECT 1 FROM ${table} x WHERE ${compiled(reading, part)}
      LIMIT ${raw(String(most))})`,
  );
};

/** Rows that the page would read with an index on the field of a condition; undefined where it is not used. */
const withFilter = async (
  session: Session,
  reading: Typed,
  part: Condition,
  parts: readonly Condition[],
  { read, returned }: PageCost,
): Promise<number | undefined> => {
  const [key] = reading.query.sort;
  const isByCreation = key !== undefined && isCreation(key);
  const least = EACH * returned + CONSTANT;
  if (isByCreation && part.kind === "compare" && part.op === "eq") {
    const share = await shareOf(session, reading, part);
    return Math.ceil((read * share * 1.5) / 1_000) + least;
  }
  // A range with one end is passed over in the order of creation.
  if (isByCreation && !narrows(part, 0, parts)) return undefined;
  const matches = await matchesOf(session, reading, part, Math.ceil(read / EACH) + 1);
  return EACH * matches + least;
};

/** The same with an index on the field that it is sorted by. */
const withSort = async (
  session: Session,
  reading: Typed,
  { read, wanted }: PageCost,
): Promise<number> => {
  const all = await one(
    session,
    sql`SELECT count(*) AS count FROM ${raw(projectionTable(reading.type.name))}`,
  );
  if (reading.query.condition.kind === "true") return EACH * Math.min(wanted, all) + CONSTANT;
  const [rows] = await session.batch([countStatement(reading)]);
  const matches = rows[0]?.count ?? 0;
  return matches < wanted ? read : (EACH * wanted * all) / matches + CONSTANT;
};

/** Fields that may get an index. */
const isAddable = ({ type }: Typed, field: string | undefined): field is string => {
  const known = field === undefined ? undefined : type.fields.get(field);
  return (
    known !== undefined &&
    isIndexable(known) &&
    !indexedFields(type).includes(known.name) &&
    type.buildingIndexes?.includes(known.name) !== true
  );
};

/** What would make a page cheaper that an admin has measured; the best first. */
export async function adviceFor(
  session: Session,
  reading: Reading,
  cost: PageCost,
): Promise<readonly Advice[]> {
  if (cost.read <= 2 * (EACH * cost.returned + CONSTANT) || !isOpen(reading)) return [];
  const { type, query } = reading;
  const indexed = [...indexedFields(type), ...(type.buildingIndexes ?? [])];
  if (indexed.length >= SCHEMA_BOUNDS.indexesMax) return [];
  const found: Advice[] = [];
  const add = (field: string, helps: Advice["helps"], expected: number | undefined): void => {
    if (expected === undefined || expected * 2 > cost.read) return;
    if (found.some((each) => each.field === field)) return;
    found.push({ field, helps, expected: Math.round(expected), fields: [...indexed, field] });
  };
  const { condition, sort } = query;
  const parts = (condition.kind === "and" ? condition.of : [condition]).filter(isKeyed);
  for (const part of parts) {
    const field = fieldOf(part);
    if (!isAddable(reading, field)) continue;
    add(field, "filter", await withFilter(session, reading, part, parts, cost));
  }
  const [key, ...others] = sort;
  const sorted = key === undefined || others.length > 0 ? undefined : fieldAt(key.path);
  const hasOrder = sorted !== undefined && type.fields.get(sorted)?.kind !== "boolean";
  if (hasOrder && isAddable(reading, sorted)) {
    add(sorted, "sort", await withSort(session, reading, cost));
  }
  return found.toSorted((left, right) => left.expected - right.expected);
}
