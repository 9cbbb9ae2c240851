/** Files and transfers, as far as the caller may see them. */
import type { Api } from "../../../http/api.ts";
import { filesOf, readFile, readTransfer, transfersOf } from "../operations/files.ts";
import { FileRead, fileQuery, TransferRead, transferQuery } from "../wire/files.ts";
import { idPath, listOf } from "../wire/shared.ts";
import { contextOf } from "./context.ts";
import { answerList } from "./list.ts";
import { json } from "../../../http/describe.ts";
import { addCall } from "./route.ts";

const tag = "harvest";

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
      errorStatuses: [],
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
      errorStatuses: [404],
      admin: false,
    },
    async (c, { params }) => c.json(await readFile(contextOf(c), params.id)),
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
      errorStatuses: [],
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
      errorStatuses: [404],
      admin: false,
    },
    async (c, { params }) => c.json(await readTransfer(contextOf(c), params.id)),
  );
};

/** Adds the routes. */
export function fileRoutes(api: Api): void {
  addFiles(api);
  addTransfers(api);
}
