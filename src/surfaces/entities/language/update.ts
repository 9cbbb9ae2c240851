/** The update language as a patch. */
import { isJsonObject, type Json } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import { ALWAYS } from "../../../query/condition.ts";
import type { Patch, PatchStep, PatchValue } from "../../../query/patch.ts";
import type { Segment } from "../../../query/path.ts";
import { isInaccessible } from "../../../schema/entity/access.ts";
import { refuse, quoted } from "../../../schema/entity/error.ts";
import {
  ID,
  OBJECT_TYPE,
  type ArrayField,
  type EntityField,
} from "../../../schema/entity/metadata.ts";
import { assign, constantOf, referenceOf, type Writer } from "./assign.ts";
import { elementOf, resolvePath, rootOf, type Found, type Place, type Reader } from "./path.ts";
import { parseQueryAt } from "./query.ts";

const INVALID = "query-api:InvalidUpdateExpression";
const ARRAYS = "query-api:InvalidArrayUpdateExpression";

/** Every operator of the language. */
export const OPERATORS = ["$set", "$unset", "$add", "$append", "$insert", "$foreach"] as const;

interface Walk extends Writer {
  steps: number;
  /** Paths of targets that the role may neither read nor write. */
  readonly inaccessible: Set<string>;
}

/** A path that a step may change. */
const targetOf = (walk: Walk, text: string, from: Place): Found => {
  // A role that may change a field need not be able to read it.
  const found = resolvePath(text, from, walk.reader, "write");
  if (found.isMany) refuse("crud:PatternNotExpected", quoted(text));
  const { name, carries } = found.place.field;
  const isRoot = found.place.owner === undefined && found.segments.length === 0;
  const isFixed = found.path.column !== undefined || found.isSize || carries !== null || isRoot;
  if (isFixed || name === ID || name === OBJECT_TYPE)
    refuse("crud:InvalidAssignment", quoted(text));
  const { role } = walk.reader;
  if (found.fields.some((each) => isInaccessible(each, "update", role)))
    walk.inaccessible.add(text);
  return found;
};

const membersOf = (value: Json, code: string): readonly (readonly [string, Json])[] =>
  isJsonObject(value) && Object.keys(value).length > 0
    ? Object.entries(value)
    : refuse(code, quoted(value));

const parseSet = (walk: Walk, value: Json, from: Place): readonly PatchStep[] =>
  membersOf(value, "query-api:InvalidSetExpression").flatMap(([text, rvalue]) =>
    assign(walk, targetOf(walk, text, from), rvalue, from),
  );

const parseUnset = (walk: Walk, value: Json, from: Place): readonly PatchStep[] => {
  const texts = Array.isArray(value) ? (value as readonly Json[]) : [value];
  if (texts.length === 0) refuse("query-api:InvalidUnsetExpression", quoted(value));
  return texts.map((text): PatchStep => {
    if (typeof text !== "string") return refuse("query-api:InvalidUnsetExpression", quoted(value));
    return { kind: "unset", path: targetOf(walk, text, from).segments };
  });
};

const numericType = (field: EntityField, text: string): "integer" | "double" =>
  field.kind === "scalar" && (field.type === "integer" || field.type === "double")
    ? field.type
    : refuse("crud:IncompatibleAssignment", quoted(text));

const amountOf = (walk: Walk, rvalue: Json, from: Place, text: string): PatchValue => {
  const reference = referenceOf(walk, rvalue, from);
  if (reference !== undefined) {
    numericType(reference.found.isSize ? walk.integer : reference.found.place.field, text);
    return reference.value;
  }
  const number = typeof rvalue === "string" && rvalue.trim() !== "" ? Number(rvalue) : rvalue;
  return typeof number === "number" && Number.isFinite(number)
    ? { kind: "constant", value: number }
    : refuse("crud:ValueExpected", quoted(rvalue));
};

const parseAdd = (walk: Walk, value: Json, from: Place): readonly PatchStep[] =>
  membersOf(value, "query-api:InvalidSetExpression").map(([text, rvalue]): PatchStep => {
    const target = targetOf(walk, text, from);
    const type = numericType(target.place.field, text);
    // A constraint error would reveal the old value through the sum.
    resolvePath(text, from, walk.reader);
    return {
      kind: "add",
      path: target.segments,
      value: amountOf(walk, rvalue, from, text),
      whole: type === "integer",
    };
  });

const elementValue = (walk: Walk, array: ArrayField, rvalue: Json, from: Place): PatchValue => {
  const { items } = array;
  const reference = referenceOf(walk, rvalue, from);
  if (reference !== undefined) {
    const { field } = reference.found.place;
    const isSame =
      field.kind === items.kind &&
      (field.kind !== "scalar" || items.kind !== "scalar" || field.type === items.type);
    if (!isSame || reference.found.isSize) refuse("crud:IncompatibleDereference", quoted(rvalue));
    return reference.value;
  }
  if (rvalue === null || rvalue === "$null") return { kind: "constant", value: null };
  if (items.kind === "object" && !isJsonObject(rvalue))
    refuse("crud:ObjectValueExpected", quoted(rvalue));
  const isContainer = typeof rvalue === "object";
  if (items.kind === "scalar" && items.type !== "any" && isContainer) {
    refuse("crud:ValueExpected", quoted(rvalue));
  }
  return { kind: "constant", value: constantOf(items, rvalue) };
};

const onlyMember = (value: Json): readonly [string, Json] => {
  const [member, ...others] = membersOf(value, ARRAYS);
  return member === undefined || others.length > 0 ? refuse(ARRAYS, quoted(value)) : member;
};

const arrayAt = (found: Found): ArrayField =>
  found.place.field.kind === "array" && !found.isSize
    ? found.place.field
    : refuse("crud:ArrayRequired", quoted(found.text));

const valuesOf = (
  walk: Walk,
  array: ArrayField,
  rvalue: Json,
  from: Place,
): readonly PatchValue[] =>
  (Array.isArray(rvalue) ? (rvalue as readonly Json[]) : [rvalue]).map((each) =>
    elementValue(walk, array, each, from),
  );

const parseAppend = (walk: Walk, value: Json, from: Place): readonly PatchStep[] => {
  const [text, rvalue] = onlyMember(value);
  const target = targetOf(walk, text, from);
  const values = valuesOf(walk, arrayAt(target), rvalue, from);
  return [{ kind: "append", path: target.segments, values }];
};

const parseInsert = (walk: Walk, value: Json, from: Place): readonly PatchStep[] => {
  const [text, rvalue] = onlyMember(value);
  const names = text.split(".");
  const index = Number(names.at(-1)?.trim());
  if (names.at(-1)?.trim() === "*") refuse("crud:PatternNotExpected", quoted(text));
  if (!/^-?\d{1,9}$/.test(names.at(-1)?.trim() ?? ""))
    refuse("crud:InsertionRequiresIndex", quoted(text));
  const target = targetOf(walk, names.slice(0, -1).join("."), from);
  const values = valuesOf(walk, arrayAt(target), rvalue, from);
  return [{ kind: "insert", path: [...target.segments, { kind: "index", index }], values }];
};

const parseForeach = (
  walk: Walk,
  value: Json,
  from: Place,
  depth: number,
): readonly PatchStep[] => {
  if (!isJsonObject(value) || value["$update"] === undefined) return refuse(ARRAYS, quoted(value));
  const { $update: update, ...rest } = value;
  const [text, selection] = onlyMember(rest);
  // Selecting elements reads them.
  const purpose = selection === "$all" ? "write" : "read";
  const found = resolvePath(text, from, walk.reader, purpose);
  const element = found.isSize ? undefined : elementOf(found.place);
  if (element === undefined) return refuse("crud:FieldNotArray", quoted(text));
  const condition = selection === "$all" ? ALWAYS : parseQueryAt(selection, element, walk.reader);
  const path: readonly Segment[] = found.segments;
  return [
    {
      kind: "foreach",
      path,
      condition,
      update: update === "$remove" ? "remove" : parseList(walk, update, element, depth + 1),
    },
  ];
};

const parsePartial = (
  walk: Walk,
  partial: Json,
  from: Place,
  depth: number,
): readonly PatchStep[] => {
  const [entry, ...others] = isJsonObject(partial) ? Object.entries(partial) : [];
  if (entry === undefined || others.length > 0 || depth > LIMITS.filterDepthMax) {
    return refuse(INVALID, quoted(partial));
  }
  const [name, value] = entry;
  walk.steps += 1;
  if (walk.steps > LIMITS.filterNodesMax)
    refuse(INVALID, `more than ${LIMITS.filterNodesMax} steps`);
  switch (name) {
    case "$set":
      return parseSet(walk, value, from);
    case "$unset":
      return parseUnset(walk, value, from);
    case "$add":
      return parseAdd(walk, value, from);
    case "$append":
      return parseAppend(walk, value, from);
    case "$insert":
      return parseInsert(walk, value, from);
    case "$foreach":
      return parseForeach(walk, value, from, depth);
    default:
      return refuse(INVALID, quoted(name));
  }
};

const parseList = (walk: Walk, update: Json, from: Place, depth: number): Patch => {
  const list = Array.isArray(update) ? (update as readonly Json[]) : [update];
  return list.flatMap((partial) => parsePartial(walk, partial, from, depth));
};

/** A parsed update. */
export interface ReadUpdate {
  readonly patch: Patch;
  /** Paths of fields that the role may neither read nor write, as the update names them. */
  readonly inaccessible: readonly string[];
}

/**
 * Reads an update.
 *
 * @throws EntityErrorItem for a malformed update, an unknown path, or a value that its field cannot hold.
 */
export function readUpdate(update: Json | undefined, reader: Reader): ReadUpdate {
  if (update === undefined || update === null) return refuse(INVALID, "update: expected one");
  const root = rootOf(reader.version);
  const integer: EntityField = { ...reader.version.root, kind: "scalar", type: "integer" };
  const walk: Walk = { reader, root, integer, steps: 0, inaccessible: new Set() };
  const patch = parseList(walk, update, root, 0);
  return { patch, inaccessible: [...walk.inaccessible] };
}

/** The patch of an update. @throws EntityErrorItem as `readUpdate`. */
export function parseUpdate(update: Json | undefined, reader: Reader): Patch {
  return readUpdate(update, reader).patch;
}
