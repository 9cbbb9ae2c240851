import type { MetadataColumn, Path, Segment } from "../query/path.ts";
import type { Shape } from "./fields.ts";
import { placesBelow, shapeAt, type Place, type Step } from "./nested.ts";
import type { Field, PayloadType } from "./type.ts";

/**
 * What can be at a path: `instant` is a metadata column of transaction time. The `places` of a
 * value tell what is below it; without them anything is possible.
 */
export type Target =
  | (Shape & { readonly places?: readonly Place[] })
  | { readonly kind: "instant" };

/** What paths may start from: the payloads of some types, or the elements of an array. */
export interface Scope {
  /** What a member of this name may hold; empty when nothing has it. */
  readonly member: (name: string) => readonly Target[];
  /** What the starting point itself may hold. */
  readonly self: readonly Target[];
  /** Names that messages may suggest: those that every caller may know. */
  readonly suggested?: readonly string[];
}

const ANYTHING: readonly Target[] = [{ kind: "json" }];

const COLUMNS: Readonly<Record<MetadataColumn, Target>> = {
  identifier: { kind: "string" },
  payload_type: { kind: "string" },
  schema_version: { kind: "string" },
  version: { kind: "integer" },
  parent_identifier: { kind: "string" },
  license: { kind: "string" },
  access_level: { kind: "string" },
  owner: { kind: "string" },
  created_at: { kind: "instant" },
  updated_at: { kind: "instant" },
};

/** What all versions of a type define for a field; undefined: one of them admits any value. */
const placesOf = ({ jsonSchema, olderSchemas = [] }: PayloadType, name: string) =>
  placesBelow(
    [...olderSchemas, jsonSchema].map((schema) => ({ schema, root: schema })),
    { member: name },
  );

/** A field; what is below it is resolved when a path leads there. */
const fieldTarget = (type: PayloadType, field: Field): Target =>
  field.kind === "json" ? withPlaces({ kind: "json" }, placesOf(type, field.name)) : field;

const withPlaces = (shape: Shape, places: readonly Place[] | undefined): Target =>
  places === undefined || shape.kind !== "json" ? shape : { ...shape, places };

/**
 * The scope of the payloads of some types. A name must be a field of at least one of them; `named`
 * types that are not strict have every name.
 */
export function payloadScope(types: readonly PayloadType[], named: boolean): Scope {
  return {
    self: [],
    member: (name) =>
      types.flatMap((type) => {
        const field = type.fields.get(name);
        if (field !== undefined) return [fieldTarget(type, field)];
        return named && !type.strict ? ANYTHING : [];
      }),
  };
}

/** The targets one step below a target. */
const stepBelow = (target: Target, step: Step): readonly Target[] => {
  if (target.kind === "list" && step === "element") return [{ kind: target.items ?? "json" }];
  if (target.kind !== "json") return [];
  const places = target.places === undefined ? undefined : placesBelow(target.places, step);
  return places?.map((place) => withPlaces(shapeAt(place), [place])) ?? ANYTHING;
};

/** The scope of the elements of an array. */
export function elementScope(targets: readonly Target[]): Scope {
  const self = targets.flatMap((target) => stepBelow(target, "element"));
  return { self, member: (name) => self.flatMap((target) => stepBelow(target, { member: name })) };
}

const stepInto = (target: Target, segment: Segment): readonly Target[] => {
  // The level above is an object or array whose shape no field defines.
  if (segment.kind === "parent") return ANYTHING;
  if (segment.kind === "key") return stepBelow(target, { member: segment.name });
  if (segment.kind === "size") {
    return target.kind === "json" || target.kind === "list" ? [{ kind: "integer" }] : [];
  }
  const elements = stepBelow(target, "element");
  return segment.kind === "keyOrIndex"
    ? [...elements, ...stepBelow(target, { member: segment.name })]
    : elements;
};

/**
 * What can be at a path, one entry for each type that has it; empty when none has. After `parent`
 * anything is possible.
 */
export function targetsAt(path: Path, scope: Scope): readonly Target[] {
  const [first, ...rest] = path.segments;
  if (path.column !== undefined) return first === undefined ? [COLUMNS[path.column]] : [];
  if (first === undefined) return scope.self;
  const start =
    first.kind === "key"
      ? scope.member(first.name)
      : scope.self.flatMap((target) => stepInto(target, first));
  return rest.reduce<readonly Target[]>(
    (targets, segment) => targets.flatMap((target) => stepInto(target, segment)),
    start,
  );
}

const segmentName = (segment: Segment): string => {
  switch (segment.kind) {
    case "key":
      return segment.name;
    case "keyOrIndex":
      return segment.name;
    case "index":
      return String(segment.index);
    case "any":
      return "*";
    case "size":
      return "#";
    case "parent":
      return "..";
  }
};

/** The names along a path, for messages. */
export function namesOf(path: Path): readonly string[] {
  return [...(path.column === undefined ? [] : [path.column]), ...path.segments.map(segmentName)];
}
