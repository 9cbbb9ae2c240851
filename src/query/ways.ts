/** The ways in a document that the paths of a patch denote. */
import type { Json } from "../model/json.ts";
import type { Way } from "./edit.ts";
import type { Segment } from "./path.ts";
import { elementsOf, isIndex, resolve, rootPlace, type Place } from "./resolve.ts";

/** The value at the end of a way. */
export function placeAt(document: Json, way: Way): Place {
  const segments = way.map((step): Segment =>
    typeof step === "string" ? { kind: "key", name: step } : { kind: "index", index: step },
  );
  return resolve(segments, rootPlace(document))[0] ?? rootPlace(null);
}

/**
 * The way without its last member, and without the positions behind that: to the enclosing object.
 */
const upFrom = (way: Way): Way | undefined => {
  const key = way.findLastIndex((step) => typeof step === "string");
  return key === -1 ? undefined : way.slice(0, key);
};

/**
 * The ways that a path denotes; several when it contains `any`, none when it cannot be followed.
 */
export function waysAlong(document: Json, base: Way, path: readonly Segment[]): readonly Way[] {
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
}

/** The segments of a path as names, for messages. */
export function namesOf(path: readonly Segment[]): Way {
  return path.map((segment) => {
    if (segment.kind === "key" || segment.kind === "keyOrIndex") return segment.name;
    return segment.kind === "index" ? segment.index : `(${segment.kind})`;
  });
}
