import { METADATA_COLUMNS, type MetadataColumn } from "../model/metadata.ts";

/**
 * The path of a value in a document.
 *
 * - `key`: a member of an object.
 * - `index`: an element of an array; negative counts from the end.
 * - `keyOrIndex`: an integer that names a member of an object, or the element of an array at that
 * position. The value there decides, so no `parent` leads back from it.
 * - `any`: every element of an array.
 * - `size`: the number of elements of an array, 0 when there is no value; ends the path.
 * - `parent`: the nearest enclosing object; from an array element, the object that contains the
 * array.
 */
export type Segment =
  | { readonly kind: "key"; readonly name: string }
  | { readonly kind: "index"; readonly index: number }
  | { readonly kind: "keyOrIndex"; readonly name: string }
  | { readonly kind: "any" }
  | { readonly kind: "size" }
  | { readonly kind: "parent" };

/**
 * A path from the current document. `column` names a metadata column of the resource
 * (`created_at`, ...); without it the path starts at the payload (or, inside `element`, at the
 * array element).
 */
export interface Path {
  readonly column?: MetadataColumn;
  readonly segments: readonly Segment[];
}

export { METADATA_COLUMNS, type MetadataColumn };

/** The path of a metadata column. */
export function columnPath(column: MetadataColumn): Path {
  return { column, segments: [] };
}

/** The path of a payload member by its keys. */
export function keyPath(...names: readonly string[]): Path {
  return {
    segments: names.map((name) => ({ kind: "key", name })),
  };
}

const POSITION = /^(?:0|[1-9]\d{0,5})$/;

/** The path of a payload member and of what is below it, by the names of a dotted path. */
export function dottedPath(member: string, below: readonly string[]): Path {
  return {
    segments: [
      { kind: "key", name: member },
      ...below.map((name): Segment =>
        POSITION.test(name) ? { kind: "keyOrIndex", name } : { kind: "key", name },
      ),
    ],
  };
}
