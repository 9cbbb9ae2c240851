/** Update and delete: the documents that a query finds, in one write. */
import { jsonEqual, type Json, type JsonObject } from "../../../model/json.ts";
import type { Change } from "../../../model/transaction.ts";
import type { PatchError } from "../../../query/edit.ts";
import { patchMeter, type PatchMeter } from "../../../query/patch-cost.ts";
import { applyPatch, type Patch } from "../../../query/patch.ts";
import type { FieldRule } from "../../../query/projection.ts";
import { refuse, type EntityError } from "../../../schema/entity/error.ts";
import {
  ID,
  OBJECT_TYPE,
  type Entity,
  type EntityVersion,
} from "../../../schema/entity/metadata.ts";
import { withoutNulls } from "../../../schema/entity/scalar.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Decided, Decision, Known, LoadedRow } from "../../../store/index.ts";
import { renderOutcome, type DataError, type Processed } from "../language/envelope.ts";
import { parseProjection } from "../language/projection.ts";
import { parseQuery } from "../language/query.ts";
import { parseWindow, within } from "../language/range.ts";
import { readUpdate } from "../language/update.ts";
import {
  currentOnly,
  requireAccess,
  resolveVersion,
  type EntityRequest,
} from "../language/request.ts";
import {
  accessErrors,
  changesBetween,
  constraintErrors,
  documentVersionOf,
  showStored,
  storeErrors,
  type Showing,
} from "./documents.ts";

interface Prepared {
  readonly entity: Entity;
  readonly version: EntityVersion;
  readonly current: ReturnType<typeof currentOnly>;
  readonly rules: readonly FieldRule[];
  readonly patch: Patch;
  /** Paths of the update that the role may neither read nor write. */
  readonly inaccessible: readonly string[];
}

const queryOf = ({ body }: EntityRequest): Json => {
  const { query = null } = body;
  return query ?? refuse("mongo-crud:NullQuery");
};

const prepare = (request: EntityRequest, registry: Registry, role: string | null): Prepared => {
  const { entity, version } = resolveVersion(registry, request.entity, request.version);
  const { body, command } = request;
  requireAccess(version, [command === "delete" ? "delete" : "update"], role);
  queryOf(request);
  const reader = { version, role };
  return {
    entity,
    version,
    current: currentOnly(body),
    rules: command === "delete" ? [] : parseProjection(body["projection"], reader),
    ...(command === "delete"
      ? { patch: [], inaccessible: [] }
      : readUpdate(body["update"], reader)),
  };
};

const ERROR_CODES: Readonly<Record<PatchError["code"], string>> = {
  not_an_object: "crud:IncompatibleAssignment",
  not_an_array: "crud:ArrayRequired",
  not_a_number: "crud:IncompatibleAssignment",
  invalid_path: "metadata:InvalidArrayReference",
  too_large: "crud:ResultSizeTooLarge",
};

/** A matched document: the change of it, or its error. */
interface Attempt {
  readonly payload: JsonObject;
  readonly errors: readonly EntityError[];
}

const attempt = (
  { entity, version, patch, inaccessible }: Prepared,
  row: LoadedRow,
  role: string | null,
  meter: PatchMeter,
): Attempt => {
  const before = JSON.parse(row.payload ?? "{}") as JsonObject;
  const predefined = { [ID]: row.identifier, [OBJECT_TYPE]: version.entity };
  const patched = applyPatch(patch, { ...before, ...predefined }, (name) => row[name], meter);
  if (!patched.ok) {
    const { code, path, detail } = patched.error;
    return { payload: before, errors: [{ code: ERROR_CODES[code], msg: `${path}: ${detail}` }] };
  }
  const { [ID]: _id, [OBJECT_TYPE]: _type, ...after } = patched.document;
  const payload = withoutNulls(after) as JsonObject;
  const isSame = jsonEqual(before, after) || jsonEqual(before, payload);
  if (isSame && inaccessible.length === 0) return { payload: before, errors: [] };
  const errors = [
    ...constraintErrors(version, row.identifier, { before, after: payload }, role),
    ...accessErrors({ entity, version }, { before, after: payload }, role, inaccessible),
  ];
  return { payload, errors };
};

/** Whether a document may be written; `unlisted` ones are skipped silently. */
const currency = ({ current }: Prepared, row: LoadedRow): "current" | "stale" | "unlisted" => {
  if (current === null) return "current";
  const listed = current.get(row.identifier);
  if (listed === undefined) return "unlisted";
  return listed.has(documentVersionOf(row.identifier, row.version)) ? "current" : "stale";
};

const staleError = (row: LoadedRow): readonly EntityError[] => [
  { code: "mongo-crud:ConcurrentUpdate", msg: row.identifier },
];

const decideUpdate = (request: EntityRequest, prepared: Prepared, known: Known): Decided => {
  const { version } = prepared;
  const { role } = known.principal;
  const showing: Showing = { version, role, rules: prepared.rules, count: known.compare };
  const changes: Change[] = [];
  const processed: Processed[] = [];
  const dataErrors: DataError[] = [];
  const meter = patchMeter(known.compare);
  for (const row of known.matched) {
    const before = JSON.parse(row.payload ?? "{}") as JsonObject;
    const state = currency(prepared, row);
    const tried: Attempt =
      state === "current"
        ? attempt(prepared, row, role, meter)
        : { payload: before, errors: state === "stale" ? staleError(row) : [] };
    const refused = storeErrors(known.refused.get(row.identifier) ?? [], "mongo-crud:UpdateError");
    const errors = tried.errors.length > 0 ? tried.errors : refused;
    const isChanged = errors.length === 0 && !jsonEqual(before, tried.payload);
    const documentVersion = documentVersionOf(row.identifier, row.version + (isChanged ? 1 : 0));
    const rendered = showStored(showing, { ...row, documentVersion, payload: tried.payload });
    if (errors.length > 0) {
      const data = request.body["projection"] === undefined ? { [ID]: row.identifier } : rendered;
      dataErrors.push({ data, errors });
      continue;
    }
    processed.push({ document: rendered, documentVersion });
    if (!isChanged) continue;
    const payload = changesBetween(before, tried.payload);
    const { identifier, version: expectedVersion } = row;
    changes.push({ kind: "update", identifier, expectedVersion, payload });
  }
  return {
    changes,
    answer: renderOutcome("update", version, {
      status: dataErrors.length > 0 ? "PARTIAL" : "COMPLETE",
      modified: changes.length,
      matched: known.matched.length,
      processed: within(processed, parseWindow(request.body)),
      dataErrors,
    }),
  };
};

const decideDelete = (prepared: Prepared, known: Known): Decided => {
  const changes: Change[] = [];
  const dataErrors: DataError[] = [];
  for (const row of known.matched) {
    const { identifier } = row;
    const state = currency(prepared, row);
    const refused = storeErrors(known.refused.get(identifier) ?? [], "mongo-crud:DeleteError");
    const errors = state === "stale" ? staleError(row) : refused;
    if (errors.length > 0) dataErrors.push({ data: { [ID]: identifier }, errors });
    // Deletes only the document: what is below it in the catalogue stays.
    else if (state === "current") changes.push({ kind: "delete", identifier, cascade: false });
  }
  return {
    changes,
    answer: renderOutcome("delete", prepared.version, {
      status: dataErrors.length > 0 ? "PARTIAL" : "COMPLETE",
      modified: changes.length,
      matched: 0,
      processed: null,
      dataErrors,
    }),
  };
};

/** The decision of an update or a delete. */
export function changeDecision(request: EntityRequest): Decision {
  parseWindow(request.body);
  const isDelete = request.command === "delete";
  return {
    actions: [isDelete ? "delete" : "update"],
    subject: (registry, principal) => {
      const { version } = prepare(request, registry, principal.role);
      return {
        payloadType: version.entity,
        identifiers: [],
        condition: parseQuery(queryOf(request), { version, role: principal.role }),
        sequences: [],
      };
    },
    decide: (known) => {
      const prepared = prepare(request, known.registry, known.principal.role);
      return isDelete ? decideDelete(prepared, known) : decideUpdate(request, prepared, known);
    },
  };
}
