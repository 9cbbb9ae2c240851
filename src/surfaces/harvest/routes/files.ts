/** Files and transfers, as far as the caller may see them. */
import { findOne, payloadIn } from "../operations/list.ts";
import { contextOf } from "./context.ts";
import type { Api } from "../../../http/api.ts";
import type { Json, JsonObject } from "../../../model/json.ts";
import { formatInstant } from "../../../model/time.ts";
import { columnPath, keyPath } from "../../../query/path.ts";
import { notFound } from "../operations/runs.ts";
import type { Row } from "../../../store/index.ts";
import { answerList } from "./list.ts";
import { membersOf } from "../operations/managed/kind.ts";
import { addCall, json } from "./route.ts";
import { FileRead, fileQuery, TransferRead, transferQuery } from "../wire/files.ts";
import { idPath, listOf } from "../wire/shared.ts";

const tag = "harvest";

const USER = "user:";

/** Files belong to who harvested them; a key is nobody. */
const ownerOf = ({ owner }: Row): Json =>
  owner.startsWith(USER) ? owner.slice(USER.length) : null;

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

const filesOf = (instrument: string | undefined) => ({
  payloadType: "file",
  ...(instrument === undefined ? {} : { where: { instrument_id: instrument } }),
  sort: [{ path: columnPath("created_at"), direction: "desc" as const }],
  admin: false,
  render: renderFile,
});

const transfersOf = (file: string | undefined) => ({
  payloadType: "transfer",
  ...(file === undefined ? {} : { where: { file_id: file } }),
  sort: [{ path: keyPath("started_at"), direction: "desc" as const }],
  admin: false,
  render: renderTransfer,
});

const addFiles = (api: Api): void => {
  addCall(
    api,
    {
      method: "get",
      path: "/api/files",
      tag,
      summary: "List files",
      description:
        "Returns the files that the caller may see, newest first, as an array. With `skip` or `limit` the response is an object with one page.",
      query: fileQuery,
      responses: { 200: json(listOf(FileRead), "The files, or one page of them.", []) },
      refusals: [],
      admin: false,
    },
    (c, { query }) => answerList(c, filesOf(query.instrument_id), query),
  );
  addCall(
    api,
    {
      method: "get",
      path: "/api/files/{id}",
      tag,
      summary: "Read a file",
      description:
        "Returns a file. A file that the caller may not see gives 404, like one that does not exist.",
      params: idPath,
      responses: { 200: json(FileRead, "The requested file.") },
      refusals: [404],
      admin: false,
    },
    async (c, { params }) => {
      const row = await findOne(contextOf(c), "file", params.id, false);
      if (row === undefined) throw notFound("File");
      return c.json(renderFile(row));
    },
  );
};

const addTransfers = (api: Api): void => {
  addCall(
    api,
    {
      method: "get",
      path: "/api/transfers",
      tag,
      summary: "List transfers",
      description:
        "Returns the transfers of files that the caller may see, newest first, as an array. With `skip` or `limit` the response is an object with one page.",
      query: transferQuery,
      responses: { 200: json(listOf(TransferRead), "The transfers, or one page of them.", []) },
      refusals: [],
      admin: false,
    },
    (c, { query }) => answerList(c, transfersOf(query.file_id), query),
  );
  addCall(
    api,
    {
      method: "get",
      path: "/api/transfers/{id}",
      tag,
      summary: "Read a transfer",
      description: "Returns a transfer to callers who may see its file.",
      params: idPath,
      responses: { 200: json(TransferRead, "The requested transfer.") },
      refusals: [404],
      admin: false,
    },
    async (c, { params }) => {
      const row = await findOne(contextOf(c), "transfer", params.id, false);
      if (row === undefined) throw notFound("Transfer");
      return c.json(renderTransfer(row));
    },
  );
};

/** Adds the routes. */
export const fileRoutes = (api: Api): void => {
  addFiles(api);
  addTransfers(api);
};
