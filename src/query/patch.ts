/** Changes of a document as data, and the pure function that makes them. */
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
  type PatchFault,
  type Way,
} from "./edit.ts";
import { matchesAt, type Columns } from "./matches.ts";
import type { Segment } from "./path.ts";
import { elementPlace, elementsOf, isIndex, resolve, rootPlace, type Place } from "./resolve.ts";

/** A new value: a constant, or what stands at a path of the document. */
export type PatchValue =
  | { readonly kind: "constant"; readonly value: Json }
  /** From where the step stands; from the start of the document when nothing is there. */
  | { readonly kind: "field"; readonly path: readonly Segment[] };

/**
 * One change. Paths lead to one place each; inside `foreach` they start at the element.
 *
 * - `set`: puts a value there, making the objects and arrays on the way; a field reference to
 *   nothing removes what is there.
 * - `unset`: removes a member, or an element so that later ones move up.
 * - `add`: adds to a number; where there is no value nothing changes. `whole` cuts off the fraction
 *   of the sum.
 * - `append`: adds elements at the end of an array, making it when it is missing.
 * - `insert`: puts elements before a position (the path's last segment); a negative one is the end.
 * - `foreach`: changes or removes the elements of the arrays at the path (which may hold `any`)
 *   that satisfy a condition.
 *
 * Positions beyond the end of an array fill it up with nulls.
 */
export type PatchStep =
  | {
      readonly kind: "set";
      readonly path: readonly Segment[];
      readonly value: PatchValue;
      /** What becomes of the value that stands there; absent: it is gone. */
      readonly merge?: (old: Json | undefined) => Json;
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

/** Changes in order: each sees what the earlier ones did. */
export type Patch = readonly PatchStep[];

/** The changed document, or the first thing that did not fit. */
export type Patched =
  | { readonly ok: true; readonly document: JsonObject }
  | { readonly ok: false; readonly fault: PatchFault };

/** Where a patch works: in the whole document, with paths that start at a place in it. */
interface Work {
  readonly base: Way;
  readonly column: Columns;
}

const placeAt = (document: Json, way: Way): Place => {
  const segments = way.map((step): Segment =>
    typeof step === "string" ? { kind: "key", name: step } : { kind: "index", index: step },
  );
  return resolve(segments, rootPlace(document))[0] ?? rootPlace(null);
};

/** The way without its last member, and without the positions behind that: to the object around. */
const upFrom = (way: Way): Way | undefined => {
  const key = way.findLastIndex((step) => typeof step === "string");
  return key === -1 ? undefined : way.slice(0, key);
};

/** The ways that a path means; several where it holds `any`, none where it cannot be followed. */
const waysAlong = (document: Json, base: Way, path: readonly Segment[]): readonly Way[] => {
  let ways: readonly Way[] = [base];
  for (const segment of path) {
    ways = ways.flatMap((way): readonly Way[] => {
      if (segment.kind === "key") return [[...way, segment.name]];
      if (segment.kind === "index") return isIndex(segment.index) ? [[...way, segment.index]] : [];
      if (segment.kind === "keyOrIndex") {
        const isArray = Array.isArray(placeAt(document, way).value);
        return [[...way, isArray ? Number(segment.name) : segment.name]];
      }
      if (segment.kind === "size") return [];
      if (segment.kind === "any") {
        return elementsOf(placeAt(document, way).value).map((_, index) => [...way, index]);
      }
      const up = upFrom(way);
      return up === undefined ? [] : [up];
    });
  }
  return ways;
};

const namesOf = (path: readonly Segment[]): Way =>
  path.map((segment) => {
    if (segment.kind === "key" || segment.kind === "keyOrIndex") return segment.name;
    return segment.kind === "index" ? segment.index : `(${segment.kind})`;
  });

const valueOf = (value: PatchValue, document: Json, { base }: Work): Json | undefined => {
  if (value.kind === "constant") return value.value;
  const starts = [placeAt(document, base), rootPlace(document)];
  return starts
    .map((start) => resolve(value.path, start)[0]?.value ?? null)
    .find((found) => found !== null);
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
    // Never minus zero, which JSON does not know.
    return done((whole ? Math.trunc(old + amount) : old + amount) + 0);
  };

/** Puts values into an array before a position, which may lie behind its end. */
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
  { column }: Work,
): Outcome => {
  const array = placeAt(document, way);
  if (array.value === null) return done(document);
  if (!Array.isArray(array.value)) return refused(way, "not_an_array", "Expected an array.");
  const isMeant = (value: Json): boolean =>
    matchesAt(condition, elementPlace(array, value), column);
  if (update === "remove") {
    return edit(document, way, (old) =>
      done(elementsOf(old ?? null).filter((one) => !isMeant(one))),
    );
  }
  let outcome = done(document);
  for (const [index, value] of elementsOf(array.value).entries()) {
    if (!outcome.ok) return outcome;
    if (!isMeant(value)) continue;
    outcome = applySteps(update, outcome.value ?? null, { base: [...way, index], column });
  }
  return outcome;
};

const applyStep = (document: Json, step: PatchStep, work: Work): Outcome => {
  if (step.kind === "foreach") return applyForeach(document, step, work);
  const isOne = step.path.every(({ kind }) => kind !== "any");
  const [way] = isOne ? waysAlong(document, work.base, step.path) : [];
  if (way === undefined) {
    return refused(namesOf(step.path), "invalid_path", "Expected a path to one place.");
  }
  switch (step.kind) {
    case "set": {
      const value = valueOf(step.value, document, work);
      const { merge = () => value } = step;
      return edit(document, way, (old) => done(merge(old)));
    }
    case "unset":
      return edit(document, way, () => done(undefined));
    case "add": {
      const amount = valueOf(step.value, document, work);
      return edit(document, way, addition(way, amount, step.whole === true));
    }
    case "append": {
      const values = valuesOf(step.values, document, work);
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
      const values = valuesOf(step.values, document, work);
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

/** Applies a patch to a document, which stays as it is. */
export const applyPatch = (
  patch: Patch,
  document: JsonObject,
  column: Columns = NO_COLUMNS,
): Patched => {
  const outcome = applySteps(patch, document, { base: [], column });
  if (!outcome.ok) return outcome;
  if (isJsonObject(outcome.value)) return { ok: true, document: outcome.value };
  const detail = "Expected the document to stay an object.";
  return { ok: false, fault: { path: "", code: "not_an_object", detail } };
};
