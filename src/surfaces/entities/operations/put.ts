/** Insert and save: whole documents, each independent of the others, in one write. */
import { isIdentifier } from "../../../model/identifier.ts";
import { jsonEqual, type JsonObject } from "../../../model/json.ts";
import type { Change } from "../../../model/transaction.ts";
import type { Condition } from "../../../query/condition.ts";
import { keyPath } from "../../../query/path.ts";
import { readDocument } from "../../../schema/entity/document.ts";
import { sequencesOf } from "../../../schema/entity/generator.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Decided, Decision, Known } from "../../../store/index.ts";
import { renderOutcome, type DataError, type Processed } from "../language/envelope.ts";
import { parseProjection } from "../language/projection.ts";
import { isTrue } from "../language/values.ts";
import { parseWindow, within } from "../language/range.ts";
import {
  currentOnly,
  dataOf,
  requireAccess,
  resolveVersion,
  type EntityRequest,
} from "../language/request.ts";
import {
  changesBetween,
  documentVersionOf,
  newIdentifier,
  showSent,
  showStored,
  type Showing,
} from "./documents.ts";
import { put, upsertOf, type Prepared, type Work } from "./upsert.ts";

/** A request, and identifiers for the documents that have none. */
interface Putable extends EntityRequest {
  readonly ids: readonly string[];
}

const prepare = (request: Putable, registry: Registry, role: string | null): Prepared => {
  const { entity, version } = resolveVersion(registry, request.entity, request.version);
  const { body } = request;
  const isSave = request.command === "save";
  const upsert = isSave && isTrue(body["upsert"]);
  const operations = isSave ? (["update"] as const) : (["insert"] as const);
  requireAccess(version, upsert ? ["update", "insert"] : operations, role);
  const raw = dataOf(body);
  return {
    entity,
    version,
    type: registry.types.get(entity.name),
    sent: raw.map((each) => readDocument(version, each)),
    raw,
    rules: parseProjection(body["projection"], { version, role }),
    ids: request.ids,
    isSave,
    upsert,
    current: isSave ? currentOnly(body) : null,
  };
};

const isRestored = ({ row }: Work): boolean => row?.is_deleted === 1;

const changeOf = (entity: string, id: string, work: Work): Change => {
  if (work.row === null) {
    return {
      kind: "create",
      identifier: id,
      payloadType: entity,
      parentIdentifier: null,
      derivedFrom: [],
      license: null,
      accessLevel: "internal",
      payload: work.payload,
    };
  }
  return {
    kind: "update",
    identifier: id,
    expectedVersion: work.row.version,
    ...(isRestored(work) ? { isDeleted: false } : {}),
    payload: changesBetween(work.before, work.payload),
  };
};

const versionAfter = (work: Work): number => {
  if (work.row === null) return 1;
  const isSame = !isRestored(work) && jsonEqual(work.before, work.payload);
  return isSame ? work.row.version : work.row.version + 1;
};

const decide = (request: EntityRequest, prepared: Prepared, known: Known): Decided => {
  const { version, sent, raw } = prepared;
  const { principal, compare: count } = known;
  const showing: Showing = { version, role: principal.role, rules: prepared.rules, count };
  const upserting = upsertOf(prepared, known);
  const fates = sent.map((each, at) => put(upserting, each, at));
  const processed: Processed[] = [];
  const dataErrors: DataError[] = [];
  for (const [at, { id, payload, errors, isStored }] of fates.entries()) {
    const work = upserting.works.get(id);
    const documentVersion = documentVersionOf(id, work === undefined ? 1 : versionAfter(work));
    const rendered = (): JsonObject =>
      showStored(showing, { identifier: id, documentVersion, payload });
    if (errors.length === 0) processed.push({ document: rendered(), documentVersion });
    else if (isStored) dataErrors.push({ data: rendered(), errors });
    else {
      const data = showSent(version, id, { payload, given: raw[at] }, known.principal.role);
      dataErrors.push({ data, errors });
    }
  }
  const status =
    dataErrors.length === 0 ? "COMPLETE" : processed.length === 0 ? "ERROR" : "PARTIAL";
  return {
    changes: [...upserting.works].map(([id, work]) => changeOf(version.entity, id, work)),
    answer: renderOutcome(request.command, version, {
      status,
      modified: processed.length,
      matched: 0,
      processed: within(processed, parseWindow(request.body)),
      dataErrors,
    }),
  };
};

/** The stored documents that may have the identity of a sent one. */
const identityCondition = ({ version, sent, isSave }: Prepared): Condition | null => {
  const [name] = version.identity;
  if (!isSave || name === undefined) return null;
  const values = sent.flatMap(({ members }) => {
    const value = members[name] ?? null;
    return typeof value === "object" ? [] : [value];
  });
  return values.length === 0
    ? null
    : { kind: "in", path: keyPath(name), values: [...new Set(values)] };
};

/** The decision of an insert or a save. */
export function putDecision(given: EntityRequest): Decision {
  // An invalid window is an error with any registry.
  parseWindow(given.body);
  // Generated once: a refused document is found again by its identifier.
  const request = { ...given, ids: dataOf(given.body).map(newIdentifier) };
  return {
    actions:
      request.command === "insert"
        ? ["create"]
        : isTrue(request.body["upsert"])
          ? ["update", "create"]
          : ["update"],
    subject: (registry, principal) => {
      const prepared = prepare(request, registry, principal.role);
      return {
        payloadType: prepared.entity.name,
        identifiers: prepared.sent.flatMap(({ id }) =>
          id !== null && isIdentifier(id) ? [id] : [],
        ),
        condition: identityCondition(prepared),
        sequences: sequencesOf(prepared.version),
      };
    },
    decide: (known) =>
      decide(request, prepare(request, known.registry, known.principal.role), known),
  };
}
