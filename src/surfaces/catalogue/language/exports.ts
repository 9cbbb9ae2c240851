/** Renders exports. */
import { formatInstant, type InstantMicros } from "../../../model/time.ts";
import type { ExportRecord } from "../../../store/index.ts";
import type { ExportRead } from "../wire/exports.ts";

const MICROS_PER_SECOND = 1_000_000;

const orNull = (instant: InstantMicros | null): string | null =>
  instant === null ? null : formatInstant(instant);

/** The signed address of a file; `expires` is in seconds since 1970. */
export interface Address {
  readonly id: string;
  readonly expires: number;
  readonly holder: string;
  readonly signature: string;
}

const urlOf = (origin: string, { id, expires, holder, signature }: Address): string => {
  const query = new URLSearchParams({ expires: String(expires), holder, signature });
  return `${origin}/exports/${id}/file?${query.toString()}`;
};

/**
 * An export.
 *
 * @param address the address of its file; null while there is none.
 * @param origin the origin of this server, without a trailing slash.
 */
export function renderExport(
  record: ExportRecord,
  address: Address | null,
  origin: string,
): ExportRead {
  return {
    id: record.id,
    state: record.state,
    format: record.format,
    as_of: formatInstant(record.asOf),
    created_at: formatInstant(record.createdAt),
    finished_at: orNull(record.finishedAt),
    rows: record.rowCount,
    size_bytes: record.sizeBytes,
    fault: record.fault,
    expires_at: orNull(record.expiresAt),
    url: address === null ? null : urlOf(origin, address),
    url_expires_at: address === null ? null : formatInstant(address.expires * MICROS_PER_SECOND),
  };
}
