/**
 * Values that an update assigns: constants, parsed as their fields, and references to other fields.
 */
import { isJsonObject, type Json } from "../../../model/json.ts";
import type { PatchStep, PatchValue, ValueView } from "../../../query/patch.ts";
import type { Segment } from "../../../query/path.ts";
import { mayRead, mayReadFully } from "../../../schema/entity/access.ts";
import { readValue, visiblePart } from "../../../schema/entity/document.ts";
import { EntityErrorItem, refuse, quoted, type EntityError } from "../../../schema/entity/error.ts";
import { replaceValue } from "../../../schema/entity/replace.ts";
import { withoutNulls } from "../../../schema/entity/scalar.ts";
import type { EntityField } from "../../../schema/entity/metadata.ts";
import { resolvePath, type Found, type Place, type Reader } from "./path.ts";

/** What parsing an update needs. */
export interface Writer {
  readonly reader: Reader;
  readonly root: Place;
  /** The field of a number of elements. */
  readonly integer: EntityField;
}

/** A constant as a field stores it. */
export function constantOf(field: EntityField, rvalue: Json): Json {
  const errors: EntityError[] = [];
  const value = readValue(field, rvalue, field.name, errors);
  if (errors.length > 0) throw new EntityErrorItem(...errors);
  return withoutNulls(value);
}

/** A reference: the field that it leads to, and how the patch finds it. */
export interface Reference {
  readonly found: Found;
  readonly value: PatchValue;
}

/** A readable path from a place, or the error when there is none. */
const tryPath = ({ reader }: Writer, text: string, from: Place): Found | EntityErrorItem => {
  try {
    return resolvePath(text, from, reader);
  } catch (error) {
    if (!(error instanceof EntityErrorItem)) throw error;
    return error;
  }
};

/** A path, and which part of the value at each possible start is copied. */
interface Resolved {
  readonly found: Found;
  readonly views: readonly ValueView[];
}

/**
 * Which part of a stored value is copied: what the version defines and the role may read. Parts
 * that other versions store are copied no more than they are returned, and so is a place that this
 * version does not define.
 */
const viewOf =
  (found: Found | EntityErrorItem, role: string | null): ValueView =>
  (value) => {
    if (found instanceof EntityErrorItem) return null;
    return found.isSize ? value : visiblePart(found.place.field, value, { role });
  };

/**
 * A path from the step's place, or from the start of the document. Where the first has no value the
 * patch reads the other, so both have to be readable.
 */
const resolveEither = (writer: Writer, text: string, from: Place): Resolved => {
  const starts = [from, writer.root];
  const tried = starts.map((start) => tryPath(writer, text, start));
  const closed = tried.find(
    (each) => each instanceof EntityErrorItem && each.errors[0]?.code === "crud:NoAccess",
  );
  if (closed !== undefined) throw closed;
  const found = tried.filter((each): each is Found => !(each instanceof EntityErrorItem));
  const { role } = writer.reader;
  const isWhole = found.every(({ isSize, place }) => isSize || mayReadFully(place.field, role));
  if (!isWhole) refuse("crud:NoAccess", quoted(text));
  const [first] = found;
  if (first === undefined) throw tried[0];
  const views = tried.map((each) => viewOf(each, role));
  return { found: first, views };
};

/** The reference that an rvalue is; undefined for a constant. */
export function referenceOf(writer: Writer, rvalue: Json, from: Place): Reference | undefined {
  if (!isJsonObject(rvalue) || !Object.hasOwn(rvalue, "$valueof")) return undefined;
  const text = rvalue["$valueof"];
  if (typeof text !== "string" || Object.keys(rvalue).length > 1) {
    return refuse("query-api:InvalidRValueExpression", quoted(rvalue));
  }
  const { found, views } = resolveEither(writer, text, from);
  if (found.isMany) refuse("query-api:InvalidRValueExpression", quoted(rvalue));
  return { found, value: { kind: "field", path: found.segments, views } };
}

const sameType = (left: EntityField, right: EntityField): boolean => {
  if (left.kind === "scalar" && right.kind === "scalar") return left.type === right.type;
  if (left.kind === "array" && right.kind === "array") return sameType(left.items, right.items);
  return left.kind === right.kind;
};

/**
 * A constant in its place; parts that other versions or closed fields store in elements are kept.
 */
const setStep = (
  field: EntityField,
  path: readonly Segment[],
  value: Json,
  role: string | null,
): PatchStep => {
  const step = { kind: "set", path, value: { kind: "constant", value } } as const;
  if (field.kind !== "array" || field.items.kind !== "object") return step;
  return { ...step, merge: (old) => replaceValue(field, old, value, { role, sent: value }) };
};

/**
 * A container is assembled from the fields that the version knows, so that those of other versions
 * are kept: each known field is set or removed.
 */
const replaceFields = (
  field: EntityField,
  path: readonly Segment[],
  value: Json,
  role: string | null,
): readonly PatchStep[] => {
  if (field.kind !== "object" || !isJsonObject(value)) return [setStep(field, path, value, role)];
  const below = (name: string): readonly Segment[] => [...path, { kind: "key", name }];
  return [...field.fields].flatMap(([name, inner]): readonly PatchStep[] => {
    const each = value[name] ?? null;
    // A field that the role may not read is not removed by leaving it out.
    if (each === null && !mayRead(inner, role)) return [];
    return each === null
      ? [{ kind: "unset", path: below(name) }]
      : replaceFields(inner, below(name), each, role);
  });
};

const removal = (path: readonly Segment[]): PatchStep =>
  path.at(-1)?.kind === "key"
    ? { kind: "unset", path }
    : // A null element keeps its position.
      { kind: "set", path, value: { kind: "constant", value: null } };

/** The steps that assign an rvalue to a target. */
export function assign(
  writer: Writer,
  target: Found,
  rvalue: Json,
  from: Place,
): readonly PatchStep[] {
  const { field } = target.place;
  const { segments: path, text } = target;
  const reference = referenceOf(writer, rvalue, from);
  if (reference !== undefined) {
    const source = reference.found.isSize ? writer.integer : reference.found.place.field;
    if (!sameType(field, source)) refuse("crud:IncompatibleDereference", quoted(text));
    const { role } = writer.reader;
    const merge = (old: Json | undefined, value: Json | undefined): Json | undefined =>
      value === undefined ? value : replaceValue(field, old, value, { role, sent: value });
    return [{ kind: "set", path, value: reference.value, merge }];
  }
  if (rvalue === null || rvalue === "$null") return [removal(path)];
  const isContainer = typeof rvalue === "object";
  const fits =
    field.kind === "scalar"
      ? !isContainer || field.type === "any"
      : field.kind === "array"
        ? Array.isArray(rvalue)
        : isJsonObject(rvalue);
  if (!fits) refuse("crud:IncompatibleAssignment", quoted(text));
  const value = constantOf(field, rvalue);
  const { role } = writer.reader;
  if (field.kind !== "object") return [setStep(field, path, value, role)];
  const steps = replaceFields(field, path, value, role);
  return steps.length > 0 ? steps : [{ kind: "set", path, value: { kind: "constant", value: {} } }];
}
