/** Model → wire. Responses are written as text around the stored payload, which is never parsed. */
import type { Json, JsonObject } from "../../../model/json.ts";
import { formatInstant } from "../../../model/time.ts";
import type { TransactionRecord } from "../../../model/transaction.ts";
import type { Feed, Row } from "../../../store/index.ts";

const nullable = (text: string | null): string => (text === null ? "null" : JSON.stringify(text));

/** A resource as JSON text: metadata, then the payload's members. */
const renderRow = (row: Row): string => {
  const children = row.children === undefined ? "" : `,"children":${row.children}`;
  const payload = row.payload === "{}" ? "" : `,${row.payload.slice(1, -1)}`;
  return (
    `{"identifier":${JSON.stringify(row.identifier)},"payload_type":"${row.payload_type}"` +
    `,"parent_identifier":${nullable(row.parent_identifier)},"derived_from":${row.derived_from ?? "[]"}` +
    `,"license":${nullable(row.license)},"access_level":"${row.access_level}"` +
    `,"schema_version":"${row.schema_version}","version":${row.version}` +
    `,"created_at":"${formatInstant(row.created_at)}","updated_at":"${formatInstant(row.updated_at)}"` +
    `${children}${payload}}`
  );
};

/** Resources as a JSON array. */
export function renderRows(rows: readonly Row[]): string {
  return `[${rows.map(renderRow).join(",")}]`;
}

const chosen = (row: Row, columns: ReadonlySet<string>): string => {
  const whole = JSON.parse(renderRow(row)) as JsonObject;
  const members = Object.entries(whole).filter(([name]) => columns.has(name));
  return JSON.stringify(Object.fromEntries(members));
};

/** Resources page by page, each as JSON text. */
export async function* renderedParts(
  first: readonly Row[],
  rest: AsyncIterable<readonly Row[]>,
): AsyncGenerator<readonly string[], void, undefined> {
  yield first.map(renderRow);
  for await (const rows of rest) yield rows.map(renderRow);
}

/** The members of a response that selects columns. */
export function selectedMembers(columns: readonly string[]): readonly string[] {
  return [...new Set(["identifier", "payload_type", ...columns])];
}

/** Resources with some of their members only. */
export function renderSelected(rows: readonly Row[], columns: readonly string[]): string {
  const names = new Set(selectedMembers(columns));
  return `[${rows.map((row) => chosen(row, names)).join(",")}]`;
}

/** The member of a reason; none without one. */
export function renderReason({ reason }: { readonly reason: string | null }): {
  readonly reason?: string;
} {
  return reason === null ? {} : { reason };
}

/** The audit record of a transaction. */
export function renderTransaction(record: TransactionRecord): JsonObject {
  return {
    id: record.id,
    instant: formatInstant(record.recordedAt),
    principal: record.principal,
    surface: record.surface,
    operation: record.operation,
    ...renderReason(record),
  };
}

/** A page of the feed, without the position after it. */
export function renderFeed({ entries, more }: Feed): JsonObject {
  return {
    changes: entries.map((entry) => ({
      transaction: entry.transaction,
      instant: formatInstant(entry.instant),
      identifier: entry.identifier,
      payload_type: entry.payloadType,
      version: entry.version,
      operation: entry.operation,
      ...renderReason(entry),
    })),
    more,
  };
}

/** A version of a history: the resource, whether it is a tombstone, and its transaction. */
export function renderVersion(row: Row, record: TransactionRecord): string {
  const extra = JSON.stringify({
    is_deleted: row.is_deleted === 1,
    transaction: renderTransaction(record),
  });
  return `${renderRow(row).slice(0, -1)},${extra.slice(1)}`;
}

/** A version as plain members, to compare. */
export function versionMembers(row: Row): Record<string, Json> {
  const {
    created_at: _created,
    updated_at: _updated,
    version: _version,
    ...members
  } = JSON.parse(renderRow(row)) as Record<string, Json>;
  return { ...members, is_deleted: row.is_deleted === 1 };
}
