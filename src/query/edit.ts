/** Changing one place of a JSON value, leaving the rest and the value itself as they are. */
import { LIMITS } from "../model/limits.ts";
import { isJsonObject, type Json } from "../model/json.ts";
import { elementsOf } from "./resolve.ts";

/** The way to a place: names of members and positions in arrays, negative ones from the end. */
export type Way = readonly (string | number)[];

/** Why a change does not fit a document. */
export interface PatchError {
  /** Dotted path of the place. */
  readonly path: string;
  readonly code: "not_an_object" | "not_an_array" | "not_a_number" | "invalid_path" | "too_large";
  readonly detail: string;
}

/** What became of a value (undefined: it is gone), or why it could not be changed. */
export type Outcome =
  | { readonly ok: true; readonly value: Json | undefined }
  | { readonly ok: false; readonly fault: PatchError };

/** A change of what stands at a place; undefined stands for nothing, before and after. */
export type Change = (value: Json | undefined) => Outcome;

/** The outcome of a change that worked. */
export function done(value: Json | undefined): Outcome {
  return { ok: true, value };
}

/** The outcome of a change that did not fit. */
export function refused(way: Way, code: PatchError["code"], detail: string): Outcome {
  return {
    ok: false,
    fault: { path: way.join("."), code, detail },
  };
}

/** No array of a payload is longer: each element takes two bytes at least. */
const ELEMENTS_MAX = LIMITS.payloadBytesMax / 2;

/** The array with nulls at its end, up to a length. */
export function fillUp(array: readonly Json[], length: number): readonly Json[] {
  return length <= array.length
    ? array
    : [...array, ...Array<null>(length - array.length).fill(null)];
}

/** True for a position that a payload's array can have. */
export function isPosition(index: number): boolean {
  return index >= 0 && index < ELEMENTS_MAX;
}

/**
 * Changes the place at the end of a way. Objects and arrays on the way are made where nothing
 * stands, unless the change leaves nothing there; what is no object or array is only in the way of
 * changes that would leave something.
 */
export function edit(value: Json | undefined, way: Way, change: Change, depth = 0): Outcome {
  const step = way[depth];
  if (step === undefined) return change(value);
  const inner: Inner = (old) => edit(old, way, change, depth + 1);
  const here = way.slice(0, depth);
  return typeof step === "string"
    ? editMember(value, step, here, inner)
    : editElement(value, step, here, inner);
}

type Inner = (old: Json | undefined) => Outcome;

/** A change where no such place can be: fine as long as it leaves nothing there. */
const editNowhere = (value: Json | undefined, inner: Inner, refusal: Outcome): Outcome => {
  const outcome = inner(undefined);
  if (!outcome.ok) return outcome;
  return outcome.value === undefined ? done(value) : refusal;
};

const editMember = (value: Json | undefined, name: string, here: Way, inner: Inner): Outcome => {
  const object = value ?? {};
  if (!isJsonObject(object)) {
    return editNowhere(value, inner, refused(here, "not_an_object", "Expected an object."));
  }
  const old = Object.hasOwn(object, name) ? object[name] : undefined;
  const outcome = inner(old);
  if (!outcome.ok || outcome.value === old) return outcome.ok ? done(value) : outcome;
  if (outcome.value !== undefined) return done({ ...object, [name]: outcome.value });
  return done(Object.fromEntries(Object.entries(object).filter(([key]) => key !== name)));
};

const editElement = (value: Json | undefined, step: number, here: Way, inner: Inner): Outcome => {
  const array = elementsOf(value ?? []);
  const index = step < 0 ? array.length + step : step;
  if (!Array.isArray(value ?? []) || !isPosition(index)) {
    const refusal = Array.isArray(value ?? [])
      ? refused([...here, step], "invalid_path", "Expected a position in the array.")
      : refused(here, "not_an_array", "Expected an array.");
    return editNowhere(value, inner, refusal);
  }
  const old = array[index];
  const outcome = inner(old);
  if (!outcome.ok || outcome.value === old) return outcome.ok ? done(value) : outcome;
  if (outcome.value === undefined) return done(array.toSpliced(index, 1));
  return done(fillUp(array, index).toSpliced(index, 1, outcome.value));
};
