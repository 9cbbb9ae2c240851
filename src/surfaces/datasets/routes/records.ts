/** `/ds/{dataset}`: records read, inserted, changed, deleted, and linked. */
import { jsonStream } from "../../../http/answer.ts";
import { addRoute, addRouteByParts, type Api } from "../../../http/api.ts";
import { readBytes, receiveAnyJson } from "../../../http/body.ts";
import { writeContext } from "../../../http/context.ts";
import { BEARER, writeHeaders } from "../../../http/describe.ts";
import { arrayPieces } from "../../../http/stream.ts";
import type { JsonObject } from "../../../model/json.ts";
import { EXAMPLES } from "../wire/examples.ts";
import { attach } from "../operations/attach.ts";
import { insert } from "../operations/insert.ts";
import { remove } from "../operations/remove.ts";
import { select, type Pages } from "../operations/select.ts";
import { update, type Mode } from "../operations/update.ts";
import { attachmentOf, parseAsOf, readParameters, recordsOf } from "../language/request.ts";
import {
  changeQuery,
  datasetParams,
  DatasetBodyRecords,
  insertQuery,
  readQuery,
  recordQuery,
} from "../wire/datasets.ts";
import { callerOf, records, errorResponses, sendWritten, tags } from "./describe.ts";

const WRITE_ERRORS = errorResponses(400, 401, 403, 404, 409, 413, 422, 429, 503);

/** Parameters that may be repeated. */
const REPEATED = ["order", "action_order"];

async function* textsOf(pages: Pages): AsyncGenerator<readonly string[], void, undefined> {
  for await (const page of pages) yield page.map((record) => JSON.stringify(record));
}

const read = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/ds/{dataset}",
      tags,
      security: BEARER,
      summary: "Read records",
      description:
        "Returns the records that satisfy the condition, sorted and limited to the range, with the fields and related records that `outputs` names. `outputs` can also ask for aggregate values. Without `outputs` each record has all of its own fields.",
      request: { params: datasetParams, query: readQuery },
      responses: {
        ...records(200, "The records, or the aggregate values.", EXAMPLES.records),
        ...errorResponses(400, 401, 403, 404, 413, 429, 503),
      },
    },
    { requires: "read", repeated: REPEATED },
    async (c, { params, query }) => {
      const parameters = readParameters(query);
      const asOf = parseAsOf(query.as_of);
      const pages = await select(callerOf(c), params.dataset, parameters, asOf);
      return jsonStream(c, arrayPieces(textsOf(pages)));
    },
  );

const described = {
  required: true,
  content: {
    "application/json": { schema: DatasetBodyRecords, example: EXAMPLES.inserted },
  },
} as const;

const create = (api: Api): void =>
  addRouteByParts(
    api,
    {
      method: "post",
      path: "/ds/{dataset}",
      tags,
      security: BEARER,
      summary: "Insert records",
      description:
        "Inserts one record or many, all or none. Children are given in members with the names of relations. The body is read as JSON whatever its content type.",
      request: {
        headers: writeHeaders,
        params: datasetParams,
        query: insertQuery,
        body: described,
      },
      responses: {
        ...records(200, "The inserted records, in the order of the body.", EXAMPLES.records),
        ...WRITE_ERRORS,
      },
    },
    { requires: "create" },
    async (c, parts) => {
      const [query, params] = [parts.query(), parts.params()];
      const { bytes, body } = await parts.body(receiveAnyJson);
      const context = await writeContext(c, "datasets", "insert", bytes);
      const parameters = readParameters(query);
      const given = recordsOf(body);
      return sendWritten(
        c,
        await insert(callerOf(c), params.dataset, given, parameters, context),
        200,
      );
    },
  );

interface Change {
  readonly method: "put" | "patch";
  readonly mode: Mode;
  readonly summary: string;
  readonly description: string;
}

const CHANGES: readonly Change[] = [
  {
    method: "patch",
    mode: "merge",
    summary: "Change records",
    description:
      "Sets the members of the body in the records that the condition finds or that an entry names by `id`. Either all records change, or none. Entries apply one after the other. With an `action` the call links records instead.",
  },
  {
    method: "put",
    mode: "replace",
    summary: "Replace records",
    description:
      "Changes records as PATCH does, but resets members that the body does not name to their defaults. With an `action` the call links records instead.",
  },
];

const change = (api: Api, { method, mode, summary, description }: Change): void =>
  addRouteByParts(
    api,
    {
      method,
      path: "/ds/{dataset}",
      tags,
      security: BEARER,
      summary,
      description,
      request: {
        headers: writeHeaders,
        params: datasetParams,
        query: changeQuery,
        body: {
          required: false,
          content: {
            "application/json": { schema: DatasetBodyRecords, example: EXAMPLES.changed },
          },
        },
      },
      responses: {
        ...records(201, "The affected records after the change.", EXAMPLES.records),
        ...WRITE_ERRORS,
      },
    },
    { requires: "update", repeated: REPEATED },
    async (c, parts) => {
      const [query, params] = [parts.query(), parts.params()];
      const parameters = readParameters(query);
      const { action } = query;
      if (action !== undefined) {
        const bytes = await readBytes(c.req.raw);
        const context = await writeContext(c, "datasets", action, bytes);
        const attachment = attachmentOf(action, query);
        const written = await attach(callerOf(c), params.dataset, attachment, parameters, context);
        return sendWritten(c, written, 201);
      }
      const { bytes, body } = await parts.body(receiveAnyJson);
      const context = await writeContext(c, "datasets", "update", bytes);
      const sent: readonly JsonObject[] = recordsOf(body);
      const written = await update(callerOf(c), params.dataset, mode, sent, parameters, context);
      return sendWritten(c, written, 201);
    },
  );

const erase = (api: Api): void =>
  addRoute(
    api,
    {
      method: "delete",
      path: "/ds/{dataset}",
      tags,
      security: BEARER,
      summary: "Delete records",
      description:
        "Turns the records that the condition finds into tombstones, and with them the children that lose their last parent. Their history stays.",
      request: { headers: writeHeaders, params: datasetParams, query: recordQuery },
      responses: {
        ...records(200, "The records that were deleted.", EXAMPLES.records),
        ...WRITE_ERRORS,
      },
    },
    { requires: "delete", repeated: REPEATED },
    async (c, { params, query }) => {
      const context = await writeContext(c, "datasets", "delete", new Uint8Array());
      const parameters = readParameters(query);
      return sendWritten(c, await remove(callerOf(c), params.dataset, parameters, context), 200);
    },
  );

/** Adds the routes. */
export function recordRoutes(api: Api): void {
  read(api);
  create(api);
  for (const each of CHANGES) change(api, each);
  erase(api);
}
