/** What patches cost: each step sees what the earlier ones did, so that a few could double a document many times. */
import { isJsonObject, type Json } from "../model/json.ts";
import { LIMITS } from "../model/limits.ts";
import { UNCOUNTED, type CountComparisons } from "./comparisons.ts";
import { isPosition, refused, type Outcome, type Way } from "./edit.ts";
import { elementsOf } from "./resolve.ts";

/** What the patches of one request may cost together; they count it down. */
export interface PatchMeter {
  /** Elements of arrays that are copied, and eight times the bytes of values that are put somewhere. */
  left: number;
  /** Is told of what the conditions on elements compare. */
  readonly compare: CountComparisons;
}

/** A meter for one request. */
export function patchMeter(compare: CountComparisons = UNCOUNTED): PatchMeter {
  return {
    left: LIMITS.patchWorkMax,
    compare,
  };
}

/** What the patch of one document costs. */
export interface DocumentCost {
  readonly meter: PatchMeter;
  /** How much may still be put into the document. */
  readonly room: { left: number };
  /** Weights of what has been weighed: values share their parts, and are weighed as if they did not. */
  readonly weights: WeakMap<object, number>;
}

/** Begins a document. */
export function documentCost(meter: PatchMeter): DocumentCost {
  return {
    meter,
    room: { left: LIMITS.patchAddedBytesMax },
    weights: new WeakMap(),
  };
}

/** What a byte that is put somewhere costs, as it is read, put, compared and written. */
const ADDED_COST = 8;

/** About the bytes of a value's JSON text. */
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

/** What copying the arrays on a way costs, with nulls up to positions behind their ends. */
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

/** The refusal of a step that is too much. */
export function tooLarge(way: Way): Outcome {
  return refused(way, "too_large", "Expected an update that copies and adds less.");
}
