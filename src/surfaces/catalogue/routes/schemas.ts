/** `/schemas`: the payload types, read, registered and evolved. */
import { z } from "@hono/zod-openapi";
import type { JsonObject } from "../../../model/json.ts";
import type { TypeDefinition } from "../../../schema/type.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import {
  answer,
  BEARER,
  jsonBody,
  NOT_MODIFIED,
  problems,
  WRITE_PROBLEMS,
  writeHeaders,
} from "../../../http/describe.ts";
import { writeContext } from "../../../http/context.ts";
import { parseAsOf } from "../language/parse.ts";
import { listSchemas, readSchema } from "../operations/schemas.ts";
import { SchemaRequest } from "../wire/registration.ts";
import { asOfQuery } from "../wire/resource.ts";

const tags = ["schemas"];

const exampleSchema = {
  type: "object",
  properties: { score: { type: "integer", description: "Agatston score." } },
};

const JsonSchema = z.record(z.string(), z.unknown()).openapi("JsonSchema", {
  description: "A JSON Schema (draft 2020-12).",
});

const list = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/schemas",
      tags,
      security: BEARER,
      summary: "Read the schemas of all payload types",
      description:
        "Returns the JSON Schema (draft 2020-12) of each built-in and registered payload type.",
      request: { query: asOfQuery },
      responses: {
        ...answer(z.record(z.string(), JsonSchema), "The schemas, by payload type.", {
          calcium_score: exampleSchema,
        }),
        ...NOT_MODIFIED,
        ...problems(400, 401, 403, 429, 503),
      },
    },
    { requires: "read" },
    async (c, { query }) => c.json(await listSchemas(c.var, parseAsOf(query.as_of))),
  );

const params = z.strictObject({
  payload_type: z.string().describe("The name of a payload type."),
});

const oneQuery = asOfQuery.extend({
  version: z.string().optional().describe("The semantic version. The default is the newest one."),
});

const one = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/schemas/{payload_type}",
      tags,
      security: BEARER,
      summary: "Read the schema of a payload type",
      description:
        "Returns the JSON Schema (draft 2020-12) of one payload type, in its newest or in a given version.",
      request: { params, query: oneQuery },
      responses: {
        ...answer(JsonSchema, "The schema of the payload type.", exampleSchema),
        ...NOT_MODIFIED,
        ...problems(400, 401, 403, 404, 429, 503),
      },
    },
    { requires: "read" },
    async (c, { params: { payload_type: name }, query: { version, as_of } }) =>
      c.json(await readSchema(c.var, name, version, parseAsOf(as_of))),
  );

const register = (api: Api): void =>
  addRoute(
    api,
    {
      method: "put",
      path: "/schemas/{payload_type}",
      tags,
      security: BEARER,
      summary: "Register or evolve a payload type",
      description:
        "Registers a payload type, or a newer version of a registered one. The type of a field can never change. Repeating the newest definition changes nothing. Admins only.",
      request: {
        headers: writeHeaders,
        params,
        body: jsonBody(SchemaRequest, {
          version: "1.0.0",
          json_schema: exampleSchema,
          indexes: ["score"],
        }),
      },
      responses: {
        ...answer(
          z.strictObject({ payload_type: z.string(), version: z.string() }),
          "The name and the newest version.",
          { payload_type: "calcium_score", version: "1.0.0" },
        ),
        ...WRITE_PROBLEMS,
      },
    },
    { requires: "administer" },
    async (c, { params: { payload_type: payloadType }, body, bytes }) => {
      const context = await writeContext(c, "catalogue", "register_type", bytes, body.reason);
      const definition: TypeDefinition = {
        payloadType,
        version: body.version,
        jsonSchema: body.json_schema,
        indexes: body.indexes,
        defaults: body.defaults,
        relations: body.relations as readonly JsonObject[],
        strict: body.strict,
      };
      const { store, principal } = c.var;
      const { replayed } = await store.registerType(principal, context, definition);
      if (replayed) c.header("idempotency-replayed", "true");
      return c.json({ payload_type: payloadType, version: body.version });
    },
  );

/** Adds the routes. */
export function schemaRoutes(api: Api): void {
  list(api);
  one(api);
  register(api);
}
