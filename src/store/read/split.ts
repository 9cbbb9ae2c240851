/** The part of a query's condition that SQL decides, compiled once for all statements of a request. */
import { type Condition, namesRelated } from "../../query/condition.ts";
import type { PayloadType } from "../../schema/type.ts";
import { compileCondition, type CompiledCondition } from "../compile/condition.ts";
import type { Scope } from "../compile/scope.ts";
import type { View } from "../visibility/visible.ts";
import { withRelated } from "./linked.ts";
import { sieveIn } from "./hidden-parent.ts";
import { copiesOf, hidesParent, type Reading } from "./reading.ts";
import { documentScope, projectionScope } from "./scopes.ts";

/** The scope of the current rows of a query. */
export function currentScope({ view, type, isByType }: Reading): Scope {
  return withRelated(type === null ? documentScope("r") : projectionScope(type, isByType), view);
}

/** The scope of the superseded rows of a query. */
export function pastScope({ view }: Reading): Scope {
  return withRelated(documentScope("h"), view);
}

/** The rows that a condition is compiled for: those of a projection, or whole versions. */
type Rows = PayloadType | "current" | "past";

interface Compiled {
  readonly rows: Rows;
  readonly copies: number;
  /** See `Reading.isByType`. */
  readonly isByType: boolean;
  /** Null where the SQL is the same in each view. */
  readonly view: View | null;
  readonly compiled: CompiledCondition;
}

/**
 * Forms that are kept of one condition: over current rows, found from either table, and superseded ones, each in two
 * counts of copies.
 */
const KEPT_MAX = 6;

const kept = new WeakMap<Condition, readonly Compiled[]>();

function compiledOf(reading: Reading, condition: Condition, rows: Rows): CompiledCondition {
  const copies = copiesOf(reading);
  const { isByType = false } = reading;
  const view = namesRelated(condition) ? reading.view : null;
  const known = kept.get(condition) ?? [];
  const found = known.find(
    (each) =>
      each.rows === rows &&
      each.copies === copies &&
      each.isByType === isByType &&
      each.view === view,
  );
  if (found !== undefined) return found.compiled;
  const scope = rows === "past" ? pastScope(reading) : currentScope(reading);
  const compiled = compileCondition(condition, scope, copies);
  kept.set(condition, [
    { rows, copies, isByType, view, compiled },
    ...known.slice(0, KEPT_MAX - 1),
  ]);
  return compiled;
}

const sieves = new WeakMap<Condition, Condition>();

/** What SQL decides where parents are hidden, made once for each condition, so that it is compiled once. */
function sieveOf(condition: Condition): Condition {
  const sieve = sieves.get(condition) ?? sieveIn(condition);
  sieves.set(condition, sieve);
  return sieve;
}

/**
 * What SQL decides of the condition of a query over its current or its superseded rows, and what it
 * leaves over. Where parents are hidden from the reader SQL is a first sieve: of a conjunction, the parts
 * that hiding a parent cannot make true.
 */
export function splitOf(reading: Reading, table: "current" | "past"): CompiledCondition {
  const { condition } = reading.query;
  const rows = table === "current" ? (reading.type ?? table) : table;
  if (!hidesParent(reading)) return compiledOf(reading, condition, rows);
  return { sql: compiledOf(reading, sieveOf(condition), rows).sql, residual: condition };
}

/**
 * What has to be evaluated row by row; null when SQL decides the whole condition. What SQL leaves
 * over may differ between current and superseded rows, so then the whole condition is evaluated.
 */
export function residualOf(reading: Reading): Condition | null {
  const isWhole =
    splitOf(reading, "current").residual === null &&
    (reading.view.snapshot === null || splitOf(reading, "past").residual === null);
  return isWhole ? null : reading.query.condition;
}
