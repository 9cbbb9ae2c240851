/** Resolves names in conditions, outputs and orders. */
import { LIMITS } from "../../../model/limits.ts";
import { columnPath, dottedPath, type MetadataColumn, type Path } from "../../../query/path.ts";
import { payloadScope, targetsAt } from "../../../schema/target.ts";
import type { Registry } from "../../../schema/type.ts";
import { childOf, type Dataset, type DatasetRelation, type FieldType } from "./dataset.ts";
import { refuse } from "./error.ts";
import { isImmutable, storedName } from "./names.ts";

/** The kind of a value: of a field's type, the id, an instant of the record, or any. */
export type Holds = FieldType | "id" | "instant" | "list" | "free";

/** A value of a record. */
export interface FieldTarget {
  readonly kind: "field";
  /** Relations that lead to the record. */
  readonly way: readonly DatasetRelation[];
  readonly dataset: Dataset;
  /** The path as it was written, from the record on. */
  readonly name: string;
  readonly path: Path;
  readonly holds: Holds;
  /**
   * What the schema requires of a value below a field, and so of constants; absent: as `holds`
   * says.
   */
  readonly declared?: Holds;
  /** True for a field of the schema itself, and for id, created_at and updated_at. */
  readonly isField: boolean;
}

/** A relation, and the dataset that it leads to. */
export interface RelationTarget {
  readonly kind: "relation";
  readonly way: readonly DatasetRelation[];
  readonly dataset: Dataset;
}

const COLUMNS: Readonly<Record<"id" | "created_at" | "updated_at", MetadataColumn>> = {
  id: "identifier",
  created_at: "created_at",
  updated_at: "updated_at",
};

const NAME_LENGTH_MAX = 512;

interface Place {
  readonly way: readonly DatasetRelation[];
  readonly dataset: Dataset;
}

const DECLARED: Readonly<Record<string, Holds>> = {
  string: "string",
  integer: "integer",
  number: "float",
  boolean: "boolean",
};

/**
 * What the schema of a type requires of a value below a field; undefined: nothing, or several
 * alternatives.
 */
const declaredAt = ({ dataset: { type } }: Place, path: Path, at: string): Holds | undefined => {
  const targets = targetsAt(path, payloadScope([type], true));
  if (targets.length === 0) {
    return refuse(at, "Expected a member that the field may have.", "unknown_field");
  }
  const kinds = new Set(targets.map(({ kind }) => DECLARED[kind]));
  return kinds.size === 1 ? [...kinds][0] : undefined;
};

const ownField = (
  place: Place,
  segments: readonly string[],
  at: string,
): FieldTarget | undefined => {
  const [first = "", ...rest] = segments;
  const name = segments.join(".");
  const field = place.dataset.fields.get(first);
  if (field !== undefined) {
    const kind = place.dataset.type.fields.get(field.stored)?.kind;
    const deep = field.type === "json";
    if (rest.length > 0 && !deep) {
      return refuse(at, `${first} holds no object: nothing lies below it.`, "unknown_field");
    }
    const holds = rest.length > 0 ? "free" : kind === "list" ? "list" : field.type;
    const path = dottedPath(field.stored, rest);
    const declared = rest.length > 0 ? declaredAt(place, path, at) : undefined;
    const found = {
      kind: "field",
      ...place,
      name,
      path,
      holds,
      isField: rest.length === 0,
    } as const;
    return declared === undefined ? found : { ...found, declared };
  }
  if (!isImmutable(first) || rest.length > 0) return undefined;
  const path = columnPath(COLUMNS[first]);
  const holds = first === "id" ? "id" : "instant";
  return { kind: "field", ...place, name, path, holds, isField: true };
};

const lookUp = (
  registry: Registry,
  place: Place,
  segments: readonly string[],
  at: string,
): FieldTarget | RelationTarget => {
  const own = ownField(place, segments, at);
  if (own !== undefined) return own;
  const [first = "", ...rest] = segments;
  const relation = place.dataset.relations.get(first);
  if (relation !== undefined) {
    if (place.way.length >= LIMITS.relationDepthMax) {
      return refuse(at, `Expected at most ${LIMITS.relationDepthMax} relations in a name.`);
    }
    const next = { way: [...place.way, relation], dataset: childOf(registry, relation) };
    return rest.length === 0 ? { kind: "relation", ...next } : lookUp(registry, next, rest, at);
  }
  if (place.dataset.strict) {
    return refuse(at, `${place.dataset.name} has no field ${first.slice(0, 64)}.`, "unknown_field");
  }
  const path = dottedPath(storedName(first), rest);
  const name = segments.join(".");
  return { kind: "field", ...place, name, path, holds: "free", isField: false };
};

/**
 * Resolves a dotted name: first a field of the schema, then a relation, then a member that the
 * schema does not name.
 *
 * @throws AppError `unknown_field`.
 */
export function targetOf(
  registry: Registry,
  dataset: Dataset,
  name: string,
  at: string,
): FieldTarget | RelationTarget {
  const segments = name.split(".");
  const isName = segments.every((segment) => segment !== "" && segment !== "__proto__");
  if (!isName || name.length > NAME_LENGTH_MAX || name.includes("\0") || !name.isWellFormed()) {
    return refuse(at, "Expected the name of a field.", "unknown_field");
  }
  return lookUp(registry, { way: [], dataset }, segments, at);
}
