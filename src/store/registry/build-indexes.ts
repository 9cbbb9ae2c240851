/**
 * Builds indexes that admins have added, some rows at a time. SQLite makes an index in one statement, during
 * which nobody else gets an answer; so it is begun empty, as an index of the rows that have a mark, and
 * rows get their mark slice by slice. Rows that are written meanwhile have it from the start. Each slice is a
 * batch with its progress: one that is lost is done again, and of two at once one is undone.
 */
import type { Principal } from "../../identity/principal.ts";
import type { IndexRecord } from "../../schema/indexed.ts";
import type { VersionedRegistry } from "../../schema/registry.ts";
import type { IndexMark, PayloadType } from "../../schema/type.ts";
import { beginIndex, markColumn, projectionTable } from "../projection/table.ts";
import { built, db } from "../sql/builder.ts";
import { isConflict, type Session } from "../sql/session.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";
import { indexSlots } from "../tables/core.ts";
import { nextVersion, readDefinitions } from "./types.ts";

const BUILDER: Principal = { kind: "system", id: "system:indexes", role: null };

/** Rows that get their mark in one batch: some tenths of a second, also with two indexes of long texts. */
const SLICE_ROWS = 10_000;

/** When a run stops although there is more to do. */
export interface IndexPace {
  /** Rows of a slice; absent: so many that a slice is short. */
  readonly sliceRows?: number;
  /** Batches, at most. */
  readonly batchesMax: number;
  readonly millisMax: number;
}

/** An index that is being built, with the registry that knows of it. */
interface Work {
  readonly registry: VersionedRegistry;
  readonly type: PayloadType;
  readonly record: IndexRecord;
}

const SLOTS = built(db.select().from(indexSlots));

/** The index is as far as it was when the batch was planned. */
const unchanged = ({ record: { payloadType, field, mark, progress } }: Work): Sql =>
  sql`INSERT INTO guard (stale) SELECT NOT EXISTS (SELECT 1 FROM type_indexes
    WHERE payload_type = ${payloadType} AND field = ${field} AND state = 'building'
      AND slot IS ${mark?.slot ?? null} AND mark IS ${mark?.mark ?? null} AND progress = ${progress})`;

const ofRecord = ({ record: { payloadType, field } }: Work): Sql =>
  sql`WHERE payload_type = ${payloadType} AND field = ${field}`;

const CLEAR = raw("DELETE FROM guard");

/** The first slot that no other index of the type has. */
const freeSlot = ({ registry, type }: Work): number => {
  const taken = new Set(
    registry.indexRecords
      .filter(({ payloadType }) => payloadType === type.name)
      .flatMap(({ mark }) => mark?.slot ?? []),
  );
  let slot = 0;
  while (taken.has(slot)) slot += 1;
  return slot;
};

/** Makes the empty index. From then on rows are written with its mark. */
const begin = async (session: Session, work: Work): Promise<void> => {
  const { registry, type, record } = work;
  const [rows] = await session.batch([SLOTS]);
  const slots = rows.find((row) => row.payload_type === type.name)?.slots ?? 0;
  // No row has the number of a version of the registry that is only now reached.
  const mark: IndexMark = { slot: freeSlot(work), mark: registry.version + 1 };
  const isNew = mark.slot >= slots;
  await session.batch([
    unchanged(work),
    ...nextVersion(registry.version),
    ...beginIndex(type, record.field, mark, isNew).map(raw),
    ...(isNew
      ? [
          sql`INSERT INTO index_slots (payload_type, slots) VALUES (${type.name}, ${mark.slot + 1})
            ON CONFLICT (payload_type) DO UPDATE SET slots = excluded.slots`,
        ]
      : []),
    sql`UPDATE type_indexes SET slot = ${mark.slot}, mark = ${mark.mark}, progress = 0,
      rid_last = (SELECT coalesce(max(rid), 0) FROM ${raw(projectionTable(type.name))}) ${ofRecord(work)}`,
    CLEAR,
  ]);
};

interface ProgressRow {
  readonly progress: number;
}

/** Gives some rows the mark; answers the last of them. */
const slice = async (session: Session, work: Work, mark: IndexMark, most: number) => {
  const { progress } = work.record;
  const table = raw(projectionTable(work.type.name));
  const column = raw(markColumn(mark.slot));
  const last = sql`(SELECT max(s.rid) FROM (SELECT y.rid FROM ${table} y WHERE y.rid > ${progress}
    ORDER BY y.rid LIMIT ${raw(String(most))}) s)`;
  const told: Statement<ProgressRow> = sql`SELECT progress FROM type_indexes ${ofRecord(work)}`;
  const results = await session.batch([
    unchanged(work),
    sql`UPDATE ${table} SET ${column} = ${raw(String(mark.mark))}
      WHERE rid > ${progress} AND rid <= ${last} AND ${column} IS NOT ${raw(String(mark.mark))}`,
    sql`UPDATE type_indexes SET progress = coalesce(${last}, rid_last) ${ofRecord(work)}`,
    CLEAR,
    told,
  ]);
  return (results[4] ?? [])[0]?.progress ?? progress;
};

/** Every row has the mark: queries use the index from now on. */
const finish = async (session: Session, work: Work): Promise<void> => {
  await session.batch([
    unchanged(work),
    ...nextVersion(work.registry.version),
    sql`UPDATE type_indexes SET state = 'ready' ${ofRecord(work)}`,
    CLEAR,
  ]);
};

/** The next index to be built, by the registry as it is; undefined for none. */
const nextWork = async (session: Session): Promise<Work | undefined> => {
  const { registry } = await readDefinitions(session, BUILDER);
  const record = registry.indexRecords.find(({ state }) => state === "building");
  const type = record === undefined ? undefined : registry.types.get(record.payloadType);
  return record === undefined || type === undefined ? undefined : { registry, type, record };
};

const advance = async (
  session: Session,
  work: Work,
  pace: IndexPace,
): Promise<Work | undefined> => {
  const { record } = work;
  if (record.mark === null) {
    await begin(session, work);
    return nextWork(session);
  }
  if (record.progress < record.ridLast) {
    const rows = pace.sliceRows ?? SLICE_ROWS;
    const progress = await slice(session, work, record.mark, rows);
    return { ...work, record: { ...record, progress } };
  }
  await finish(session, work);
  return nextWork(session);
};

/**
 * Builds indexes until all are complete, or the pace says stop: a later run goes on.
 *
 * @returns whether all are complete.
 */
export async function buildIndexes(session: Session, pace: IndexPace): Promise<boolean> {
  const deadline = Date.now() + pace.millisMax;
  let work = await nextWork(session);
  for (let batches = 0; work !== undefined; batches += 1) {
    if (batches >= pace.batchesMax || Date.now() >= deadline) return false;
    try {
      work = await advance(session, work, pace);
    } catch (error) {
      // Another run has done the step, or an admin has changed the indexes meanwhile.
      if (!isConflict(error)) throw error;
      return false;
    }
  }
  return true;
}
