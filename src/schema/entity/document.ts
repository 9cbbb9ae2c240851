/** Documents of an entity: as they are sent, as they are stored, and as a version returns them. */
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import { mayRead } from "./access.ts";
import { refuse, quoted, type EntityError } from "./error.ts";
import {
  ID,
  OBJECT_TYPE,
  type ArrayField,
  type EntityField,
  type EntityVersion,
  type ObjectField,
} from "./metadata.ts";
import { readScalar, sealScalar, showScalar } from "./scalar.ts";

const INCOMPATIBLE = "metadata:IncompatibleValue";

const under = (path: string, name: string | number): string =>
  path === "" ? String(name) : `${path}.${name}`;

const isSize = (object: ObjectField, name: string): boolean =>
  name.endsWith("#") && object.fields.get(name.slice(0, -1))?.kind === "array";

const readObject = (
  field: ObjectField,
  value: JsonObject,
  path: string,
  errors: EntityError[],
): JsonObject => {
  const members: (readonly [string, Json])[] = [];
  for (const [name, each] of Object.entries(value)) {
    const at = under(path, name);
    const inner = field.fields.get(name);
    // Sizes are computed; sent ones are ignored.
    if (inner === undefined && isSize(field, name)) continue;
    if (inner === undefined) refuse("metadata:InvalidFieldReference", quoted(at));
    else if (inner.carries === null) members.push([name, readValue(inner, each, at, errors)]);
  }
  return Object.fromEntries(members);
};

const readArray = (
  field: ArrayField,
  value: readonly Json[],
  path: string,
  errors: EntityError[],
): Json =>
  value.map((each, at) =>
    each === null ? null : readValue(field.items, each, under(path, at), errors),
  );

/**
 * A value of a field in stored form; nulls stay. Values that a scalar field cannot hold are
 * reported.
 *
 * @throws EntityErrorItem for unknown fields, and for a container in place of a scalar or the reverse.
 */
export function readValue(
  field: EntityField,
  value: Json,
  path: string,
  errors: EntityError[],
): Json {
  if (value === null) return null;
  if (field.kind === "object") {
    return isJsonObject(value)
      ? readObject(field, value, path, errors)
      : refuse(INCOMPATIBLE, quoted(path));
  }
  if (field.kind === "array") {
    return Array.isArray(value)
      ? readArray(field, value as readonly Json[], path, errors)
      : refuse(INCOMPATIBLE, quoted(path));
  }
  if (typeof value === "object" && field.type !== "any") refuse(INCOMPATIBLE, quoted(path));
  const read = readScalar(field.type, value);
  if (read !== undefined) return read;
  errors.push({ code: INCOMPATIBLE, msg: quoted(path) });
  return null;
}

/** A parsed document: its identifier, its members in stored form (nulls stay), its errors. */
export interface SentDocument {
  readonly id: string | null;
  readonly members: JsonObject;
  readonly errors: readonly EntityError[];
  /** The version in a field of the document. */
  readonly documentVersion: string | null;
}

/** Parses a document that was sent. */
export function readDocument(version: EntityVersion, value: Json): SentDocument {
  if (!isJsonObject(value)) return refuse(INCOMPATIBLE, quoted(value));
  const type = value[OBJECT_TYPE] ?? null;
  if (type !== null && type !== version.entity) refuse("crud:InvalidEntity", quoted(type));
  const errors: EntityError[] = [];
  const {
    [ID]: id = null,
    [OBJECT_TYPE]: _type,
    ...members
  } = readObject(version.root, value, "", errors);
  const carrier = [...version.root.fields.values()].find(
    (each) => each.carries === "documentVersion",
  );
  const carried = carrier === undefined ? null : value[carrier.name];
  return {
    id: typeof id === "string" ? id : null,
    members,
    errors,
    documentVersion: typeof carried === "string" ? carried : null,
  };
}

/** What a version returns of a stored document. */
export interface DocumentView {
  readonly identifier: string;
  readonly documentVersion: string;
  readonly payload: JsonObject;
}

interface Viewing {
  readonly role: string | null;
  readonly documentVersion: string;
}

const viewObject = (field: ObjectField, value: JsonObject, viewing: Viewing): JsonObject => {
  const members: (readonly [string, Json])[] = [];
  for (const [name, inner] of field.fields) {
    if (!mayRead(inner, viewing.role)) continue;
    if (inner.kind === "array" && !mayRead(inner.items, viewing.role)) continue;
    if (inner.carries !== null) {
      const { documentVersion } = viewing;
      members.push([
        name,
        inner.carries === "documentVersion" ? documentVersion : { documentVersion },
      ]);
      continue;
    }
    const each = Object.hasOwn(value, name) ? (value[name] ?? null) : null;
    if (each !== null) members.push([name, viewValue(inner, each, viewing)]);
    if (inner.kind === "array") members.push([`${name}#`, Array.isArray(each) ? each.length : 0]);
  }
  return Object.fromEntries(members);
};

const viewValue = (field: EntityField, value: Json, viewing: Viewing): Json => {
  if (field.kind === "scalar") return sealScalar(field.type, value);
  if (field.kind === "object") {
    return isJsonObject(value) ? viewObject(field, value, viewing) : value;
  }
  const { items } = field;
  const isPlain = items.kind === "scalar" && items.type !== "any";
  if (isPlain || !Array.isArray(value)) return value;
  return (value as readonly Json[]).map((each) => viewValue(items, each, viewing));
};

/** The fields of a stored document that a version defines and a role may read, with array sizes. */
export function viewDocument(
  version: EntityVersion,
  row: DocumentView,
  role: string | null,
): JsonObject {
  const { identifier, documentVersion, payload } = row;
  if (!mayRead(version.root, role)) return {};
  const whole = { ...payload, [ID]: identifier, [OBJECT_TYPE]: version.entity };
  return viewObject(version.root, whole, { role, documentVersion });
}

const showObject = (field: ObjectField, value: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      const inner = field.fields.get(name);
      return [name, inner === undefined ? each : showValue(inner, each)];
    }),
  );

const showValue = (field: EntityField, value: Json): Json => {
  if (field.kind === "scalar") return showScalar(field.type, value);
  if (field.kind === "object") return isJsonObject(value) ? showObject(field, value) : value;
  const { items } = field;
  return Array.isArray(value)
    ? (value as readonly Json[]).map((each) => showValue(items, each))
    : value;
};

/** A projected document in its response form: instants in the format of the surface. */
export function showDocument(version: EntityVersion, document: JsonObject): JsonObject {
  return showObject(version.root, document);
}

/** Whose view a value is cut to; absent: all fields count. */
interface Viewer {
  readonly role: string | null;
}

/** What a version defines of a stored value, as far as a viewer may read it. */
export function visiblePart(field: EntityField, value: Json, viewer?: Viewer): Json {
  if (field.kind === "scalar") return value;
  const isVisible = (inner: EntityField | undefined): inner is EntityField =>
    inner !== undefined && (viewer === undefined || mayRead(inner, viewer.role));
  if (field.kind === "object") {
    if (!isJsonObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([name, each]) => {
        const inner = field.fields.get(name);
        return isVisible(inner) ? [[name, visiblePart(inner, each, viewer)] as const] : [];
      }),
    );
  }
  const { items } = field;
  if (!Array.isArray(value)) return value;
  return isVisible(items)
    ? (value as readonly Json[]).map((each) => visiblePart(items, each, viewer))
    : [];
}
