/** What happened, and who did it: writes of resources and the events beside them, in one order. */
import { authorize } from "../../identity/policy.ts";
import type { Principal } from "../../identity/principal.ts";
import { LIMITS } from "../../model/limits.ts";
import type { InstantMicros } from "../../model/time.ts";
import type { AsOf } from "../../query/query.ts";
import type { audit } from "../tables/core.ts";
import { readView } from "./meta.ts";
import type { ReadContext } from "./read-context.ts";
import { raw, sql, type Sql, type Statement } from "../sql/template.ts";

/** One line of the audit. */
export interface AuditRecord {
  /** The transaction of a write; null for everything else. */
  readonly transaction: number | null;
  readonly recordedAt: InstantMicros;
  readonly principal: string;
  readonly surface: string;
  readonly operation: string;
  readonly route: string;
  readonly requestId: string;
  readonly resources: number;
  /** Why a write was made; null where no reason was given, and for reads. */
  readonly reason: string | null;
  /** The restricted resources whose objects were given out, or that webhooks were told of. */
  readonly identifiers?: readonly string[];
}

/** A place in the audit: behind one record. */
export interface AuditPosition {
  readonly recordedAt: InstantMicros;
  /** 0: a transaction, 1: another event. */
  readonly kind: number;
  readonly id: number;
}

/** Which part of the audit is wanted. */
export interface AuditWanted {
  readonly after?: AuditPosition;
  readonly order: "asc" | "desc";
  readonly limit: number;
  readonly asOf: AsOf;
}

/** A part of the audit. */
export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /** Where the next page begins; null on the last one. */
  readonly next: AuditPosition | null;
}

/** An event, or a transaction in the same columns. */
interface AuditRow extends Readonly<typeof audit.$inferSelect> {
  readonly kind: AuditPosition["kind"];
  /** 0: the page ends before it; its reason and identifiers are left out. */
  readonly fits: number;
}

const HEAD = "recorded_at, principal, surface, operation, route, request_id, resources";
const COLUMNS = `${HEAD}, reason`;

/** Bytes of what may be long in a record. */
const LONG = "coalesce(octet_length(reason), 0) + coalesce(octet_length(identifiers), 0)";

/** Events that had happened in the state looked at. */
const known = ({ asOf }: AuditWanted): Sql =>
  asOf.kind === "instant" ? sql`t.recorded_at <= CAST(${asOf.instant} AS INTEGER)` : raw("1");

const branch = (kind: 0 | 1, wanted: AuditWanted): Sql => {
  const { after, order, limit } = wanted;
  const operator = raw(order === "asc" ? ">" : "<");
  const beyond =
    after === undefined
      ? raw("1")
      : sql`t.recorded_at ${operator}= ${after.recordedAt} AND (t.recorded_at, ${kind}, t.id) ${operator} (${after.recordedAt}, ${after.kind}, ${after.id})`;
  const direction = raw(order === "asc" ? "ASC" : "DESC");
  const identifiers = raw(kind === 0 ? "NULL AS identifiers" : "t.identifiers");
  return sql`SELECT * FROM (SELECT ${kind} AS kind, t.id, ${raw(COLUMNS)}, ${identifiers}
    FROM ${raw(kind === 0 ? "transactions" : "audit")} t WHERE ${known(wanted)} AND ${beyond}
    ORDER BY t.recorded_at ${direction}, t.id ${direction} LIMIT CAST(${limit + 1} AS INTEGER))`;
};

/** The next records; those beyond the bytes of a page come without what may be long. */
const page = (wanted: AuditWanted): Statement<AuditRow> => {
  const direction = wanted.order === "asc" ? "ASC" : "DESC";
  const order = raw(`ORDER BY recorded_at ${direction}, kind ${direction}, id ${direction}`);
  return sql`SELECT kind, id, ${raw(HEAD)}, fits, iif(fits, reason, NULL) AS reason,
      iif(fits, identifiers, NULL) AS identifiers
    FROM (SELECT *, sum(${raw(LONG)}) OVER (${order}) <= ${LIMITS.pageBytesMax}
        OR row_number() OVER (${order}) = 1 AS fits
      FROM (SELECT * FROM (${branch(0, wanted)} UNION ALL ${branch(1, wanted)})
        ${order} LIMIT CAST(${wanted.limit + 1} AS INTEGER)))
    ${order}`;
};

const toRecord = (row: AuditRow): AuditRecord => ({
  transaction: row.kind === 0 ? row.id : null,
  recordedAt: row.recorded_at,
  principal: row.principal,
  surface: row.surface,
  operation: row.operation,
  route: row.route,
  requestId: row.request_id,
  resources: row.resources,
  reason: row.reason,
  ...(row.identifiers === null
    ? {}
    : { identifiers: JSON.parse(row.identifiers) as readonly string[] }),
});

/**
 * Reads a page of the audit.
 *
 * @throws AppError `forbidden` for everybody but admins.
 */
export async function readAudit(
  readContext: ReadContext,
  principal: Principal,
  wanted: AuditWanted,
): Promise<AuditPage> {
  const answer = await readView(readContext, principal, wanted.asOf, (_view, caller) => {
    authorize(caller, "administer", "*");
    return [page(wanted)];
  });
  const [rows] = answer.results;
  const beyond = rows.findIndex(({ fits }) => fits === 0);
  const shown = rows.slice(0, beyond === -1 ? wanted.limit : Math.min(beyond, wanted.limit));
  const last = shown.at(-1);
  const more = rows.length > shown.length && last !== undefined;
  return {
    records: shown.map(toRecord),
    next: more
      ? {
          recordedAt: last.recorded_at,
          kind: last.kind,
          id: last.id,
        }
      : null,
  };
}
