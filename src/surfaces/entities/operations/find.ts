/** Find: documents by query, sort, window and projection, in one read. */
import { isJsonObject, type Json, type JsonObject } from "../../../model/json.ts";
import { LIMITS } from "../../../model/limits.ts";
import type { CountComparisons } from "../../../query/comparisons.ts";
import { columnPath } from "../../../query/path.ts";
import type { FieldRule } from "../../../query/projection.ts";
import type { Query } from "../../../query/query.ts";
import { refuse, quoted } from "../../../schema/entity/error.ts";
import type { EntityVersion } from "../../../schema/entity/metadata.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Found, Row } from "../../../store/index.ts";
import { AppError } from "../../../model/error.ts";
import { renderOutcome, type Processed } from "../language/envelope.ts";
import { parseProjection, parseSort, storedMembers } from "../language/projection.ts";
import { parseQuery } from "../language/query.ts";
import { parseWindow, sizeOf } from "../language/range.ts";
import {
  parseAsOf,
  requireAccess,
  resolveVersion,
  type EntityRequest,
} from "../language/request.ts";
import { documentVersionOf, showStored } from "./documents.ts";
import { byLatestMetadata, type Caller } from "./latest-metadata.ts";

/** A find, parsed for a registry and a role. */
export interface ReadFind {
  readonly version: EntityVersion;
  readonly query: Query;
  readonly rules: readonly FieldRule[];
  /** How many documents to return at most; null for no bound. */
  readonly size: number | null;
  readonly role: string | null;
  /** When a long search has to end with what it has found. */
  readonly until?: number;
}

/** A member of `execution` in milliseconds; null when it is absent. */
export function executionMillis(
  body: JsonObject,
  name: "timeLimit" | "asynchronous",
): number | null {
  const { execution } = body;
  const value = isJsonObject(execution) ? execution[name] : undefined;
  if (value === undefined || value === null) return null;
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0
    ? number
    : refuse("rest-crud:RestError", `execution.${name}: ${quoted(value)}`);
}

const CREATION = [{ path: columnPath("created_at"), direction: "asc" as const }];

/** Parses a find for a registry and a role. */
export function readFind(
  request: EntityRequest,
  registry: Registry,
  role: string | null,
): ReadFind {
  const { body } = request;
  // Errors that do not depend on the entity are reported before an unknown entity.
  const window = parseWindow(body);
  const size = sizeOf(window);
  const limit = executionMillis(body, "timeLimit");
  const asOf = parseAsOf(body["as_of"]);
  const { version } = resolveVersion(registry, request.entity, request.version);
  requireAccess(version, ["find"], role);
  const reader = { version, role };
  const sort = parseSort(body["sort"], reader);
  const rules = parseProjection(body["projection"], reader);
  const members = storedMembers(rules);
  return {
    version,
    role,
    rules,
    size,
    query: {
      payloadTypes: [version.entity],
      condition: parseQuery(body["query"], reader),
      sort: sort.length === 0 ? CREATION : sort,
      page: {
        limit: Math.max(1, Math.min(size ?? LIMITS.pageSizeMax, LIMITS.pageSizeMax)),
        ...(window.from === 0 ? {} : { offset: window.from }),
      },
      asOf,
      through: version.version,
      ...(members === undefined ? {} : { members }),
    },
    ...(limit === null ? {} : { until: Date.now() + limit }),
  };
}

/** A found row as a document of the version. */
export function processedOf(
  { version, rules, role }: Pick<ReadFind, "version" | "rules" | "role">,
  row: Row,
  count: CountComparisons,
): Processed {
  const documentVersion = documentVersionOf(row.identifier, row.version);
  const payload = rules.length === 0 ? {} : (JSON.parse(row.payload) as JsonObject);
  const { identifier } = row;
  return {
    document: showStored({ version, rules, role, count }, { identifier, documentVersion, payload }),
    documentVersion,
  };
}

/** Found rows as documents of the version; yields to other requests between them. */
const processAll = async (
  { store: { budget } }: Caller,
  read: Pick<ReadFind, "version" | "rules" | "role">,
  rows: readonly Row[],
): Promise<readonly Processed[]> => {
  const processed: Processed[] = [];
  for (const row of rows) {
    await budget.giveTurn();
    processed.push(processedOf(read, row, budget.compare));
  }
  return processed;
};

/** Thrown when the documents of a find are too large for one envelope. */
export class ResultTooLarge extends AppError {
  constructor(detail: string) {
    super("too_large", detail, { details: [{ path: "range", code: "too_large", detail }] });
  }
}

/** An envelope is built as a whole: a larger result has to be requested in parts, or streamed. */
const refuseLarge = ({ size, query }: ReadFind, found: Found, bytes: number): void => {
  if (found.next === null) return;
  const { rows } = found;
  if (rows.length < query.page.limit) {
    throw new ResultTooLarge(
      `Expected documents of at most ${bytes} bytes, which the first ${rows.length} of these have: ask for a shorter range, for fewer fields, or with stream=true.`,
    );
  }
  if (size !== null && size <= LIMITS.pageSizeMax) return;
  throw new ResultTooLarge(
    `Expected a range of at most ${LIMITS.pageSizeMax} documents, or stream=true.`,
  );
};

/** The result of a find: its envelope, and what can reproduce it. */
export interface FindAnswer {
  readonly body: JsonObject;
  readonly kept: KeptFind;
}

/** A completed find, without the content of its documents. */
export interface KeptFind {
  readonly entity: string;
  readonly version: string;
  readonly projection: Json;
  readonly status: "COMPLETE" | "PARTIAL";
  readonly matched: number;
  /** The transaction of the state that was read. */
  readonly transaction: number;
  /** Identifier and version number of each document, in order. */
  readonly documents: readonly (readonly [string, number])[];
}

const envelopeFor = (
  version: EntityVersion,
  { status, matched }: Pick<KeptFind, "status" | "matched">,
  processed: readonly Processed[],
): JsonObject =>
  renderOutcome("find", version, { status, modified: 0, matched, processed, dataErrors: [] });

/**
 * Runs a find.
 *
 * @param bytes bytes that its documents may have together.
 * @throws ResultTooLarge for more than one envelope holds.
 */
export function find(
  caller: Caller,
  request: EntityRequest,
  bytes: number = LIMITS.pageBytesMax,
): Promise<FindAnswer> {
  return byLatestMetadata(caller, async (registry, principal) => {
    const read = readFind(request, registry, principal.role);
    const found = await caller.store.find(principal, read.query, {
      children: false,
      count: true,
      bytes,
      ...(read.until === undefined ? {} : { until: read.until }),
    });
    refuseLarge(read, found, bytes);
    const rows = read.size === 0 ? [] : found.rows;
    const kept: KeptFind = {
      entity: read.version.entity,
      version: read.version.version,
      projection: request.body["projection"] ?? null,
      status: found.partial ? "PARTIAL" : "COMPLETE",
      matched: found.count ?? 0,
      transaction: found.transaction,
      documents: rows.map((row) => [row.identifier, row.version]),
    };
    const processed = await processAll(caller, read, rows);
    return {
      value: { body: envelopeFor(read.version, kept, processed), kept },
      registryVersion: found.registryVersion,
      principal: found.principal,
    };
  });
}

const gone = (): AppError =>
  new AppError("not_found", "There is no such task: not all that it found may be seen any more.");

/** Identifiers of this many documents fit into one parameter, however long they are. */
const AGAIN_AT_ONCE = 1_000;

/** The query for some of the documents that a find has found, in the state that it read. */
const queryAgain = (
  { entity, transaction }: KeptFind,
  { version, rules }: Pick<ReadFind, "version" | "rules">,
  documents: KeptFind["documents"],
): Query => {
  const members = storedMembers(rules);
  return {
    payloadTypes: [entity],
    condition: { kind: "true" },
    identifiers: documents.map(([identifier]) => identifier),
    sort: CREATION,
    page: { limit: Math.max(1, documents.length) },
    asOf: { kind: "transaction", transaction },
    through: version.version,
    ...(members === undefined ? {} : { members }),
  };
};

/**
 * The envelope of a stored find: its documents as they were, for a caller that may see all of them
 * now.
 *
 * @throws AppError `not_found` when one of them is hidden now; EntityErrorItem when the version is.
 */
export function findAgain({ store, principal: caller }: Caller, kept: KeptFind) {
  return byLatestMetadata({ store, principal: caller }, async (registry, principal) => {
    const { role } = principal;
    const { version } = resolveVersion(registry, kept.entity, kept.version);
    requireAccess(version, ["find"], role);
    const read = { version, role, rules: parseProjection(kept.projection, { version, role }) };
    const processed: Processed[] = [];
    let seen = { registryVersion: registry.version, principal };
    for (let at = 0; at === 0 || at < kept.documents.length; at += AGAIN_AT_ONCE) {
      const documents = kept.documents.slice(at, at + AGAIN_AT_ONCE);
      const found = await store.find(principal, queryAgain(kept, read, documents), {
        children: false,
      });
      const rows = new Map(found.rows.map((row) => [row.identifier, row]));
      const again = documents.map(([identifier, number]) => {
        const row = rows.get(identifier);
        // They fitted on one page before, and so do parts of them.
        if (row?.version !== number) throw gone();
        return row;
      });
      processed.push(...(await processAll({ store, principal }, read, again)));
      seen = found;
    }
    return {
      value: envelopeFor(version, kept, processed),
      registryVersion: seen.registryVersion,
      principal: seen.principal,
    };
  });
}

/** The envelope of an explain: the query plan of the find. For admins. */
export function explain(caller: Caller, request: EntityRequest): Promise<JsonObject> {
  return byLatestMetadata(caller, async (registry, principal) => {
    const { version, query } = readFind(request, registry, principal.role);
    const explained = await caller.store.explain(principal, query);
    const envelope = renderOutcome("explain", version, {
      status: "COMPLETE",
      modified: 0,
      matched: 0,
      processed: [],
      dataErrors: [],
    });
    const { sql, plan, isWhole } = explained;
    return {
      value: { ...envelope, resultMetadata: [{ sql, plan: [...plan], isWhole }] },
      registryVersion: explained.registryVersion,
      principal: explained.principal,
    };
  });
}
