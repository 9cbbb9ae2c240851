/** Files and transfers, as far as the caller may see them. */
import type { Json, JsonObject } from "../../../model/json.ts";
import { formatInstant } from "../../../model/time.ts";
import { columnPath, keyPath } from "../../../query/path.ts";
import type { Row } from "../../../store/index.ts";
import type { HarvestContext } from "./context.ts";
import { findOne, payloadIn } from "./list.ts";
import { membersOf } from "./admin-resources/kind.ts";
import { notFound } from "./runs.ts";

const USER = "user:";

/** Files belong to the users that harvested them; a key owns none. */
const ownerOf = ({ owner }: Row): Json =>
  owner.startsWith(USER) ? owner.slice(USER.length) : null;

/** A file as callers see it. */
const renderFile = (row: Row): JsonObject => {
  const payload = payloadIn(row);
  return {
    id: row.identifier,
    ...membersOf(payload, [
      "persistent_id",
      "persistent_id_type",
      "instrument_id",
      "source_path",
      "filename",
      "size_bytes",
      "source_mtime",
      "xxhash",
      "sha256",
      "s3_path",
    ]),
    first_discovered_at: formatInstant(row.created_at),
    metadata_: payload["metadata"] ?? {},
    owner_id: ownerOf(row),
  };
};

/** A transfer as callers see it. */
const renderTransfer = (row: Row): JsonObject => {
  const payload = payloadIn(row);
  return {
    id: row.identifier,
    ...membersOf(payload, [
      "file_id",
      "storage_location_id",
      "destination_path",
      "transfer_adapter",
      "status",
      "bytes_transferred",
      "source_checksum",
      "dest_checksum",
      "checksum_verified",
      "started_at",
      "completed_at",
      "error_message",
    ]),
    prefect_flow_run_id: payload["harvest_run_id"] ?? null,
  };
};

/** The files that a caller sees, of an instrument or of all of them. */
export function filesOf(instrument: string | undefined) {
  return {
    payloadType: "file",
    ...(instrument === undefined ? {} : { where: { instrument_id: instrument } }),
    sort: [{ path: columnPath("created_at"), direction: "desc" as const }],
    admin: false,
    render: renderFile,
  };
}

/** The transfers that a caller sees, of a file or of all of them. */
export function transfersOf(file: string | undefined) {
  return {
    payloadType: "transfer",
    ...(file === undefined ? {} : { where: { file_id: file } }),
    sort: [{ path: keyPath("started_at"), direction: "desc" as const }],
    admin: false,
    render: renderTransfer,
  };
}

/** A file. @throws AppError `not_found` for one that the caller does not see. */
export async function readFile(context: HarvestContext, id: string): Promise<JsonObject> {
  const row = await findOne(context, "file", id, false);
  if (row === undefined) throw notFound("File");
  return renderFile(row);
}

/** A transfer. @throws AppError `not_found` for one whose file the caller does not see. */
export async function readTransfer(context: HarvestContext, id: string): Promise<JsonObject> {
  const row = await findOne(context, "transfer", id, false);
  if (row === undefined) throw notFound("Transfer");
  return renderTransfer(row);
}
