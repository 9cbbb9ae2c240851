/** The records of uploads: principal, promised size and digest, and state. */
import { and, eq, inArray, ne, sql as expression } from "drizzle-orm";
import { authorizeSome } from "../../identity/policy.ts";
import { AppError } from "../../model/error.ts";
import { firstSegment } from "../../model/object-key.ts";
import type { Principal } from "../../identity/principal.ts";
import type { ObjectFacts, PromisedObject, UploadState } from "../../model/stored-object.ts";
import type { InstantMicros } from "../../model/time.ts";
import { jsonChunks } from "../sql/chunks.ts";
import { built, db, listed } from "../sql/builder.ts";
import {
  columnsOf,
  computed,
  insertInto,
  returning,
  select,
  type RowOfColumns,
} from "../sql/columns.ts";
import type { Session } from "../sql/session.ts";
import { uploads } from "../tables/core.ts";
import { authGuards } from "../accounts/auth-state.ts";
import { readWithMeta } from "../read/meta.ts";
import { refuseWhen } from "../write/guard.ts";
import { prefixStatements, readPrefixes, refuseHarvested, type PrefixUse } from "./prefixes.ts";
import { referencesTo } from "../read/objects.ts";
import { withRetries } from "../sql/retry.ts";
import type { InTurn } from "../tasks/queue.ts";
import { heldOf, isOverQuota, refuseOverQuota } from "../tasks/quota.ts";
import { raw, sql, type Sql } from "../sql/template.ts";
import { currentIn, openIn, viewOf } from "../visibility/visible.ts";
import { NOW } from "../../query/query.ts";

/** An upload of the caller, and the resources that name its object. */
export interface Upload extends ObjectFacts {
  readonly path: string;
  readonly state: UploadState;
  /** Live resources that the caller sees. */
  readonly namedBy: readonly { readonly identifier: string; readonly payloadType: string }[];
}

const refuseHarvestGroups = (
  promised: readonly PromisedObject[],
  uses: ReadonlyMap<string, PrefixUse>,
): void => {
  const detail = "Expected a group below which no harvested files lie.";
  const details = promised.flatMap(({ path }, index) =>
    uses.get(firstSegment(path))?.harvest === true
      ? [{ index, path: "group", code: "invalid_value", detail }]
      : [],
  );
  if (details.length > 0) throw new AppError("invalid_value", `group: ${detail}`, { details });
};

/** What the recording of promised uploads needs. */
export interface Promising {
  readonly session: Session;
  readonly now: InstantMicros;
  readonly inTurn: InTurn;
}

const PROMISES = insertInto(
  uploads,
  "path",
  "principal",
  "state",
  "content_type",
  "size_bytes",
  "sha256",
  "created_at",
  "expires_at",
);

const promiseOnce = async (
  { session, now }: Promising,
  principal: Principal,
  promised: readonly PromisedObject[],
): Promise<void> => {
  const [first] = promised;
  const groups = [...new Set(promised.map(({ path }) => firstSegment(path)))];
  const answer = await readWithMeta(session, principal, (caller) => {
    authorizeSome(caller, "create");
    return [
      select({
        ...heldOf("uploads", caller),
        done: computed<number>(
          sql`EXISTS (SELECT 1 FROM uploads WHERE path = ${first?.path ?? ""})`,
        ),
      })``,
      ...prefixStatements(groups),
    ];
  });
  const { principal: caller } = answer;
  const [[held], ...prefixes] = answer.results;
  // Paths are unique, so an existing one means that an earlier attempt was committed, but its
  // acknowledgement was lost.
  if (first === undefined || held?.done === 1) return;
  refuseHarvestGroups(promised, readPrefixes(prefixes.flat()));
  refuseOverQuota("uploads", held, promised.length);
  const rows = promised.map((each) => [
    each.path,
    each.contentType,
    each.sizeBytes,
    each.sha256,
    each.expiresAt,
  ]);
  await session.batch([
    ...refuseWhen(authGuards(caller, answer.meta.authEpoch)),
    ...refuseHarvested(groups),
    ...jsonChunks(rows).map(
      ({ text }) => sql`${PROMISES}
        SELECT j.value ->> 0, ${caller.id}, 'promised', j.value ->> 1, j.value ->> 2, j.value ->> 3,
          CAST(${now} AS INTEGER), j.value ->> 4 FROM json_each(${text}) j`,
    ),
    sql`INSERT INTO guard (stale) SELECT ${isOverQuota("uploads", caller)}`,
    raw("DELETE FROM guard"),
  ]);
};

/**
 * Records promised uploads, all or none.
 *
 * @throws AppError `forbidden` or `unauthenticated` when the caller may not write, `invalid_value`
 *   for a group below which harvested files lie, `too_many_requests` when too many uploads of the
 *   caller are unfinished.
 */
export function promiseUploads(
  promising: Promising,
  principal: Principal,
  promised: readonly PromisedObject[],
): Promise<void> {
  return withRetries(promising.inTurn, () => promiseOnce(promising, principal, promised));
}

const FACTS = columnsOf(uploads, "path", "state", "content_type", "size_bytes", "sha256");

const columnsFor = (principal: Principal, bucket: string) => {
  const view = viewOf(principal, NOW);
  const named = sql`(
    SELECT json_group_array(json_array(r.identifier, r.payload_type) ORDER BY r.rid)
    FROM (SELECT DISTINCT o.rid FROM (SELECT 1) CROSS JOIN ${referencesTo(bucket, "u.path", "o")}
      AND ${openIn(view, "o")}) n
    CROSS JOIN resources r ON r.rid = n.rid WHERE ${currentIn(view, "r")})`;
  return { ...FACTS, named_by: computed<string>(named) };
};

const own = (principal: Principal, key: string, bucket: string) =>
  select(columnsFor(principal, bucket), "u")`FROM uploads u
    WHERE u.path = ${key} AND u.principal = ${principal.id} AND u.state <> 'swept'`;

const uploadOf = (row: RowOfColumns<ReturnType<typeof columnsFor>>): Upload => ({
  path: row.path,
  state: row.state,
  contentType: row.content_type,
  sizeBytes: row.size_bytes,
  sha256: row.sha256,
  namedBy: (JSON.parse(row.named_by) as [string, string][]).map(([identifier, payloadType]) => ({
    identifier,
    payloadType,
  })),
});

/**
 * The caller's own upload with a key; undefined when there is none.
 *
 * @throws AppError `forbidden` or `unauthenticated` when the caller may not write.
 */
export async function readUpload(
  session: Session,
  principal: Principal,
  key: string,
  bucket: string,
): Promise<Upload | undefined> {
  const answer = await readWithMeta(session, principal, (caller) => {
    authorizeSome(caller, "create");
    return [own(caller, key, bucket)];
  });
  const [[row]] = answer.results;
  return row === undefined ? undefined : uploadOf(row);
}

/** Records that an upload is complete, with the facts of its object. False when it was swept meanwhile. */
export async function finishUpload(
  session: Session,
  path: string,
  facts: ObjectFacts,
  now: InstantMicros,
): Promise<boolean> {
  const change = {
    state: "finished" as const,
    content_type: facts.contentType,
    size_bytes: facts.sizeBytes,
    sha256: facts.sha256,
    finished_at: expression`coalesce(${uploads.finished_at}, CAST(${now} AS INTEGER))`,
  };
  const isThere = and(eq(uploads.path, path), ne(uploads.state, "swept"));
  const update = db.update(uploads).set(change).where(isThere);
  const [rows] = await session.conclude([built(update.returning(columnsOf(uploads, "path")))]);
  return rows.length > 0;
}

/** Records that an object differs from its promise. A finished upload stays finished. */
export async function refuseUpload(session: Session, path: string): Promise<void> {
  const isOpen = and(eq(uploads.path, path), inArray(uploads.state, ["promised", "kept"]));
  await session.conclude([built(db.update(uploads).set({ state: "refused" }).where(isOpen))]);
}

/** The platform removes up to 1,000 objects in one call. */
const SWEPT_AT_ONCE = 1_000;
const DAY_MICROS = 86_400_000_000;

const namedAnywhere = (bucket: string): Sql =>
  sql`EXISTS (SELECT 1 FROM (SELECT 1) CROSS JOIN ${referencesTo(bucket, "u.path", "o")})`;

/**
 * Sweeps some uploads that were not finished within a day, and returns the keys whose objects may be
 * deleted. An object that any version of a resource names is kept.
 *
 * @param bucket its name.
 */
export async function sweepUploads(
  session: Session,
  bucket: string,
  now: InstantMicros,
): Promise<readonly string[]> {
  const due = sql`u.state IN ('promised', 'refused', 'swept')
    AND u.expires_at < CAST(${now} AS INTEGER) AND u.created_at < CAST(${now - DAY_MICROS} AS INTEGER)`;
  const atOnce = raw(`ORDER BY u.expires_at LIMIT ${SWEPT_AT_ONCE}`);
  const named = namedAnywhere(bucket);
  const [, rows] = await session.batch([
    sql`UPDATE uploads SET state = 'kept' WHERE path IN (
      SELECT u.path FROM uploads u WHERE ${due} AND u.state = 'promised' AND ${named} ${atOnce})`,
    returning(
      sql`UPDATE uploads SET state = 'swept' WHERE path IN (
        SELECT u.path FROM uploads u WHERE ${due} AND NOT ${named} ${atOnce})`,
      columnsOf(uploads, "path"),
    ),
  ]);
  return rows.map(({ path }) => path);
}

/** Deletes the records of uploads whose objects were deleted. */
export async function forgetUploads(session: Session, paths: readonly string[]): Promise<void> {
  await session.batch(
    jsonChunks(paths).map(({ text }) =>
      built(
        db
          .delete(uploads)
          .where(and(inArray(uploads.path, listed(text)), eq(uploads.state, "swept"))),
      ),
    ),
  );
}

/** The keys that no version of any resource names and that have no upload. */
export async function unnamedObjects(
  session: Session,
  keys: readonly string[],
  bucket: string,
): Promise<readonly string[]> {
  const results = await session.batch(
    jsonChunks(keys.map((path) => ({ path }))).map(
      ({ text }) => select({ path: computed<string>(raw("u.path")) })`FROM (
        SELECT j.value ->> 'path' AS path FROM json_each(${text}) j) u
      WHERE NOT ${namedAnywhere(bucket)} AND NOT EXISTS (
        SELECT 1 FROM uploads o WHERE o.path = u.path)`,
    ),
  );
  return results.flat().map(({ path }) => path);
}
