import type { MetadataColumn, Path, Segment } from "../query/path.ts";
import type { Shape } from "./fields.ts";
import type { PayloadType } from "./type.ts";

/** What may stand at a path: `instant` is a metadata column of transaction time. */
export type Target = Shape | { readonly kind: "instant" };

/** What paths may start from: the payloads of some types, or the elements of an array. */
export interface Scope {
  /** What a member of this name may hold; empty when nothing has it. */
  readonly member: (name: string) => readonly Target[];
  /** What the starting point itself may hold. */
  readonly self: readonly Target[];
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

/**
 * The scope of the payloads of some types. A name must be a field of at least one of them; `named`
 * types that are not strict have every name.
 */
export const payloadScope = (types: readonly PayloadType[], named: boolean): Scope => ({
  self: [],
  member: (name) =>
    types.flatMap((type) => {
      const field = type.fields.get(name);
      if (field !== undefined) return [field];
      return named && !type.strict ? ANYTHING : [];
    }),
});

const scalarOf = (target: Target): readonly Target[] => {
  if (target.kind === "json") return ANYTHING;
  return target.kind === "list" ? [{ kind: target.items ?? "json" }] : [];
};

/** The scope of the elements of an array. */
export const elementScope = (targets: readonly Target[]): Scope => {
  const self = targets.flatMap(scalarOf);
  const open = self.some((target) => target.kind === "json");
  return { self, member: () => (open ? ANYTHING : []) };
};

const stepInto = (target: Target, segment: Segment): readonly Target[] => {
  // One level up from anywhere is an object or array whose form no field tells.
  if (segment.kind === "parent") return ANYTHING;
  if (segment.kind === "key") return target.kind === "json" ? ANYTHING : [];
  if (segment.kind === "size") {
    return target.kind === "json" || target.kind === "list" ? [{ kind: "integer" }] : [];
  }
  return scalarOf(target);
};

/**
 * What may stand at a path, one entry for each type that has it; empty when none has. Below a json
 * field, and after `parent`, anything may.
 */
export const targetsAt = (path: Path, scope: Scope): readonly Target[] => {
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
};

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

/** The names along a path, for a fault to tell. */
export const namesOf = (path: Path): readonly string[] => [
  ...(path.column === undefined ? [] : [path.column]),
  ...path.segments.map(segmentName),
];
