/**
 * What the JSON Schema of a type allows below a field of objects or arrays. Only some keywords are
 * read; the others admit anything.
 */
import { isJsonObject, type Json, type JsonObject } from "../model/json.ts";
import { shapeOf, type Shape } from "./fields.ts";
import { isJsonList } from "./keywords/check.ts";
import { findAnchors, lookUp } from "./keywords/reference.ts";

/** A schema within the document that its references are resolved in. */
export interface Place {
  readonly schema: Json;
  readonly root: JsonObject;
}

/** One step into a value: to a member of an object, or to an element of an array. */
export type Step = { readonly member: string } | "element";

/** References may be circular. */
const NESTING_MAX = 16;

/** Schemas of which the value there satisfies at least one; undefined: it may be anything. */
type Below = readonly Json[] | undefined;

const declared = (schema: JsonObject, step: Step): Below => {
  if (step === "element") {
    const { items, prefixItems } = schema;
    return items === undefined || prefixItems !== undefined ? undefined : [items];
  }
  const { properties, patternProperties, additionalProperties } = schema;
  if (isJsonObject(properties) && Object.hasOwn(properties, step.member)) {
    return [properties[step.member] as Json];
  }
  return additionalProperties === undefined || patternProperties !== undefined
    ? undefined
    : [additionalProperties];
};

/** The intersection of several partial answers. */
const narrowed = (all: readonly Below[]): Below => {
  const known = all.filter((each) => each !== undefined);
  return known.find((each) => each.length === 0) ?? known[0];
};

/** The union of several. */
const united = (all: readonly Below[]): Below =>
  all.includes(undefined) ? undefined : all.flatMap((each) => each ?? []);

const holds = ({ type }: JsonObject, kind: "object" | "array"): boolean =>
  type === undefined || type === kind || (isJsonList(type) && type.includes(kind));

const below = ({ schema, root }: Place, step: Step, nesting = 0): Below => {
  if (schema === false) return [];
  if (!isJsonObject(schema) || nesting > NESTING_MAX) return undefined;
  if (!holds(schema, step === "element" ? "array" : "object")) return [];
  const { $ref, anyOf, oneOf, allOf } = schema;
  const into = (inner: Json): Below => below({ schema: inner, root }, step, nesting + 1);
  const target = typeof $ref === "string" ? lookUp(root, findAnchors(root), $ref) : undefined;
  return narrowed([
    declared(schema, step),
    ...(target === undefined ? [] : [into(target)]),
    ...[anyOf, oneOf].flatMap((forms) => (isJsonList(forms) ? [united(forms.map(into))] : [])),
    ...(isJsonList(allOf) ? allOf.map(into) : []),
  ]);
};

/**
 * The places below some places, each for a version of a type; undefined: any value is possible
 * there.
 */
export function placesBelow(places: readonly Place[], step: Step): readonly Place[] | undefined {
  const found: Place[] = [];
  for (const place of places) {
    const schemas = below(place, step);
    if (schemas === undefined || schemas.includes(true)) return undefined;
    const possible = schemas.filter((schema) => schema !== false);
    found.push(...possible.map((schema) => ({ schema, root: place.root })));
  }
  return found;
}

/**
 * The kinds of a place. Strings below a field are stored as they were sent, dates and instants too:
 * there they are plain strings.
 */
export function shapeAt({ schema, root }: Place): Shape {
  const shape = shapeOf(schema, root);
  return shape.kind === "date" || shape.kind === "datetime" ? { kind: "string" } : shape;
}
