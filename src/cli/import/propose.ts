/** A mapping for a table that has none. */
import { basename } from "node:path";
import type { JsonObject } from "../../model/json.ts";
import { METADATA_NAMES } from "../../model/metadata.ts";
import type { ColumnGuess, TableGuess } from "./guess.ts";
import type { FieldRule, Mapping } from "./mapping.ts";
import { type Schemas, typeFields } from "./schemas.ts";
import { TableError } from "./table-error.ts";

/** What a column becomes, for people. */
export interface Becomes {
  readonly column: ColumnGuess;
  readonly becomes: string;
}

/** A mapping, and what it makes of each column. */
export interface Proposal {
  readonly mapping: Mapping;
  readonly columns: readonly Becomes[];
}

/** What the caller says about it. */
export interface Wishes {
  readonly datasource: string | undefined;
  readonly type: string | undefined;
  /** The server's payload types, where it can be reached. */
  readonly schemas: Schemas | undefined;
}

/** A name in the alphabet of payload types and fields. */
function plainName(text: string, otherwise: string): string {
  const plain = text
    .normalize("NFKD")
    .replaceAll(/\p{M}/gu, "")
    .replaceAll("ß", "ss")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .replaceAll(/^_+|_+$/g, "")
    .slice(0, 60);
  if (plain === "") return otherwise;
  return /^[a-z]/.test(plain) ? plain : `${otherwise}_${plain}`;
}

const NUMBERING = String.raw`(?:[ _-]*(?:id|identifier|key|no|nr|number|uid|code))?$`;
const named = (words: string): RegExp => new RegExp(`^(?:${words})${NUMBERING}`, "i");

const PATIENT = named("patient|subject|participant");
const STUDY = named("study|visit|session|exam|examination|accession|encounter");
const PARENT = /^parent(?:[ _-]*(?:id|identifier))?$/i;
const TYPE = /^(?:payload[ _-]?)?type$/i;
const LICENCE = /^licen[cs]e$/i;
/** Columns that say who a person is: they stay in the file unless somebody writes them in. */
const PERSONAL =
  /^(?:(?:patient|subject|participant|first|last|family|given|sur|full|birth|maiden)[ _-]?name|(?:date[ _-]?of[ _-]?birth|birth[ _-]?date|dob)|(?:street|home[ _-]?)?address|(?:tele)?phone(?:[ _-]?(?:no|number))?|mobile|e-?mail(?:[ _-]?address)?|ssn|social[ _-]?security(?:[ _-]?(?:no|number))?|insurance[ _-]?(?:id|no|number)|passport(?:[ _-]?(?:no|number))?|vorname|nachname|geburts(?:datum|tag|name)|anschrift|telefon(?:nummer)?)$/i;
/** In a table of persons also this one. */
const NAME = /^name$/i;

const IDENTIFIERS: readonly RegExp[] = [
  /^(?:id|identifier|uid|key)$/i,
  /(?:^|[ _-])(?:image|file|record|scan|sample|row|series|instance)[ _-]*(?:id|identifier|uid|index|name|key|no|number)?$/i,
  /(?:^|[ _-])(?:id|identifier|uid|index|key|file|filename|path)$/i,
];

/** The columns of special meaning. */
interface Roles {
  readonly identifier: ColumnGuess | undefined;
  readonly patient: ColumnGuess | undefined;
  readonly study: ColumnGuess | undefined;
  readonly parent: ColumnGuess | undefined;
  readonly type: ColumnGuess | undefined;
  readonly license: ColumnGuess | undefined;
}

const identifierOf = (columns: readonly ColumnGuess[]): ColumnGuess | undefined => {
  const unique = columns.filter((one) => one.unique && one.kind !== "number");
  for (const pattern of IDENTIFIERS) {
    const found = unique.find(({ name }) => pattern.test(name));
    if (found !== undefined) return found;
  }
  return unique.find(({ kind }) => kind === "string") ?? unique[0];
};

const rolesOf = (columns: readonly ColumnGuess[], schemas: Schemas | undefined): Roles => {
  const by = (pattern: RegExp) => columns.find(({ name }) => pattern.test(name));
  const patient = by(PATIENT);
  const study = patient === undefined ? undefined : by(STUDY);
  const type = columns.find(
    ({ name, values }) =>
      TYPE.test(name) &&
      schemas !== undefined &&
      values.every((one) => Object.hasOwn(schemas, one)),
  );
  // What names a person or a visit is given to the server as a digest alone, so it is no identifier.
  const left = columns.filter(
    (one) => one !== patient && one !== study && one !== type && !PERSONAL.test(one.name),
  );
  const parent = by(PARENT);
  const license = by(LICENCE);
  const identifier = identifierOf(left.filter((one) => one !== parent && one !== license));
  return { identifier, patient, study, parent, type, license };
};

const ruleOf = ({ comma, kind, missing, mixed, name }: ColumnGuess): FieldRule => ({
  column: name,
  // A text needs no conversion, but numbers among texts do: the field takes texts alone.
  ...(kind === "string" && !mixed ? {} : { type: kind }),
  ...(comma ? { decimal: "," as const } : {}),
  ...(missing.length === 0 ? {} : { omit: [...missing] }),
});

const schemaOf = ({ kind, name }: ColumnGuess): JsonObject => ({
  ...(kind === "json" ? {} : { type: kind }),
  description: name,
});

/** Names of fields by column: no two the same, none that of a metadata member. */
const fieldNames = (columns: readonly ColumnGuess[]): ReadonlyMap<ColumnGuess, string> => {
  const taken = new Set<string>(METADATA_NAMES);
  return new Map(
    columns.map((column, index) => {
      const plain = plainName(column.name, `column_${index + 1}`);
      const candidates = [plain, `${plain}_value`];
      let field = candidates.find((one) => !taken.has(one)) ?? `${plain}_${index + 1}`;
      while (taken.has(field)) field = `${field}_`;
      taken.add(field);
      return [column, field] as const;
    }),
  );
};

/** A type that the server has, or a new one with a name that it does not have. */
const typeOf = (
  wanted: string,
  fields: Readonly<Record<string, JsonObject>>,
  schemas: Schemas | undefined,
): string => {
  const fits = (name: string): boolean => {
    const known = schemas?.[name];
    if (known === undefined) return true;
    const existing = typeFields(known);
    return Object.keys(fields).every((field) => existing.fields.has(field));
  };
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? wanted : `${wanted}_${number}`;
    if (fits(name)) return name;
  }
};

const template = ({ name }: ColumnGuess): string => `\${${name}}`;

const identifierTemplate = (
  roles: Roles,
  columns: readonly ColumnGuess[],
  type: string,
): string => {
  const { identifier, parent, patient, study } = roles;
  // A table that names parents names its own rows: identifiers are as they stand.
  if (identifier !== undefined && parent !== undefined) return template(identifier);
  if (identifier !== undefined) return `\${@datasource}/${template(identifier)}`;
  const owner = study ?? patient;
  if (owner?.unique === true) return `\${@${owner === study ? "study" : "patient"}}/${type}`;
  const names = columns.map(({ name }) => name).join(", ");
  throw new TableError(
    `no column has another value in each row, so none can be the identifier (columns: ${names}): ` +
      "add one, or write a mapping whose identifier is made of several (docs/import.md)",
  );
};

const parentsOf = ({ parent, patient, study }: Roles): string | string[] => {
  const owners = [
    ...(parent === undefined ? [] : [template(parent)]),
    ...(study === undefined ? [] : ["${@study}"]),
    ...(study === undefined && patient !== undefined ? ["${@patient}"] : []),
    ...(patient === undefined ? ["${@datasource}"] : []),
  ];
  return owners.length === 1 ? (owners[0] ?? "") : owners;
};

/** What a table is called, by its file. */
const titleOf = (path: string): string =>
  basename(path)
    .replace(/\.gz$/i, "")
    .replace(/\.[A-Za-z0-9]+$/, "");

const describeField = (column: ColumnGuess, field: string): string => {
  const how = column.comma ? ", decimal commas" : "";
  const none = column.missing.length === 0 ? "" : `, none where ${column.missing.join(", ")}`;
  return `field ${field} (${column.kind}${how}${none})`;
};

/** Which columns become which fields, and of which type. */
const fieldsOf = (
  title: string,
  columns: readonly ColumnGuess[],
  { identifier, license, parent, patient, study, type }: Roles,
  wishes: Wishes,
) => {
  const special = new Set<ColumnGuess>(
    [patient, study, parent, license, type].flatMap((one) => one ?? []),
  );
  if (parent !== undefined && identifier !== undefined) special.add(identifier);
  const isPersonal = ({ name }: ColumnGuess): boolean =>
    PERSONAL.test(name) || (patient !== undefined && NAME.test(name));
  const personal = columns.filter((one) => !special.has(one) && isPersonal(one));
  const plain = columns.filter((one) => !special.has(one) && !personal.includes(one));
  const fields = fieldNames(plain);
  const known = wishes.type === undefined ? undefined : wishes.schemas?.[wishes.type];
  const existing = known === undefined ? undefined : typeFields(known);
  const takes = (field: string): boolean =>
    existing === undefined || existing.open || existing.fields.has(field);
  const taken = [...fields].filter(([, field]) => takes(field));
  const properties = Object.fromEntries(
    taken.map(([column, field]) => [field, schemaOf(column)] as const),
  );
  const isNew = known === undefined && type === undefined;
  const typeName = wishes.type ?? typeOf(plainName(title, "table"), properties, wishes.schemas);
  return { fields, isNew, personal, properties, taken, takes, typeName };
};

/**
 * Proposes a mapping: each row becomes a resource, below the patient and study that it names. Every
 * column becomes something or is named as left out.
 *
 * @throws {TableError} when nothing identifies the rows.
 */
export function proposeMapping(path: string, guess: TableGuess, wishes: Wishes): Proposal {
  const title = titleOf(path);
  const roles = rolesOf(guess.columns, wishes.schemas);
  const { identifier, license, parent, patient, study, type } = roles;
  const { fields, isNew, personal, properties, taken, takes, typeName } = fieldsOf(
    title,
    guess.columns,
    roles,
    wishes,
  );
  const rules = taken.map(([column, field]) => [field, ruleOf(column)] as const);
  const datasource = wishes.datasource ?? plainName(title, "table").replaceAll("_", "-");
  const mapping: Mapping = {
    name: title === "" ? "table" : title,
    description: `Proposed for ${basename(path)}; change it as you like.`,
    source: guess.rule,
    ...(isNew
      ? {
          payload_types: {
            [typeName]: { version: "1.0.0", json_schema: { type: "object", properties } },
          },
        }
      : {}),
    datasource: { identifier: datasource, payload: { name: title === "" ? "table" : title } },
    ...(patient === undefined
      ? {}
      : { patient: { external_uid: template(patient), when: patient.name } }),
    ...(patient === undefined || study === undefined
      ? {}
      : { study: { external_uid: template(study), when: study.name } }),
    resources: [
      {
        identifier: identifierTemplate(roles, guess.columns, typeName),
        payload_type: type === undefined ? typeName : template(type),
        parent: parentsOf(roles),
        ...(license === undefined ? {} : { license: template(license) }),
        ...(type === undefined
          ? { payload: Object.fromEntries(rules) }
          : { other_columns: { separator: "|" } }),
      },
    ],
  };
  const becomes = (column: ColumnGuess): string => {
    if (column === patient) return "patient, as a digest";
    if (column === study) return "study, as a digest";
    if (column === parent) return "parent";
    if (column === type) return "payload type";
    if (column === license) return "licence";
    if (personal.includes(column)) return "left out: it may tell who a person is";
    if (column === identifier && parent !== undefined) return "identifier";
    const field = fields.get(column) ?? "";
    if (type !== undefined) return `field ${column.name}`;
    if (!takes(field)) return `left out: ${typeName} has no field ${field}`;
    const text = describeField(column, field);
    return column === identifier ? `identifier, and ${text}` : text;
  };
  return {
    mapping,
    columns: guess.columns.map((column) => ({ column, becomes: becomes(column) })),
  };
}
