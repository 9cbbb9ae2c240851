/** Changes of a document as data, and the pure function that applies them. */
import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import type { Condition } from "./condition.ts";
import {
  done,
  edit,
  fillUp,
  isPosition,
  refused,
  type Change,
  type Outcome,
  type PatchError,
  type Way,
} from "./edit.ts";
import { matchesAt, type Columns } from "./matches.ts";
import {
  documentCost,
  isAffordable,
  patchMeter,
  tooLarge,
  type DocumentCost,
  type PatchMeter,
} from "./patch-cost.ts";
import type { Segment } from "./path.ts";
import { elementPlace, elementsOf, resolve, rootPlace } from "./resolve.ts";
import { namesOf, placeAt, waysAlong } from "./ways.ts";

/** A new value: a constant, or the value at a path of the document. */
export type PatchValue =
  | { readonly kind: "constant"; readonly value: Json }
  /** From the step's place; from the start of the document when no value is there. */
  | {
      readonly kind: "field";
      readonly path: readonly Segment[];
      /**
       * Which part of the value at the first of these places is copied, and at the other; absent:
       * all of it.
       */
      readonly views?: readonly ValueView[];
    };

/** The part of a value that is copied; null: none. */
export type ValueView = (value: Json) => Json;

/**
 * One change. Paths lead to one place each; inside `foreach` they start at the element.
 *
 * - `set`: sets a value, creating the objects and arrays on the way; a reference to a field without
 * a value removes the value.
 * - `unset`: removes a member, or an element so that later ones move up.
 * - `add`: adds to a number; without a value nothing changes. `whole` truncates the sum.
 * - `append`: adds elements at the end of an array, creating it when it is missing.
 * - `insert`: inserts elements before a position (the path's last segment); a negative one is the
 * end.
 * - `foreach`: changes or removes the elements of the arrays at the path (which may contain `any`)
 * that satisfy a condition.
 *
 * Positions beyond the end of an array fill it with nulls.
 */
export type PatchStep =
  | {
      readonly kind: "set";
      readonly path: readonly Segment[];
      readonly value: PatchValue;
      /** Combines the stored value and the new one; absent: the new value. */
      readonly merge?: (old: Json | undefined, value: Json | undefined) => Json | undefined;
    }
  | { readonly kind: "unset"; readonly path: readonly Segment[] }
  | {
      readonly kind: "add";
      readonly path: readonly Segment[];
      readonly value: PatchValue;
      readonly whole?: boolean;
    }
  | {
      readonly kind: "append" | "insert";
      readonly path: readonly Segment[];
      readonly values: readonly PatchValue[];
    }
  | {
      readonly kind: "foreach";
      readonly path: readonly Segment[];
      readonly condition: Condition;
      readonly update: "remove" | Patch;
    };

/** Changes in order: each sees the result of the earlier ones. */
export type Patch = readonly PatchStep[];

/** The changed document, or the first error. */
export type Patched =
  | { readonly ok: true; readonly document: JsonObject }
  | { readonly ok: false; readonly error: PatchError };

/** The scope of a patch: the whole document, with paths that start at a place in it. */
interface Work {
  readonly base: Way;
  readonly column: Columns;
  readonly cost: DocumentCost;
}

const valueOf = (value: PatchValue, document: Json, { base }: Work): Json | undefined => {
  if (value.kind === "constant") return value.value;
  const starts = [placeAt(document, base), rootPlace(document)];
  for (const [at, start] of starts.entries()) {
    const stored = resolve(value.path, start)[0]?.value ?? null;
    const view = value.views?.[at];
    const found = stored === null || view === undefined ? stored : view(stored);
    if (found !== null) return found;
  }
  return undefined;
};

const valuesOf = (values: readonly PatchValue[], document: Json, work: Work): readonly Json[] =>
  values.map((value) => valueOf(value, document, work)).filter((value) => value !== undefined);

const addition =
  (way: Way, amount: Json | undefined, whole: boolean): Change =>
  (old) => {
    if (old === undefined || old === null || amount === undefined) return done(old);
    if (typeof old !== "number" || typeof amount !== "number" || !Number.isFinite(old + amount)) {
      return refused(way, "not_a_number", "Expected a number and a number to add to it.");
    }
    // Never minus zero, which JSON does not have.
    return done((whole ? Math.trunc(old + amount) : old + amount) + 0);
  };

/** Inserts values into an array before a position, which may be beyond its end. */
const insertion =
  (way: Way, values: readonly Json[], position: (length: number) => number): Change =>
  (old) => {
    if (values.length === 0) return done(old);
    const array = old ?? [];
    if (!Array.isArray(array)) return refused(way, "not_an_array", "Expected an array.");
    const index = position(array.length);
    if (!isPosition(index)) {
      return refused(way, "invalid_path", "Expected a position in the array.");
    }
    const filled = fillUp(array as readonly Json[], index);
    return done([...filled.slice(0, index), ...values, ...filled.slice(index)]);
  };

const applyForeach = (
  document: Json,
  step: Extract<PatchStep, { readonly kind: "foreach" }>,
  work: Work,
): Outcome => {
  let outcome = done(document);
  for (const way of waysAlong(document, work.base, step.path)) {
    if (!outcome.ok) return outcome;
    outcome = applyToElements(outcome.value ?? null, way, step, work);
  }
  return outcome;
};

const applyToElements = (
  document: Json,
  way: Way,
  { condition, update }: Extract<PatchStep, { readonly kind: "foreach" }>,
  work: Work,
): Outcome => {
  const { column } = work;
  const array = placeAt(document, way);
  if (array.value === null) return done(document);
  if (!Array.isArray(array.value)) return refused(way, "not_an_array", "Expected an array.");
  const isMeant = (value: Json): boolean =>
    matchesAt(condition, elementPlace(array, value), column, work.cost.meter.compare);
  if (!isAffordable(document, way, [], work.cost)) return tooLarge(way);
  if (update === "remove") {
    return edit(document, way, (old) =>
      done(elementsOf(old ?? null).filter((one) => !isMeant(one))),
    );
  }
  if (update.every(isWithinElement)) {
    return edit(document, way, (old) =>
      editEach(elementsOf(old ?? null), isMeant, { way, update, work }),
    );
  }
  let outcome = done(document);
  for (const [index, value] of elementsOf(array.value).entries()) {
    if (!outcome.ok) return outcome;
    if (!isMeant(value)) continue;
    outcome = applySteps(update, outcome.value ?? null, { ...work, base: [...way, index] });
  }
  return outcome;
};

/** True for a step that reads only the element, and leaves one in its place. */
const isWithinElement = (step: PatchStep): boolean => {
  if (step.kind === "foreach" || step.path.some(({ kind }) => kind === "parent")) return false;
  if (step.kind === "unset") return step.path.length > 0;
  return sourcesOf(step).every(({ kind }) => kind === "constant");
};

/** Changes elements independently, so that their array is copied once. */
const editEach = (
  elements: readonly Json[],
  isMeant: (value: Json) => boolean,
  { way, update, work }: { readonly way: Way; readonly update: Patch; readonly work: Work },
): Outcome => {
  const edited: Json[] = [];
  for (const [index, value] of elements.entries()) {
    if (!isMeant(value)) {
      edited.push(value);
      continue;
    }
    const outcome = applySteps(update, value, { ...work, base: [] });
    if (!outcome.ok) {
      const path = [...way, index, outcome.error.path].filter((each) => each !== "").join(".");
      return { ok: false, error: { ...outcome.error, path } };
    }
    edited.push(outcome.value ?? null);
  }
  return done(edited);
};

const sourcesOf = (
  step: Exclude<PatchStep, { readonly kind: "foreach" }>,
): readonly PatchValue[] => {
  if (step.kind === "unset") return [];
  return "values" in step ? step.values : [step.value];
};

const applyStep = (document: Json, step: PatchStep, work: Work): Outcome => {
  if (step.kind === "foreach") return applyForeach(document, step, work);
  const isOne = step.path.every(({ kind }) => kind !== "any");
  const [way] = isOne ? waysAlong(document, work.base, step.path) : [];
  if (way === undefined) {
    return refused(namesOf(step.path), "invalid_path", "Expected a path to one place.");
  }
  const values = valuesOf(sourcesOf(step), document, work);
  if (!isAffordable(document, way, values, work.cost)) return tooLarge(way);
  const [value] = values;
  switch (step.kind) {
    case "set": {
      const { merge = () => value } = step;
      return edit(document, way, (old) => done(merge(old, value)));
    }
    case "unset":
      return edit(document, way, () => done(undefined));
    case "add": {
      return edit(document, way, addition(way, value, step.whole === true));
    }
    case "append": {
      return edit(
        document,
        way,
        insertion(way, values, (length) => length),
      );
    }
    case "insert": {
      const index = way.at(-1);
      if (typeof index !== "number") {
        return refused(way, "invalid_path", "Expected a position at the end of the path.");
      }
      const array = way.slice(0, -1);
      const position = (length: number): number => (index < 0 ? length : index);
      return edit(document, array, insertion(array, values, position));
    }
  }
};

const applySteps = (patch: Patch, document: Json, work: Work): Outcome => {
  let outcome = done(document);
  for (const step of patch) {
    if (!outcome.ok) return outcome;
    outcome = applyStep(outcome.value ?? null, step, work);
  }
  return outcome;
};

const NO_COLUMNS: Columns = () => null;

/** Applies a patch to a document without mutating it; all patches of one request share a meter. */
export function applyPatch(
  patch: Patch,
  document: JsonObject,
  column: Columns = NO_COLUMNS,
  meter: PatchMeter = patchMeter(),
): Patched {
  const outcome = applySteps(patch, document, {
    base: [],
    column,
    cost: documentCost(meter),
  });
  if (!outcome.ok) return outcome;
  if (isJsonObject(outcome.value)) return { ok: true, document: outcome.value };
  const detail = "Expected the document to stay an object.";
  return { ok: false, error: { path: "", code: "not_an_object", detail } };
}
