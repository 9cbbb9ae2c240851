import type { Json, JsonObject } from "../../model/json.ts";
import { LIMITS } from "../../model/limits.ts";
import type { MappingPlan, Member, RegistrationPlan, ResourcePlan } from "./compile.ts";
import { compileField, type Notes, type RowIssue } from "./field.ts";
import type { TypeFields } from "./schemas.ts";
import type { TableRow } from "./table.ts";
import { type Cells, cellText, type RowReferences } from "./template.ts";

/** A patient or study that a row belongs to. */
export interface Registration {
  readonly externalUid: string;
  readonly payload: JsonObject;
}

/** A resource in the form of the API. */
export type ResourceBody = JsonObject & {
  readonly identifier: string;
  readonly payload_type: string;
};

/** A row that can be imported: resources wait for the identifiers of its patient and study. */
export interface ReadyRow {
  readonly line: number;
  readonly cells: Cells;
  readonly patient: Registration | undefined;
  readonly study: Registration | undefined;
  /** By resource of the mapping; undefined where the row creates none. */
  readonly bodies: readonly (JsonObject | undefined)[];
}

/** A resource of a row, and whether only the first row creates it. */
export interface RowResource {
  readonly body: ResourceBody;
  readonly once: boolean;
  /** It stands for the file of the row. */
  readonly file: boolean;
}

/** A row parsed by the mapping: ready, or refused with its errors. */
export interface RowReading {
  readonly ready: ReadyRow | undefined;
  readonly issues: readonly RowIssue[];
  readonly remarks: readonly RowIssue[];
  /** Why the file of the row is no data. */
  readonly leftOut?: string;
}

/** The fields of a payload type; null when the server has no such type; undefined when unknown. */
export type FieldsOf = (payloadType: string) => TypeFields | null | undefined;

const PLACEHOLDERS: RowReferences = { datasource: "x", patient: "x", study: "x" };

// Spec: no control characters, no white space at either end, 1 to 256 characters.
const CONTROL = /\p{Cc}/u;

const identifierError = (text: string): string | undefined => {
  if (CONTROL.test(text)) return "has a control character";
  if (text !== text.trim()) return "begins or ends with white space";
  return [...text].length > LIMITS.identifierLengthMax
    ? `is longer than ${LIMITS.identifierLengthMax} characters`
    : undefined;
};

const checkIdentifier = (text: Json | undefined, member: Member, notes: Notes): void => {
  const error = typeof text === "string" ? identifierError(text) : undefined;
  if (error === undefined) return;
  const column = member.field.columns.join(", ");
  notes.refuse({ column, code: "invalid_identifier", detail: `the ${member.name} ${error}` });
};

const payloadOf = (members: readonly Member[], cells: Cells, notes: Notes): JsonObject => {
  const payload: Record<string, Json> = {};
  for (const { name, field } of members) {
    const value = field.read(cells, {}, notes);
    if (value !== undefined) payload[name] = value;
  }
  return payload;
};

/** True when the row satisfies `when`. */
const applies = ({ when }: { readonly when: string | undefined }, cells: Cells): boolean =>
  when === undefined || cellText(cells.get(when)) !== undefined;

const registrationOf = (
  plan: RegistrationPlan | undefined,
  what: string,
  cells: Cells,
  notes: Notes,
): Registration | undefined => {
  if (plan === undefined || !applies(plan, cells)) return undefined;
  const externalUid = plan.externalUid.render(cells, {});
  if (externalUid === undefined) {
    const column = plan.externalUid.columns.join(", ");
    notes.refuse({ column, code: "missing", detail: `the ${what} needs a value here` });
    return undefined;
  }
  return { externalUid, payload: payloadOf(plan.payload, cells, notes) };
};

const readMembers = (
  members: readonly Member[],
  cells: Cells,
  references: RowReferences,
  notes: Notes,
): Record<string, Json> => {
  const body: Record<string, Json> = {};
  for (const member of members) {
    const value = member.field.read(cells, references, notes);
    if (value === undefined) continue;
    if (member.name === "identifier") checkIdentifier(value, member, notes);
    body[member.name] = value;
  }
  return body;
};

/** Metadata that a row may set by a column of its name. */
const METADATA_COLUMNS: ReadonlySet<string> = new Set(["license", "access_level", "derived_from"]);

/** What is wrong with a column, and how to have it taken. */
const noSuchField = (payloadType: string, column: string, { fields }: TypeFields): string => {
  const plain = column.toLowerCase().replaceAll(/[^a-z0-9]+/g, "_");
  const near = [...fields.keys()].find((name) => name === plain);
  const target = near ?? "FIELD";
  return (
    `${payloadType} has no field of this name: name the column after a field ` +
    `(vxdata schemas ${payloadType}), or map it in a mapping of your own: ` +
    `"payload": {"${target}": {"column": ${JSON.stringify(column)}}}`
  );
};

/** Payload fields from the columns that the mapping does not name, typed by the schema. */
const otherColumns = (
  separator: string,
  payloadType: string,
  row: { readonly cells: Cells; readonly used: ReadonlySet<string> },
  fieldsOf: FieldsOf,
  notes: Notes,
): JsonObject => {
  const type = fieldsOf(payloadType);
  if (type === null) {
    notes.refuse({ code: "unknown_payload_type", detail: `there is no type ${payloadType}` });
    return {};
  }
  const payload: Record<string, Json> = {};
  for (const [column, cell] of row.cells) {
    if (row.used.has(column) || cell === "" || cell === null) continue;
    if (METADATA_COLUMNS.has(column)) {
      const value = compileField({
        column,
        ...(column === "derived_from" ? { split: separator } : {}),
      });
      const read = value.read(row.cells, {}, notes);
      if (read !== undefined) payload[column] = read;
      continue;
    }
    const known = type?.fields.get(column);
    if (type !== undefined && known === undefined && !type.open) {
      notes.refuse({
        column,
        code: "unknown_field",
        detail: noSuchField(payloadType, column, type),
      });
      continue;
    }
    const split = known?.list === true ? { split: separator } : {};
    const rule = { column, ...(known === undefined ? {} : { type: known.type }), ...split };
    const value = compileField(rule).read(row.cells, {}, notes);
    if (value !== undefined) payload[column] = value;
  }
  return payload;
};

const bodyOf = (
  resource: ResourcePlan,
  row: { readonly cells: Cells; readonly used: ReadonlySet<string> },
  fieldsOf: FieldsOf,
  notes: Notes,
): JsonObject => {
  const body = readMembers(resource.members, row.cells, PLACEHOLDERS, notes);
  const type = body["payload_type"];
  if (resource.otherColumns === undefined || typeof type !== "string") return body;
  return { ...body, ...otherColumns(resource.otherColumns, type, row, fieldsOf, notes) };
};

/** Parses one row of the table by the mapping. */
export function readRow(plan: MappingPlan, row: TableRow, fieldsOf: FieldsOf): RowReading {
  if ("leftOut" in row) {
    return { ready: undefined, issues: [], remarks: [], leftOut: row.leftOut };
  }
  if ("error" in row) {
    const issue = { code: "unreadable_row", detail: row.error };
    return { ready: undefined, issues: [issue], remarks: [] };
  }
  const issues: RowIssue[] = [];
  const remarks: RowIssue[] = [...(row.remarks ?? [])];
  const notes: Notes = {
    refuse: (issue) => void issues.push(issue),
    remark: (issue) => void remarks.push(issue),
  };
  const { line, cells } = row;
  const patient = registrationOf(plan.patient, "patient", cells, notes);
  const study = registrationOf(plan.study, "study", cells, notes);
  const source = { cells, used: plan.columns };
  const bodies = plan.resources.map((resource) =>
    applies(resource, cells) ? bodyOf(resource, source, fieldsOf, notes) : undefined,
  );
  const ready = issues.length > 0 ? undefined : { line, cells, patient, study, bodies };
  return { ready, issues, remarks };
}

/** The resources of a row, now that its patient and study have identifiers. */
export function finishRow(
  plan: MappingPlan,
  row: ReadyRow,
  references: RowReferences,
  notes: Notes,
): readonly RowResource[] {
  return row.bodies.flatMap((body, index) => {
    const resource = plan.resources[index];
    if (body === undefined || resource === undefined) return [];
    const late = resource.members.filter(({ field }) => field.references.length > 0);
    const placed = readMembers(late, row.cells, references, notes);
    return [
      { body: { ...body, ...placed } as ResourceBody, once: resource.once, file: resource.file },
    ];
  });
}
