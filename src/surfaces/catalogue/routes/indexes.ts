/** `/schemas/{payload_type}/indexes`: which fields are indexed, read and set at run time. */
import { z } from "@hono/zod-openapi";
import { addRoute, type Api } from "../../../http/api.ts";
import { writeContext } from "../../../http/context.ts";
import {
  answer,
  BEARER,
  jsonBody,
  NOT_MODIFIED,
  problems,
  WRITE_PROBLEMS,
  writeHeaders,
} from "../../../http/describe.ts";
import { renderIndexes } from "../language/indexes.ts";
import { IndexesRequest, IndexesResponse } from "../wire/indexes.ts";

const tags = ["schemas"];

const params = z.strictObject({
  payload_type: z.string().describe("The name of a payload type."),
});

const EXAMPLE = {
  payload_type: "image",
  indexes: [
    { field: "modality", declared: true, state: "ready" as const, progress: 1 },
    { field: "body_part_examined", declared: false, state: "building" as const, progress: 0 },
  ],
  limit: 8,
};

const path = "/schemas/{payload_type}/indexes";

const read = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path,
      tags,
      security: BEARER,
      summary: "Read the indexed fields of a payload type",
      description:
        "Returns the fields whose filters and sorts an index serves, and how far each index is. Admins only: the progress depends on resources that not everybody may see.",
      request: { params },
      responses: {
        ...answer(IndexesResponse, "The indexed fields.", EXAMPLE),
        ...NOT_MODIFIED,
        ...problems(400, 401, 403, 404, 429, 503),
      },
    },
    { requires: "administer" },
    async (c, { params: { payload_type: name } }) => {
      const { store, principal } = c.var;
      return c.json(renderIndexes(name, await store.indexes(principal, name)));
    },
  );

const set = (api: Api): void =>
  addRoute(
    api,
    {
      method: "put",
      path,
      tags,
      security: BEARER,
      summary: "Set the indexed fields of a payload type",
      description:
        "Sets all fields that are indexed, of a built-in or a registered payload type. An index that is left out is removed at once. One that is added is built by the Cron Trigger, some rows at a time, while everybody reads and writes; queries use it when it is `ready` and give the same results before. Each index makes every write of the payload type a little more expensive. Repeating the same fields changes nothing. Admins only.",
      request: {
        headers: writeHeaders,
        params,
        body: jsonBody(IndexesRequest, { fields: ["modality", "body_part_examined"] }),
      },
      responses: {
        ...answer(IndexesResponse, "The indexed fields after the change.", EXAMPLE),
        ...WRITE_PROBLEMS,
      },
    },
    { requires: "administer" },
    async (c, { params: { payload_type: name }, body, bytes }) => {
      const context = await writeContext(c, "catalogue", "index_type", bytes, body.reason);
      const { store, principal } = c.var;
      const result = await store.setIndexes(principal, context, name, body.fields);
      if (result.replayed) c.header("idempotency-replayed", "true");
      return c.json(renderIndexes(name, result.indexes));
    },
  );

/** Adds the routes. */
export function indexRoutes(api: Api): void {
  read(api);
  set(api);
}
