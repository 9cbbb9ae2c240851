/**
 * Paths of the entity languages, resolved through the fields of a version while they are parsed.
 */
import { columnPath, type Path, type Segment } from "../../../query/path.ts";
import { mayRead } from "../../../schema/entity/access.ts";
import { refuse, quoted } from "../../../schema/entity/error.ts";
import {
  ID,
  OBJECT_TYPE,
  type EntityField,
  type EntityVersion,
  type ObjectField,
} from "../../../schema/entity/metadata.ts";

const UNKNOWN = "metadata:InvalidFieldReference";

/** Where paths start: the document itself, or an element of one of its arrays. */
export interface Place {
  readonly field: EntityField;
  /**
   * The enclosing object; for an element the object that contains the array. Undefined at the root.
   */
  readonly owner: Place | undefined;
}

/** What parsing needs. */
export interface Reader {
  readonly version: EntityVersion;
  readonly role: string | null;
}

/** What a path leads to. */
export interface Found {
  readonly path: Path;
  readonly segments: readonly Segment[];
  readonly place: Place;
  /** True for the number of elements of an array. */
  readonly isSize: boolean;
  /** True when the path holds `*`. */
  readonly isMany: boolean;
  /** Every field that the path enters. */
  readonly fields: readonly EntityField[];
  /** The path as it was written. */
  readonly text: string;
}

/** The document as a place. */
export function rootOf(version: EntityVersion): Place {
  return {
    field: version.root,
    owner: undefined,
  };
}

/** An element of the array at a place. */
export function elementOf(place: Place): Place | undefined {
  return place.field.kind === "array"
    ? { field: place.field.items, owner: place.owner }
    : undefined;
}

const INDEX = /^-?\d{1,9}$/;

const splitPath = (text: string): readonly string[] => {
  const names = text.split(".").map((name) => name.trim());
  if (names.includes("") || text.length > 1024) refuse(UNKNOWN, quoted(text));
  return names;
};

interface Walk {
  place: Place;
  readonly segments: Segment[];
  isSize: boolean;
  isMany: boolean;
  readonly fields: EntityField[];
}

const enter = (walk: Walk, place: Place): void => {
  walk.place = place;
  walk.fields.push(place.field);
};

const intoElement = (walk: Walk, segment: Segment, text: string): void => {
  const element = elementOf(walk.place);
  if (element === undefined) refuse("metadata:InvalidArrayReference", quoted(text));
  else enter(walk, element);
  walk.segments.push(segment);
};

const intoMember = (walk: Walk, name: string, text: string): void => {
  const { field } = walk.place;
  if (field.kind === "array") refuse("metadata:InvalidArrayReference", quoted(text));
  const fields: ObjectField["fields"] = field.kind === "object" ? field.fields : new Map();
  const counted = name.endsWith("#") ? fields.get(name.slice(0, -1)) : undefined;
  if (counted?.kind === "array") {
    walk.segments.push({ kind: "key", name: counted.name }, { kind: "size" });
    enter(walk, { field: counted, owner: walk.place });
    walk.fields.push(counted.items);
    walk.isSize = true;
    return;
  }
  const inner = fields.get(name);
  if (inner === undefined) refuse(UNKNOWN, quoted(text));
  else enter(walk, { field: inner, owner: walk.place });
  walk.segments.push({ kind: "key", name });
};

const up = (walk: Walk, text: string): void => {
  const { owner } = walk.place;
  if (owner === undefined) refuse(UNKNOWN, quoted(text));
  else walk.place = owner;
  walk.segments.push({ kind: "parent" });
};

const step = (walk: Walk, name: string, text: string): void => {
  if (walk.isSize) refuse(UNKNOWN, quoted(text));
  if (name === "$this") return;
  if (name === "$parent") return up(walk, text);
  if (name === "*") {
    walk.isMany = true;
    return intoElement(walk, { kind: "any" }, text);
  }
  return INDEX.test(name)
    ? intoElement(walk, { kind: "index", index: Number(name) }, text)
    : intoMember(walk, name, text);
};

/** The predefined fields are columns of the resource, wherever a path to them starts. */
const pathOf = (segments: readonly Segment[], place: Place): Path => {
  const last = segments.at(-1);
  const isRoot = place.owner !== undefined && place.owner.owner === undefined;
  if (last?.kind !== "key" || !isRoot) return { segments };
  if (last.name === ID) return columnPath("identifier");
  return last.name === OBJECT_TYPE ? columnPath("payload_type") : { segments };
};

/**
 * Resolves a path from a place.
 *
 * @throws EntityErrorItem for a path that names no field, crosses an array without `*` or a position,
 * or
 * leads above the document; `crud:NoAccess` for a field that the role may not read.
 */
export function resolvePath(
  text: string,
  from: Place,
  reader: Reader,
  purpose: "read" | "write" = "read",
): Found {
  const fields = [reader.version.root, from.field];
  const walk: Walk = { place: from, segments: [], isSize: false, isMany: false, fields };
  for (const name of splitPath(text)) step(walk, name, text);
  const { place, segments, isSize, isMany } = walk;
  // An enclosing object closes its fields, even if their own list is wider.
  const isClosed = purpose === "read" && !fields.every((each) => mayRead(each, reader.role));
  if (isClosed) refuse("crud:NoAccess", quoted(text));
  const path = isSize ? { segments } : pathOf(segments, place);
  return { path, segments, place, isSize, isMany, fields, text };
}
