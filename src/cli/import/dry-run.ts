import { WRITABLE_MEMBERS } from "../../model/metadata.ts";
import { Validator } from "@cfworker/json-schema";
import { isJsonObject, type Json, type JsonObject } from "../../model/json.ts";
import type { MappingPlan } from "./compile.ts";
import { fieldsFrom, withOwnTypes } from "./prepare.ts";
import { show } from "../print.ts";
import { UNREADABLE } from "./load.ts";
import { openRejectionLog, type Rejection, type RejectionFile } from "./report.ts";
import { finishRow, readRow, type ReadyRow, type ResourceBody } from "./row.ts";
import { columnCheck } from "./run.ts";
import type { Schemas } from "./schemas.ts";
import type { RowSource } from "./source.ts";
import type { TableRow } from "./table.ts";
import { addTerms, type Terms, termsOf } from "./terms.ts";

/** What a table would become. */
export interface DryRun {
  readonly rows: number;
  readonly patients: number;
  readonly studies: number;
  /** Distinct resources by payload type. */
  readonly resources: ReadonlyMap<string, number>;
  readonly rejected: number;
  readonly omitted: number;
  readonly unreadable: number;
  /** Files that are no data. */
  readonly leftOut: readonly string[];
  readonly terms: Terms;
  readonly firstRejections: readonly string[];
  readonly firstRemarks: readonly string[];
  readonly rejectsPath: string | undefined;
  /** What the first valid rows become. */
  readonly examples: readonly (readonly JsonObject[])[];
}

/** What a dry run checks. */
export interface DryRunRequest {
  readonly source: RowSource;
  readonly plan: MappingPlan;
  /** The server's payload types; without them only the mapping and the cells are checked. */
  readonly schemas: Schemas | undefined;
  readonly limit: number;
  readonly rejects: RejectionFile | undefined;
  readonly say: (line: string) => void;
}

const METADATA: ReadonlySet<string> = new Set(WRITABLE_MEMBERS);

/** Members that the schema describes: all of them if it names the metadata, else the payload. */
const described = (body: JsonObject, schema: JsonObject): JsonObject => {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  if ("identifier" in properties) return body;
  return Object.fromEntries(Object.entries(body).filter(([name]) => !METADATA.has(name)));
};

type Check = (payloadType: string, body: JsonObject) => readonly string[];

const createCheck = (schemas: Schemas | undefined): Check => {
  const validators = new Map<string, Validator>();
  return (payloadType, body) => {
    if (schemas === undefined) return [];
    const schema = schemas[payloadType];
    if (schema === undefined) return [`there is no payload type ${payloadType}`];
    const validator = validators.get(payloadType) ?? new Validator(schema, "2020-12", false);
    validators.set(payloadType, validator);
    const { errors, valid } = validator.validate(described(body, schema));
    if (valid) return [];
    // The deepest error names the cause; those above it only say that there is one.
    const deepest = errors.at(-1);
    return [`${deepest?.instanceLocation.replace(/^#\/?/, "") ?? ""}: ${deepest?.error ?? ""}`];
  };
};

const REFERENCES = { datasource: "(datasource)", patient: "(patient)", study: "(study)" };

const checkBodies = (
  row: ReadyRow,
  bodies: readonly ResourceBody[],
  plan: MappingPlan,
  check: Check,
): readonly Rejection[] => {
  const registrations = [
    ["patient", row.patient],
    ["study", row.study],
  ] as const;
  const registered = registrations.flatMap(([type, registration]) =>
    registration === undefined ? [] : check(type, registration.payload),
  );
  const created = bodies.flatMap((body) => check(body.payload_type, body));
  const details = plan.resources.length === 0 ? registered : [...registered, ...created];
  return details.map((detail) => ({ line: row.line, code: "invalid_value", detail }));
};

const examine = (plan: MappingPlan, schemas: Schemas | undefined) => {
  const check = createCheck(schemas);
  const fieldsOf = fieldsFrom(schemas);
  return (row: TableRow) => {
    const { ready, issues, remarks } = readRow(plan, row, fieldsOf);
    const errors: Rejection[] = issues.map((issue) => ({ line: row.line, ...issue }));
    if (ready === undefined) return { errors, remarks, ready, bodies: [] };
    const notes = { refuse: () => undefined, remark: () => undefined };
    const bodies = finishRow(plan, ready, REFERENCES, notes).map(({ body }) => body);
    errors.push(...checkBodies(ready, bodies, plan, check));
    return { errors, remarks, ready, bodies };
  };
};

/** Rows that a dry run shows. */
const EXAMPLES = 3;

/** Reads the whole table through the mapping and the server's schemas, and sends nothing. */
export async function dryRun(request: DryRunRequest): Promise<DryRun> {
  const { limit, plan, rejects, say, source } = request;
  const schemas = withOwnTypes(request.schemas, plan);
  const log = openRejectionLog(rejects, 0, source.placeOf);
  const examineRow = examine(plan, schemas);
  const patients = new Set<string>();
  const studies = new Set<string>();
  const identifiers = new Set<string>();
  const resources = new Map<string, number>();
  const examples: (readonly JsonObject[])[] = [];
  const leftOut: string[] = [];
  let terms: Terms = {};
  let [rows, rejected, omitted, unreadable] = [0, 0, 0, 0];
  for await (const part of source.parts(columnCheck(plan, say))) {
    for (const row of part.rows.slice(0, Math.max(0, limit - rows))) {
      if ("leftOut" in row) {
        leftOut.push(`${show(source.placeOf?.(row.line) ?? `line ${row.line}`)}: ${row.leftOut}`);
        continue;
      }
      rows += 1;
      const { errors, remarks, ready, bodies } = examineRow(row);
      for (const remark of remarks) {
        if (remark.code === UNREADABLE) log.remark({ line: row.line, ...remark });
        else omitted += 1;
      }
      unreadable += remarks.filter(({ code }) => code === UNREADABLE).length;
      log.add(errors, () => row);
      if (errors.length > 0) rejected += 1;
      if (errors.length > 0 || ready === undefined) continue;
      const patient = ready.patient?.externalUid ?? "";
      if (ready.patient !== undefined) patients.add(patient);
      if (ready.study !== undefined) studies.add(`${patient}\n${ready.study.externalUid}`);
      for (const body of bodies) {
        if (identifiers.has(body.identifier)) continue;
        identifiers.add(body.identifier);
        resources.set(body.payload_type, (resources.get(body.payload_type) ?? 0) + 1);
        terms = addTerms(terms, termsOf([body]));
      }
      if (examples.length < EXAMPLES) examples.push(exampleOf(ready, bodies));
    }
    if (rows >= limit) break;
  }
  log.close();
  const sizes = { patients: patients.size, studies: studies.size };
  return {
    rows,
    ...sizes,
    resources,
    rejected,
    omitted,
    unreadable,
    leftOut,
    terms,
    firstRejections: log.firstRejections(),
    firstRemarks: log.firstRemarks(),
    rejectsPath: log.path(),
    examples,
  };
}

const exampleOf = (row: ReadyRow, bodies: readonly ResourceBody[]): readonly JsonObject[] => {
  const registrations: Json[] = [row.patient, row.study].flatMap((one) =>
    one === undefined ? [] : [{ external_uid: one.externalUid, payload: one.payload }],
  );
  return [...registrations.filter(isJsonObject), ...bodies];
};
