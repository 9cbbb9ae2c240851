/** Parses metadata documents into entities. */
import type { Json, JsonObject } from "../../model/json.ts";
import { compilePattern } from "../../query/pattern.ts";
import { METADATA_NAMES } from "../../model/metadata.ts";
import { TYPE_NAME } from "../names.ts";
import { refuse, quoted } from "./error.ts";
import { parseGenerator } from "./generator.ts";
import { parseEnums, parseIndexes, type Enums } from "./info.ts";
import {
  ID,
  OBJECT_TYPE,
  SCALAR_TYPES,
  STATUSES,
  type Constraints,
  type Entity,
  type EntityField,
  type EntityState,
  type EntityVersion,
  type ObjectField,
  type Roles,
  type ScalarField,
  type ScalarType,
  type VersionStatus,
} from "./metadata.ts";
import { INVALID, listAt, objectAt, textAt } from "./shape.ts";

const rolesAt = (value: Json | undefined, path: string): Roles =>
  value === undefined || value === null
    ? null
    : listAt(value, path).map((role, at) => textAt(role, `${path}.${at}`));

const NONE: Constraints = {
  identity: false,
  required: false,
  enum: null,
  matches: null,
  minLength: null,
  maxLength: null,
  minimum: null,
  maximum: null,
  minItems: null,
  maxItems: null,
  elementIdentity: false,
};

const FLAGS: Readonly<Record<string, keyof Constraints>> = {
  identity: "identity",
  required: "required",
  "element-identity": "elementIdentity",
  elementIdentity: "elementIdentity",
};

const BOUNDS = ["minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems"];

const wholeMatch = (value: Json, path: string): ((text: string) => boolean) => {
  const pattern = compilePattern(`^(?:${textAt(value, path)})$`, "s");
  return pattern?.test ?? refuse(INVALID, `${path}: expected an RE2 expression`);
};

const constraintOf = (name: string, value: Json, enums: Enums, path: string): unknown => {
  if (name in FLAGS) {
    return typeof value === "boolean" ? value : refuse(INVALID, `${path}: expected true or false`);
  }
  if (BOUNDS.includes(name)) {
    return typeof value === "number" ? value : refuse(INVALID, `${path}: expected a number`);
  }
  if (name === "matches") return wholeMatch(value, path);
  if (name !== "enum") return refuse("metadata:InvalidConstraint", path);
  return (
    enums.get(textAt(value, path)) ?? refuse("metadata:InvalidEnum", `${path}: ${quoted(value)}`)
  );
};

const parseConstraints = (value: Json | undefined, enums: Enums, path: string): Constraints => {
  if (value === undefined || value === null) return NONE;
  const given = Object.entries(objectAt(value, path)).map(([name, each]) => [
    FLAGS[name] ?? name,
    constraintOf(name, each, enums, `${path}.${name}`),
  ]);
  return { ...NONE, ...(Object.fromEntries(given) as Partial<Constraints>) };
};

/** What a field inherits from what encloses it. */
interface Surroundings {
  readonly access: EntityField["access"];
  readonly enums: Enums;
  readonly path: string;
  readonly depth: number;
}

const DEPTH_MAX = 20;

const inherit = (own: Roles, around: Roles): Roles =>
  own === null || own.length === 0 ? around : own;

const accessOf = (value: Json | undefined, around: Surroundings): EntityField["access"] => {
  if (value === undefined || value === null) return around.access;
  const path = `${around.path}.access`;
  const given = objectAt(value, path);
  const roles = (name: "find" | "insert" | "update"): Roles =>
    inherit(rolesAt(given[name], `${path}.${name}`), around.access[name]);
  return { find: roles("find"), insert: roles("insert"), update: roles("update") };
};

const carriesOf = (field: JsonObject): EntityField["carries"] => {
  if (field["documentVersion"] === true) return "documentVersion";
  return field["resultMetadata"] === true ? "resultMetadata" : null;
};

const isScalar = (type: Json | undefined): type is ScalarType =>
  (SCALAR_TYPES as readonly (Json | undefined)[]).includes(type);

const parseItems = (value: Json | undefined, around: Surroundings): ScalarField | ObjectField => {
  const items = parseField("items", value, around);
  return items.kind === "array"
    ? refuse(INVALID, `${around.path}: expected items of a scalar type or objects`)
    : items;
};

const parseField = (name: string, value: Json | undefined, outer: Surroundings): EntityField => {
  const field = objectAt(value, outer.path);
  if (outer.depth > DEPTH_MAX) refuse(INVALID, `${outer.path}: nested too deeply`);
  const access = accessOf(field["access"], outer);
  const around = { ...outer, access, depth: outer.depth + 1 };
  const common = {
    name,
    access,
    constraints: parseConstraints(field["constraints"], outer.enums, `${outer.path}.constraints`),
    generator: parseGenerator(field["valueGenerator"], field["type"], outer.path),
    carries: carriesOf(field),
  };
  const { type } = field;
  if (isScalar(type)) return { ...common, kind: "scalar", type };
  if (type === "object") {
    return { ...common, kind: "object", fields: parseFields(field["fields"], around) };
  }
  if (type !== "array")
    return refuse("metadata:InvalidFieldType", `${outer.path}.type: ${quoted(type)}`);
  const items = parseItems(field["items"], { ...around, path: `${outer.path}.items` });
  return { ...common, kind: "array", items };
};

const isPredefined = (name: string): boolean => name === OBJECT_TYPE || name.endsWith("#");

const FIELD_NAME = /^[^\s.#$*]{1,256}$/u;

const parseFields = (
  value: Json | undefined,
  around: Surroundings,
): ReadonlyMap<string, EntityField> => {
  const path = around.path === "" ? "fields" : `${around.path}.fields`;
  const entries = Object.entries(objectAt(value, path)).filter(([name]) => !isPredefined(name));
  for (const [name] of entries) {
    const bad = !FIELD_NAME.test(name) || /^-?\d+$/.test(name) || name === "__proto__";
    if (bad) refuse(INVALID, `${path}: ${quoted(name)} cannot be the name of a field`);
  }
  return new Map(
    entries.map(([name, each]) => [
      name,
      parseField(name, each, { ...around, path: `${path}.${name}` }),
    ]),
  );
};

const predefined = (name: string, access: EntityField["access"]): ScalarField => ({
  kind: "scalar",
  type: "string",
  name,
  access,
  constraints: NONE,
  generator: null,
  carries: null,
});

const rootOf = (schema: JsonObject, access: EntityVersion["access"], enums: Enums): ObjectField => {
  const fields = parseFields(schema["fields"], { access, enums, path: "", depth: 0 });
  const own = fields.get(ID);
  if (own !== undefined && (own.kind !== "scalar" || !["string", "uid"].includes(own.type))) {
    refuse(INVALID, "fields._id: expected the type string");
  }
  const [reserved] = [...fields.keys()].filter((name) => METADATA_NAMES.has(name));
  if (reserved !== undefined) refuse(INVALID, `fields.${reserved}: the store keeps this name`);
  return {
    ...predefined("", access),
    kind: "object",
    fields: new Map([
      [ID, own ?? predefined(ID, access)],
      [OBJECT_TYPE, predefined(OBJECT_TYPE, access)],
      ...[...fields].filter(([name]) => name !== ID),
    ]),
  };
};

const entityAccess = (value: Json | undefined): EntityVersion["access"] => {
  const given = value === undefined || value === null ? {} : objectAt(value, "schema.access");
  const roles = (name: string): Roles => rolesAt(given[name], `schema.access.${name}`);
  return {
    find: roles("find"),
    insert: roles("insert"),
    update: roles("update"),
    delete: roles("delete"),
  };
};

const hasIdentity = (field: EntityField): boolean => {
  if (field.constraints.identity) return true;
  if (field.kind === "array") return hasIdentity(field.items);
  return field.kind === "object" && [...field.fields.values()].some(hasIdentity);
};

const identityOf = (root: ObjectField): readonly string[] =>
  [...root.fields.values()]
    .filter((field) => field.name !== ID && hasIdentity(field))
    .map((field) =>
      field.kind === "scalar" && field.type !== "any" && field.type !== "binary"
        ? field.name
        : refuse(
            INVALID,
            `fields.${field.name}: only a top-level scalar can be part of the identity`,
          ),
    );

/** The version of a `schema` document. */
const parseVersion = (name: string, schema: JsonObject, enums: Enums): EntityVersion => {
  const version = textAt(
    objectAt(schema["version"], "schema.version")["value"],
    "schema.version.value",
  );
  const status = objectAt(schema["status"] ?? { value: "active" }, "schema.status")["value"];
  if (!(STATUSES as readonly (Json | undefined)[]).includes(status)) {
    refuse("metadata:InvalidStatus", quoted(status));
  }
  const access = entityAccess(schema["access"]);
  const root = rootOf(schema, access, enums);
  return {
    entity: name,
    version,
    status: status as VersionStatus,
    root,
    access,
    identity: identityOf(root),
  };
};

/**
 * The entity of a stored or proposed state.
 *
 * @throws EntityErrorItem naming the error in the metadata.
 */
export function parseEntity(state: EntityState, derived = false): Entity {
  const { entityInfo, schemas } = state;
  const name = textAt(entityInfo["name"], "entityInfo.name");
  if (!TYPE_NAME.test(name)) {
    refuse(
      INVALID,
      "entityInfo.name: expected a lower-case letter, then up to 63 of a-z, 0-9 and _",
    );
  }
  const enums = parseEnums(entityInfo["enums"]);
  const versions = Object.values(schemas).map((schema) => parseVersion(name, schema, enums));
  const chosen = entityInfo["defaultVersion"] ?? null;
  return {
    name,
    state,
    versions: new Map(versions.map((version) => [version.version, version])),
    defaultVersion: chosen === null ? null : textAt(chosen, "entityInfo.defaultVersion"),
    indexes: parseIndexes(entityInfo["indexes"], versions),
    derived,
  };
}
