/** What happens to each document of an insert or a save. */
import { isIdentifier } from "../../../model/identifier.ts";
import type { Json, JsonObject } from "../../../model/json.ts";
import type { FieldRule } from "../../../query/projection.ts";
import type { SentDocument } from "../../../schema/entity/document.ts";
import { isInaccessible, inaccessibleNames } from "../../../schema/entity/access.ts";
import type { EntityError } from "../../../schema/entity/error.ts";
import { fill } from "../../../schema/entity/generator.ts";
import { ID, type Entity, type EntityVersion } from "../../../schema/entity/metadata.ts";
import { replaceValue } from "../../../schema/entity/replace.ts";
import { withoutNulls } from "../../../schema/entity/scalar.ts";
import type { PayloadType } from "../../../schema/type.ts";
import type { Known, LoadedRow } from "../../../store/index.ts";
import type { currentOnly } from "../language/request.ts";
import { accessErrors, constraintErrors, documentVersionOf, storeErrors } from "./documents.ts";

/** A request, parsed for a registry. */
export interface Prepared {
  readonly entity: Entity;
  readonly version: EntityVersion;
  readonly type: PayloadType | undefined;
  readonly sent: readonly SentDocument[];
  /** The documents as they were sent. */
  readonly raw: readonly Json[];
  readonly rules: readonly FieldRule[];
  /** New identifiers, one for each document: the same when the write is planned again. */
  readonly ids: readonly string[];
  readonly isSave: boolean;
  readonly upsert: boolean;
  readonly current: ReturnType<typeof currentOnly>;
}

/** A document as it will be after the write. */
export interface Work {
  readonly row: LoadedRow | null;
  readonly before: JsonObject;
  readonly payload: JsonObject;
}

/** One document of the request and what became of it. */
export interface Fate {
  readonly id: string;
  readonly payload: JsonObject;
  readonly errors: readonly EntityError[];
  /** True when the store refused the document: the response has its projection, not the sent document. */
  readonly isStored: boolean;
}

/** The state of an insert or a save while its documents are processed. */
export interface Upsert {
  readonly prepared: Prepared;
  readonly known: Known;
  /** What will be written, by identifier. */
  readonly works: Map<string, Work>;
  /** Stored documents by their identity. */
  readonly identified: ReadonlyMap<string, LoadedRow>;
}

const payloadOf = (row: LoadedRow): JsonObject => JSON.parse(row.payload ?? "{}") as JsonObject;

const identityText = (payload: JsonObject, names: readonly string[]): string =>
  JSON.stringify(names.map((name) => payload[name] ?? null));

/** Begins an insert or a save. */
export function upsertOf(prepared: Prepared, known: Known): Upsert {
  const { identity } = prepared.version;
  const rows = known.matched.map((row) => [identityText(payloadOf(row), identity), row] as const);
  return { prepared, known, works: new Map(), identified: new Map(rows) };
}

const isOurs = (row: LoadedRow | undefined, entity: string): row is LoadedRow =>
  row !== undefined && row.payload_type === entity && row.is_visible === 1;

/** The live document that a saved one replaces. */
const storedFor = (
  { prepared, known, identified }: Upsert,
  sent: SentDocument,
  payload: JsonObject,
): LoadedRow | undefined => {
  const { version, isSave } = prepared;
  if (!isSave) return undefined;
  if (version.identity.length > 0) return identified.get(identityText(payload, version.identity));
  const row = sent.id === null ? undefined : known.rows.get(sent.id);
  return isOurs(row, version.entity) && row.is_deleted === 0 ? row : undefined;
};

const staleness = (
  { current }: Prepared,
  id: string,
  row: LoadedRow | null,
  sent: SentDocument,
): readonly EntityError[] => {
  if (current === null) return [];
  const stale = [{ code: "mongo-crud:ConcurrentUpdate", msg: id }];
  const listed = current.get(id);
  if (row === null) return listed === undefined ? [] : stale;
  const now = documentVersionOf(row.identifier, row.version);
  return listed?.has(now) === true || sent.documentVersion === now ? [] : stale;
};

/** A tombstone that a new document restores, or why its identifier is not free. */
interface Room {
  readonly row: LoadedRow | null;
  readonly errors: readonly EntityError[];
}

const roomFor = ({ prepared, known }: Upsert, id: string): Room => {
  const row = known.rows.get(id);
  if (row === undefined) return { row: null, errors: [] };
  const isRestorable = isOurs(row, prepared.version.entity) && row.is_deleted === 1;
  return isRestorable
    ? { row, errors: [] }
    : { row: null, errors: [{ code: "mongo-crud:Duplicate", msg: ID }] };
};

/** The payload as its type stores it, where the entity is only the type. */
const normalised = (
  { entity, type }: Prepared,
  payload: JsonObject,
): { readonly payload: JsonObject; readonly errors: readonly EntityError[] } => {
  const result = entity.derived ? type?.validate(payload) : undefined;
  if (result === undefined) return { payload, errors: [] };
  if (result.ok) return { payload: result.payload, errors: [] };
  const errors = result.errors.map(({ path, detail }) => ({
    code: "crud:InvalidEntity",
    msg: `${path}: ${detail}`,
  }));
  return { payload, errors };
};

/** A document with everything that is known about it so far. */
interface Candidate {
  readonly sent: SentDocument;
  readonly id: string;
  /** With generated values. */
  readonly filled: JsonObject;
}

/** Violated constraints; a field that could not be parsed is not reported as missing, too. */
const constraintsOf = (
  version: EntityVersion,
  { sent, id }: Candidate,
  change: { readonly before: JsonObject | null; readonly after: JsonObject },
  role: string | null,
): readonly EntityError[] => {
  const unread = new Set(sent.errors.map(({ msg }) => msg));
  return constraintErrors(version, id, change, role).filter(
    ({ code, msg }) => code !== "crud:Required" || !unread.has(msg),
  );
};

/** Accepts a document unless there is an error. */
const take = (
  { prepared, known, works }: Upsert,
  { id, filled }: Candidate,
  work: Work,
  errors: readonly EntityError[],
): Fate => {
  if (errors.length > 0) return { id, payload: filled, errors, isStored: false };
  const otherwise = prepared.isSave ? "mongo-crud:SaveError" : "mongo-crud:InsertionError";
  const refused = storeErrors(known.refused.get(id) ?? [], otherwise);
  if (refused.length === 0) works.set(id, work);
  return { id, payload: work.payload, errors: refused, isStored: refused.length > 0 };
};

const create = (upserting: Upsert, candidate: Candidate): Fate => {
  const { prepared, known } = upserting;
  const { sent, id, filled } = candidate;
  const { version, isSave, upsert } = prepared;
  const stale = staleness(prepared, id, null, sent);
  const missing = { code: "mongo-crud:SaveError:InsertionAttemptWithNoUpsert", msg: id };
  const room = roomFor(upserting, id);
  const { payload, errors } = normalised(prepared, filled);
  const work = { row: room.row, before: room.row === null ? {} : payloadOf(room.row), payload };
  if (isSave && !upsert)
    return take(upserting, candidate, work, [...sent.errors, ...stale, missing]);
  return take(upserting, candidate, work, [
    ...sent.errors,
    ...stale,
    ...constraintsOf(version, candidate, { before: null, after: filled }, known.principal.role),
    // The caller is not responsible for generated values.
    ...accessErrors(
      prepared,
      { before: null, after: withoutNulls(sent.members) as JsonObject },
      known.principal.role,
    ),
    ...errors,
    ...room.errors,
  ]);
};

/** Replaces what is stored, or what an earlier document of the same request has written. */
const replace = (upserting: Upsert, candidate: Candidate, row: LoadedRow | undefined): Fate => {
  const { prepared, known, works } = upserting;
  const { sent, id, filled } = candidate;
  const { version } = prepared;
  const work = works.get(id);
  const before = work?.payload ?? (row === undefined ? {} : payloadOf(row));
  const { role } = known.principal;
  const members = withoutNulls(sent.members) as JsonObject;
  const replacing = { role, sent: members };
  const replaced = replaceValue(version.root, before, filled, replacing) as JsonObject;
  const { payload, errors } = normalised(prepared, replaced);
  const next = { row: work?.row ?? row ?? null, before: work?.before ?? before, payload };
  return take(upserting, candidate, next, [
    ...sent.errors,
    ...staleness(prepared, id, row ?? null, sent),
    ...constraintsOf(version, candidate, { before, after: replaced }, role),
    ...accessErrors(
      prepared,
      { before, after: replaced },
      role,
      inaccessibleNames(version.root, members, { operation: "update", role }),
    ),
    ...errors,
  ]);
};

/** Fields of the identity that a save names, although the role may neither read nor write them. */
const inaccessibleIdentity = (
  { prepared: { version, isSave, upsert }, known }: Upsert,
  { members }: SentDocument,
): readonly string[] => {
  if (!isSave) return [];
  const { role } = known.principal;
  const operations = upsert ? (["update", "insert"] as const) : (["update"] as const);
  return version.identity.filter((name) => {
    const field = version.root.fields.get(name);
    if (field === undefined || (members[name] ?? null) === null) return false;
    return operations.every((operation) => isInaccessible(field, operation, role));
  });
};

/** Decides on one document, and accepts it when it has no error. */
export function put(upserting: Upsert, sent: SentDocument, at: number): Fate {
  const { prepared, known, works } = upserting;
  const { version, isSave, upsert, ids } = prepared;
  const filled = withoutNulls(fill(version, sent.members, known.source)) as JsonObject;
  const row = storedFor(upserting, sent, filled);
  const id = row?.identifier ?? sent.id ?? ids[at] ?? "";
  const refused = (code: string): Fate => ({
    id,
    payload: filled,
    errors: [...sent.errors, { code, msg: ID }],
    isStored: false,
  });
  const isNamed = sent.id !== null || row !== undefined || version.identity.length > 0;
  if (isSave && !upsert && !isNamed) return refused("crud:Required");
  if (!isIdentifier(id)) return refused("metadata:IncompatibleValue");
  const candidate = { sent, id, filled };
  // Before anything reveals whether a document has such an identity.
  const inaccessible = inaccessibleIdentity(upserting, sent);
  if (inaccessible.length > 0) {
    const errors = inaccessible.map((msg) => ({ code: "crud:update:NoFieldAccess", msg }));
    const own = sent.id ?? ids[at] ?? "";
    return { id: own, payload: filled, errors: [...sent.errors, ...errors], isStored: false };
  }
  if (row === undefined && !works.has(id)) return create(upserting, candidate);
  if (!isSave) return refused("mongo-crud:Duplicate");
  if (sent.id !== null && sent.id !== id) return refused("mongo-crud:SaveError");
  return replace(upserting, candidate, row);
}
