/** Changes one place of a JSON value, without mutating the value or changing the rest. */
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

/** The changed value (undefined: removed), or why it could not be changed. */
export type Outcome =
  | { readonly ok: true; readonly value: Json | undefined }
  | { readonly ok: false; readonly error: PatchError };

/** A change of the value at a place; undefined means no value, before and after. */
export type Change = (value: Json | undefined) => Outcome;

/** The outcome of a change that worked. */
export function done(value: Json | undefined): Outcome {
  return { ok: true, value };
}

/** The outcome of a change that did not fit. */
export function refused(way: Way, code: PatchError["code"], detail: string): Outcome {
  return {
    ok: false,
    error: { path: way.join("."), code, detail },
  };
}

/** No array of a payload is longer: each element takes at least two bytes. */
const ELEMENTS_MAX = LIMITS.payloadBytesMax / 2;

/** The array, padded with nulls up to a length. */
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
 * Changes the place at the end of a way. Missing objects and arrays on the way are created, unless
 * the change leaves no value there; a value that is neither object nor array is an error only for
 * changes that leave a value.
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

/** A change where no such place can exist: valid as long as it leaves no value there. */
const editNowhere = (value: Json | undefined, inner: Inner, error: Outcome): Outcome => {
  const outcome = inner(undefined);
  if (!outcome.ok) return outcome;
  return outcome.value === undefined ? done(value) : error;
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
    const error = Array.isArray(value ?? [])
      ? refused([...here, step], "invalid_path", "Expected a position in the array.")
      : refused(here, "not_an_array", "Expected an array.");
    return editNowhere(value, inner, error);
  }
  const old = array[index];
  const outcome = inner(old);
  if (!outcome.ok || outcome.value === old) return outcome.ok ? done(value) : outcome;
  if (outcome.value === undefined) return done(array.toSpliced(index, 1));
  return done(fillUp(array, index).toSpliced(index, 1, outcome.value));
};
