/**
 * The cost of patches: each step sees the result of the earlier ones, so a few steps could double a
 * document many times.
 */
import { isJsonObject, type Json } from "../model/json.ts";
import { LIMITS } from "../model/limits.ts";
import { UNCOUNTED, type CountComparisons } from "./comparisons.ts";
import { isPosition, refused, type Outcome, type Way } from "./edit.ts";
import { elementsOf } from "./resolve.ts";

/** What the patches of one request may still cost together; they count it down. */
export interface PatchMeter {
  /** Copied elements of arrays, plus eight times the bytes of values that are written. */
  left: number;
  /** Counts the comparisons of conditions on elements. */
  readonly compare: CountComparisons;
}

/** A meter for one request. */
export function patchMeter(compare: CountComparisons = UNCOUNTED): PatchMeter {
  return {
    left: LIMITS.patchWorkMax,
    compare,
  };
}

/** The cost of the patch of one document. */
export interface DocumentCost {
  readonly meter: PatchMeter;
  /** How much may still be written into the document. */
  readonly room: { left: number };
  /**
   * Sizes of measured values: values share their parts, and each is measured as if they did not.
   */
  readonly weights: WeakMap<object, number>;
}

/** Starts a document. */
export function documentCost(meter: PatchMeter): DocumentCost {
  return {
    meter,
    room: { left: LIMITS.patchAddedBytesMax },
    weights: new WeakMap(),
  };
}

/** The cost of a byte that is written: it is read, written, compared and rendered. */
const ADDED_COST = 8;

/** The approximate bytes of a value's JSON text. */
const weightOf = (value: Json, weights: WeakMap<object, number>): number => {
  if (typeof value === "string") return value.length + 3;
  if (typeof value !== "object" || value === null) return 6;
  const known = weights.get(value);
  if (known !== undefined) return known;
  let weight = 2;
  const values: readonly Json[] = Array.isArray(value) ? value : Object.values(value);
  for (const each of values) weight += weightOf(each, weights) + 1;
  if (!Array.isArray(value)) for (const name of Object.keys(value)) weight += name.length + 3;
  weights.set(value, weight);
  return weight;
};

/** The cost of copying the arrays on a way, including nulls up to positions beyond their ends. */
const copiesAlong = (document: Json | undefined, way: Way): number => {
  let value = document;
  let copied = 1;
  for (const step of way) {
    if (typeof step === "number") {
      const array = elementsOf(value ?? null);
      copied += Math.max(array.length, isPosition(step) ? step + 1 : 0);
      value = array[step < 0 ? array.length + step : step];
    } else {
      value = isJsonObject(value) && Object.hasOwn(value, step) ? value[step] : undefined;
    }
  }
  return Array.isArray(value) ? copied + value.length : copied;
};

/** Counts what a step is about to do; false when it is too much. */
export function isAffordable(
  document: Json,
  way: Way,
  values: readonly Json[],
  cost: DocumentCost,
): boolean {
  const added = values.reduce<number>((sum, each) => sum + weightOf(each, cost.weights), 0);
  cost.room.left -= added;
  cost.meter.left -= added * ADDED_COST + copiesAlong(document, way);
  return cost.room.left >= 0 && cost.meter.left >= 0;
}

/** The error of a step that is too much. */
export function tooLarge(way: Way): Outcome {
  return refused(way, "too_large", "Expected an update that copies and adds less.");
}
