/** Values that an update assigns: constants read as their fields, and references to other fields. */
import { isJsonObject, type Json } from "../../../model/json.ts";
import type { PatchStep, PatchValue } from "../../../query/patch.ts";
import type { Segment } from "../../../query/path.ts";
import { readValue } from "../../../schema/entity/document.ts";
import { EntityFault, refuse, shown, type EntityError } from "../../../schema/entity/fault.ts";
import { withoutNulls } from "../../../schema/entity/scalar.ts";
import type { EntityField } from "../../../schema/entity/metadata.ts";
import { resolvePath, type Found, type Place, type Reader } from "./path.ts";

/** What an update is read with. */
export interface Writer {
  readonly reader: Reader;
  readonly root: Place;
  /** The field of a number of elements. */
  readonly integer: EntityField;
}

/** A constant as a field stores it. */
export const constantOf = (field: EntityField, rvalue: Json): Json => {
  const errors: EntityError[] = [];
  const value = readValue(field, rvalue, field.name, errors);
  if (errors.length > 0) throw new EntityFault(...errors);
  return withoutNulls(value);
};

/** A reference: what it leads to, and how the patch finds it. */
export interface Reference {
  readonly found: Found;
  readonly value: PatchValue;
}

/** A path from where the step stands, or from the start of the document. */
const resolveEither = (writer: Writer, text: string, from: Place): Found => {
  try {
    return resolvePath(text, from, writer.reader);
  } catch (error) {
    if (!(error instanceof EntityFault) || from === writer.root) throw error;
    return resolvePath(text, writer.root, writer.reader);
  }
};

/** The reference that an rvalue is; undefined for a constant. */
export const referenceOf = (writer: Writer, rvalue: Json, from: Place): Reference | undefined => {
  if (!isJsonObject(rvalue) || !Object.hasOwn(rvalue, "$valueof")) return undefined;
  const text = rvalue["$valueof"];
  if (typeof text !== "string" || Object.keys(rvalue).length > 1) {
    return refuse("query-api:InvalidRValueExpression", shown(rvalue));
  }
  const found = resolveEither(writer, text, from);
  if (found.isMany) refuse("query-api:InvalidRValueExpression", shown(rvalue));
  return { found, value: { kind: "field", path: found.segments } };
};

const sameType = (left: EntityField, right: EntityField): boolean => {
  if (left.kind === "scalar" && right.kind === "scalar") return left.type === right.type;
  if (left.kind === "array" && right.kind === "array") return sameType(left.items, right.items);
  return left.kind === right.kind;
};

/**
 * A container is put together from the fields that the version knows, so that those of other
 * versions stay: each of its fields is set or taken away.
 */
const replaceFields = (
  field: EntityField,
  path: readonly Segment[],
  value: Json,
): readonly PatchStep[] => {
  if (field.kind !== "object" || !isJsonObject(value)) {
    return [{ kind: "set", path, value: { kind: "constant", value } }];
  }
  const below = (name: string): readonly Segment[] => [...path, { kind: "key", name }];
  return [...field.fields].flatMap(([name, inner]): readonly PatchStep[] => {
    const each = value[name] ?? null;
    return each === null
      ? [{ kind: "unset", path: below(name) }]
      : replaceFields(inner, below(name), each);
  });
};

const removal = (path: readonly Segment[]): PatchStep =>
  path.at(-1)?.kind === "key"
    ? { kind: "unset", path }
    : // An element that is null keeps its place.
      { kind: "set", path, value: { kind: "constant", value: null } };

/** The steps that put an rvalue into the place of a target. */
export const assign = (
  writer: Writer,
  target: Found,
  rvalue: Json,
  from: Place,
): readonly PatchStep[] => {
  const { field } = target.place;
  const { segments: path, text } = target;
  const reference = referenceOf(writer, rvalue, from);
  if (reference !== undefined) {
    const source = reference.found.isSize ? writer.integer : reference.found.place.field;
    if (!sameType(field, source)) refuse("crud:IncompatibleDereference", shown(text));
    return [{ kind: "set", path, value: reference.value }];
  }
  if (rvalue === null || rvalue === "$null") return [removal(path)];
  const isContainer = typeof rvalue === "object";
  const fits =
    field.kind === "scalar"
      ? !isContainer || field.type === "any"
      : field.kind === "array"
        ? Array.isArray(rvalue)
        : isJsonObject(rvalue);
  if (!fits) refuse("crud:IncompatibleAssignment", shown(text));
  const value = constantOf(field, rvalue);
  if (field.kind !== "object") return [{ kind: "set", path, value: { kind: "constant", value } }];
  const steps = replaceFields(field, path, value);
  return steps.length > 0 ? steps : [{ kind: "set", path, value: { kind: "constant", value: {} } }];
};
