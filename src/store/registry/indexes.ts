/**
 * Indexes that admins add to those of a payload type, or take away. A change is stored at once; what is added
 * is built by the Cron Trigger (`build-indexes.ts`), and queries use it once it is complete.
 */
import { AppError } from "../../model/error.ts";
import { quoted, suggestion } from "../../model/nearest.ts";
import type { WriteContext } from "../../model/transaction.ts";
import { authorize } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import { SCHEMA_BOUNDS } from "../../schema/bounds.ts";
import { KEPT_INDEXES } from "../../schema/builtin/index.ts";
import { declaredFields, isIndexable, type IndexRecord } from "../../schema/indexed.ts";
import { INTERNAL_TYPES } from "../../schema/internal.ts";
import { createRegistry, type VersionedRegistry } from "../../schema/registry.ts";
import type { ErrorDetail, PayloadType } from "../../schema/type.ts";
import { authGuards } from "../accounts/auth-state.ts";
import { recordEvent, type AuditContext } from "../audit/audit.ts";
import { dropIndex } from "../projection/table.ts";
import { withRetries } from "../sql/retry.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { refuseWhen } from "../write/guard.ts";
import { findResponse, foundResponse, saveResponse } from "../write/idempotency.ts";
import { nextVersion, readDefinitions, type Registering, type Registration } from "./types.ts";

/** The index of a field, as admins see it. */
export interface FieldIndex {
  readonly field: string;
  /** True: the type declares it, and nobody has added it. */
  readonly isDeclared: boolean;
  readonly state: "building" | "ready";
  /** The part of the rows that is in the index, from 0 to 1. */
  readonly progress: number;
}

/** The type with a name, of those that callers read the schemas of. */
const indexableType = (registry: VersionedRegistry, name: string): PayloadType => {
  const type = INTERNAL_TYPES.has(name) ? undefined : registry.types.get(name);
  if (type === undefined) throw new AppError("not_found", "No such payload type.");
  return type;
};

const recordsOf = (registry: VersionedRegistry, name: string): ReadonlyMap<string, IndexRecord> =>
  new Map(
    registry.indexRecords
      .filter(({ payloadType }) => payloadType === name)
      .map((each) => [each.field, each]),
  );

const progressOf = ({ state, mark, progress, ridLast }: IndexRecord): number => {
  if (state === "ready") return 1;
  if (mark === null) return 0;
  // The last step makes it ready: until then it is not complete.
  return ridLast === 0 ? 0.99 : Math.min(0.99, Math.floor((progress / ridLast) * 100) / 100);
};

/** The fields of a type that are indexed or about to be. */
const indexesIn = (registry: VersionedRegistry, name: string): readonly FieldIndex[] => {
  const records = recordsOf(registry, name);
  const declared = declaredFields(indexableType(registry, name));
  const fields = [...new Set([...declared, ...records.keys()])];
  return fields.flatMap((field): readonly FieldIndex[] => {
    const record = records.get(field);
    const isDeclared = declared.includes(field);
    if (record === undefined) return [{ field, isDeclared, state: "ready", progress: 1 }];
    if (record.state === "dropped") return [];
    return [{ field, isDeclared, state: record.state, progress: progressOf(record) }];
  });
};

const faultOf = (type: PayloadType, name: string): string | undefined => {
  const field = type.fields.get(name);
  if (field === undefined) {
    return `Expected a field of ${type.name}; it has no ${quoted(name)}.${suggestion(name, type.fields.keys())}`;
  }
  if (isIndexable(field)) return undefined;
  if (field.kind === "list" || field.kind === "json") {
    return `Expected a field with a text, a number, a boolean, a date or an instant; ${name} is of the kind ${field.kind}, which no index serves.`;
  }
  return `Expected a field that has had a column from the start of a strict type; ${name} has none.`;
};

/**
 * Passes for fields that may be the indexed ones of a type.
 *
 * @throws AppError `invalid_value` naming every error.
 */
const requireIndexable = (type: PayloadType, fields: readonly string[]): void => {
  const faults: ErrorDetail[] = [];
  const add = (path: string, detail: string): void => {
    faults.push({ path, code: "invalid_value", detail });
  };
  for (const [at, name] of fields.entries()) {
    const fault = faultOf(type, name);
    if (fault !== undefined) add(`fields.${at}`, fault);
    else if (fields.indexOf(name) < at) {
      add(`fields.${at}`, `Expected each field once; ${name} comes twice.`);
    }
  }
  if (fields.length > SCHEMA_BOUNDS.indexesMax) {
    const detail = `Expected at most ${SCHEMA_BOUNDS.indexesMax} fields, not ${fields.length}: each index is written with every resource of the type.`;
    add("fields", detail);
  }
  if (KEPT_INDEXES.has(type.name)) {
    for (const name of declaredFields(type).filter((each) => !fields.includes(each))) {
      add("fields", `Expected ${name} as well: the server itself finds ${type.name} by it.`);
    }
  }
  if (faults.length === 0) return;
  throw new AppError("invalid_value", `${faults[0]?.path}: ${faults[0]?.detail}`, {
    details: faults.slice(0, SCHEMA_BOUNDS.errorsMax),
  });
};

/** What is stored after a change, and which fields lose their index. */
interface IndexChange {
  readonly records: readonly IndexRecord[];
  readonly dropped: readonly string[];
  readonly isIdle: boolean;
}

const changeOf = (
  type: PayloadType,
  records: ReadonlyMap<string, IndexRecord>,
  wanted: readonly string[],
): IndexChange => {
  const declared = declaredFields(type);
  const isIndexed = (field: string): boolean =>
    (records.get(field)?.state ?? (declared.includes(field) ? "ready" : "dropped")) !== "dropped";
  const added = wanted.filter((field) => !isIndexed(field));
  const dropped = [...new Set([...declared, ...records.keys()])].filter(
    (field) => isIndexed(field) && !wanted.includes(field),
  );
  const recordOf = (field: string, state: IndexRecord["state"]): IndexRecord => ({
    payloadType: type.name,
    field,
    state,
    mark: null,
    progress: 0,
    ridLast: 0,
  });
  return {
    records: [
      ...[...records.values()].filter(
        ({ field }) => !added.includes(field) && !dropped.includes(field),
      ),
      ...added.map((field) => recordOf(field, "building")),
      ...dropped
        .filter((field) => declared.includes(field))
        .map((field) => recordOf(field, "dropped")),
    ],
    dropped,
    isIdle: added.length + dropped.length === 0,
  };
};

/** The records of a type are these from now on. */
const storeRecords = (name: string, records: readonly IndexRecord[]): readonly Sql[] => {
  const rows = records.map(({ field, state, mark, progress, ridLast }) => [
    field,
    state,
    mark?.slot ?? null,
    mark?.mark ?? null,
    progress,
    ridLast,
  ]);
  return [
    sql`DELETE FROM type_indexes WHERE payload_type = ${name}`,
    sql`INSERT INTO type_indexes (payload_type, field, state, slot, mark, progress, rid_last)
      SELECT ${name}, j.value->>0, j.value->>1, j.value->>2, j.value->>3, j.value->>4, j.value->>5
      FROM json_each(${JSON.stringify(rows)}) j`,
  ];
};

/** What a change of indexes is called by, and what it is to be. */
export interface IndexesWanted {
  readonly payloadType: string;
  readonly fields: readonly string[];
  readonly auditContext: AuditContext;
}

/** What a change of indexes led to. */
export interface IndexesSet extends Registration {
  readonly indexes: readonly FieldIndex[];
}

const setOnce = async (
  { session, now }: Registering,
  principal: Principal,
  context: WriteContext,
  { payloadType: name, fields, auditContext }: IndexesWanted,
): Promise<IndexesSet> => {
  const instant = now();
  const extra = findResponse(principal, context, instant);
  const known = await readDefinitions(session, principal, { extra });
  const { registry, principal: caller } = known;
  authorize(caller, "administer", "*");
  const replayed = foundResponse(known.extra[0], context) !== null;
  const type = indexableType(registry, name);
  if (replayed) return { registry, replayed, indexes: indexesIn(registry, name) };
  requireIndexable(type, fields);
  const change = changeOf(type, recordsOf(registry, name), fields);
  const memory = saveResponse(caller, context, sql`'{}'`, instant);
  if (change.isIdle) {
    if (memory.length > 0) await session.batch([...memory, raw("DELETE FROM guard")]);
    return { registry, replayed, indexes: indexesIn(registry, name) };
  }
  const others = registry.indexRecords.filter(({ payloadType }) => payloadType !== name);
  const next = createRegistry(
    registry.version + 1,
    known.stored.map(({ definition }) => definition),
    known.records,
    [...others, ...change.records],
  );
  const event = { surface: "catalogue", operation: "index_type", resources: 0 };
  await session.batch([
    ...refuseWhen(authGuards(caller, known.meta.authEpoch)),
    ...nextVersion(registry.version),
    ...change.dropped.flatMap((field) => dropIndex(type, field)).map(raw),
    ...storeRecords(name, change.records),
    recordEvent(caller.id, auditContext, { ...event, reason: context.reason }),
    ...memory,
    raw("DELETE FROM guard"),
  ]);
  return { registry: next, replayed, indexes: indexesIn(next, name) };
};

/**
 * Sets which fields of a payload type are indexed: records, dropped indexes, registry version and audit
 * change in one batch. For admins.
 *
 * @throws AppError `forbidden`, `not_found`, `invalid_value` naming every error, `conflict` after lost races.
 */
export function setIndexes(
  registering: Registering,
  principal: Principal,
  context: WriteContext,
  wanted: IndexesWanted,
): Promise<IndexesSet> {
  return withRetries(registering.inTurn, () => setOnce(registering, principal, context, wanted));
}

/**
 * The indexed fields of a payload type and how far their indexes are. For admins: how far one is tells of rows
 * that not everybody sees.
 *
 * @throws AppError `forbidden`, `not_found`.
 */
export async function readIndexes(
  { session }: Pick<Registering, "session">,
  principal: Principal,
  name: string,
): Promise<readonly FieldIndex[]> {
  const { registry, principal: caller } = await readDefinitions(session, principal);
  authorize(caller, "administer", "*");
  return indexesIn(registry, name);
}
