/** Where a path leads in a document. */
import { isJsonObject, type Json } from "../model/json.ts";
import type { Segment } from "./path.ts";

/** A place in a document: the value there, null when there is none, and the enclosing object. */
export interface Place {
  readonly value: Json;
  /** The nearest object that contains the place; undefined at the start of the document. */
  readonly owner: Place | undefined;
}

/** The start of a document. */
export function rootPlace(value: Json): Place {
  return { value, owner: undefined };
}

/** The element of an array as a place: its owner is the object that contains the array. */
export function elementPlace(array: Place, value: Json): Place {
  return { value, owner: array.owner };
}

const NOWHERE: Place = { value: null, owner: undefined };

/** Larger numbers are not positions: no document has them, and SQL would wrap them. */
const INDEX_MAX = 2 ** 31;

/** True for a number that can be a position in an array; negative counts from the end. */
export function isIndex(index: number): boolean {
  return Number.isInteger(index) && Math.abs(index) < INDEX_MAX;
}

const memberOf = (value: Json, name: string): Json =>
  isJsonObject(value) && Object.hasOwn(value, name) ? (value[name] ?? null) : null;

const elementOf = (value: Json, index: number): Json =>
  Array.isArray(value) ? ((value as readonly Json[]).at(index) ?? null) : null;

/** Number of elements of an array, 0 when there is no value, nothing for any other value. */
const sizeOf = (value: Json): Json =>
  value === null ? 0 : Array.isArray(value) ? value.length : null;

/** The elements of an array; empty for anything else. */
export function elementsOf(value: Json): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/**
 * The places that a path leads to, at least one. A path is followed by its form, whether there are
 * values along it or not, and ends at a place with value null when there is none:
 *
 * - `key` and `index` of a value without such a member or element: no value.
 * - `keyOrIndex`: a member of an object, an element of an array.
 * - `any`: one place for each element; of an empty array and of any other value no value, whatever
 * follows.
 * - `size` ends a path; what follows it has no value.
 * - `parent`: the nearest enclosing object, `undefined` above the start: no value, whatever
 * follows.
 */
export function resolve(
  segments: readonly Segment[],
  start: Place,
  position = 0,
): readonly Place[] {
  let place = start;
  for (let next = position; next < segments.length; next += 1) {
    const segment = segments[next] as Segment;
    if (segment.kind === "any") {
      const elements = elementsOf(place.value).map((value) => elementPlace(place, value));
      return elements.length === 0
        ? [NOWHERE]
        : elements.flatMap((element) => resolve(segments, element, next + 1));
    }
    if (segment.kind === "size") {
      const value = next === segments.length - 1 ? sizeOf(place.value) : null;
      return [{ value, owner: undefined }];
    }
    const moved = step(place, segment);
    if (moved === undefined) return [NOWHERE];
    place = moved;
  }
  return [place];
}

const step = (
  place: Place,
  segment: Exclude<Segment, { readonly kind: "any" | "size" }>,
): Place | undefined => {
  switch (segment.kind) {
    case "key":
      return { value: memberOf(place.value, segment.name), owner: place };
    case "index":
      return isIndex(segment.index)
        ? elementPlace(place, elementOf(place.value, segment.index))
        : undefined;
    case "keyOrIndex": {
      const { value } = place;
      const { name } = segment;
      const found = Array.isArray(value) ? elementOf(value, Number(name)) : memberOf(value, name);
      return { value: found, owner: undefined };
    }
    case "parent":
      return place.owner;
  }
};
