/** `/metadata`: creating, changing and deleting entities and their versions. */
import { z } from "@hono/zod-openapi";
import type { JsonObject } from "../../../model/json.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { jsonText } from "../../../http/answer.ts";
import { writeContext } from "../../../http/context.ts";
import { BEARER, jsonBody, writeHeaders } from "../../../http/describe.ts";
import type { Redescription } from "../../../store/index.ts";
import { callerOf } from "./answer.ts";
import { EXAMPLE_METADATA } from "../wire/examples.ts";
import {
  deleteEntity,
  describeEntity,
  leave,
  putDefault,
  putDocument,
  putInfo,
  putStatus,
} from "../operations/metadata.ts";
import { entityParams, MetadataBody, versionParams } from "../wire/entities.ts";
import { good, ERROR_RESPONSES } from "./describe.ts";

const tags = ["entities"];

const METADATA_BODY = MetadataBody as z.ZodType<object> as z.ZodType<JsonObject | undefined>;

interface Change<Params> {
  readonly method: "put" | "post" | "delete";
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  readonly params: z.ZodType<Params>;
  readonly query?: z.ZodType<{ readonly comment?: string | undefined }>;
  readonly body?: unknown;
  readonly change: (
    params: Params,
    given: { readonly body: JsonObject; readonly comment: string | null; readonly now: number },
  ) => { readonly name: string; readonly redescribe: Redescription; readonly version?: string };
}

const addChange = <Params>(api: Api, change: Change<Params>): void => {
  const { method, path, summary, description, params, query, body } = change;
  addRoute<JsonObject | undefined, { readonly comment?: string | undefined }, Params>(
    api,
    {
      method,
      path,
      tags,
      security: BEARER,
      summary,
      description: `${description} Admins only.`,
      request: {
        headers: writeHeaders,
        params,
        ...(query === undefined ? {} : { query }),
        ...(body === undefined ? {} : { body: jsonBody(METADATA_BODY, body) }),
      },
      responses: {
        ...good("The metadata after the change.", EXAMPLE_METADATA, z.looseObject({})),
        ...ERROR_RESPONSES,
      },
    },
    { requires: "administer" },
    async (c, request) => {
      const { name, redescribe, version } = change.change(request.params, {
        body: request.body ?? {},
        comment: request.query.comment ?? null,
        now: c.get("services").now(),
      });
      const context = await writeContext(c, "entities", "metadata", request.bytes);
      const described = { name, redescribe, version };
      const { replayed, body: document } = await describeEntity(callerOf(c), described, context);
      if (replayed) c.header("idempotency-replayed", "true");
      return jsonText(c, JSON.stringify(document));
    },
  );
};

const statusParams = versionParams.extend({
  status: z.string().describe("The status: `active`, `deprecated` or `disabled`."),
});

const commentQuery = z.strictObject({
  comment: z.string().optional().describe("The reason for the change."),
});

const documentRoutes = (api: Api): void => {
  addChange(api, {
    method: "put",
    path: "/metadata/{entity}/{version}",
    summary: "Create an entity or add a version",
    description:
      "Creates an entity, or adds a version and replaces entityInfo. With `schema=` before the version the body contains only a schema. An existing version is refused unless its name contains SNAPSHOT.",
    params: versionParams,
    body: EXAMPLE_METADATA,
    change: ({ entity: name, version: word }, { body }) => ({
      name,
      ...putDocument(name, word, body),
    }),
  });
  addChange(api, {
    method: "put",
    path: "/metadata/{entity}",
    summary: "Replace entityInfo",
    description:
      "Replaces the part of the metadata that applies to all versions: enums, indexes and the default version.",
    params: entityParams,
    body: EXAMPLE_METADATA,
    change: ({ entity: name }, { body }) => ({ name, redescribe: putInfo(name, body) }),
  });
};

/** Adds the calls that change metadata. */
export function metadataChangeRoutes(api: Api): void {
  documentRoutes(api);
  addChange(api, {
    method: "put",
    path: "/metadata/{entity}/{version}/{status}",
    summary: "Change the status of a version",
    description:
      "Sets the status of a version and appends it to the log. The default version cannot be disabled.",
    params: statusParams,
    query: commentQuery,
    change: ({ entity: name, version, status }, { comment, now }) => ({
      name,
      version,
      redescribe: putStatus(name, version, { status, comment, now }),
    }),
  });
  addChange(api, {
    method: "post",
    path: "/metadata/{entity}/{version}/default",
    summary: "Set the default version",
    description: "Makes a version the default. Requests without a version then use it.",
    params: versionParams,
    change: ({ entity: name, version }) => ({
      name,
      version,
      redescribe: putDefault(name, version),
    }),
  });
  addChange(api, {
    method: "delete",
    path: "/metadata/{entity}/default",
    summary: "Take the default version away",
    description:
      "Removes the default version. Requests without a version then use the newest active one.",
    params: entityParams,
    change: ({ entity: name }) => ({ name, redescribe: putDefault(name, null) }),
  });
  addChange(api, {
    method: "delete",
    path: "/metadata/{entity}",
    summary: "Delete an entity",
    description:
      "Deletes the metadata of an entity. All versions must be disabled. The documents stay.",
    params: entityParams,
    change: ({ entity: name }) => ({ name, redescribe: deleteEntity(name) }),
  });
  for (const path of ["/metadata/{entity}/reindex", "/metadata/{entity}/{version}/reindex"]) {
    addChange(api, {
      method: "post",
      path,
      summary: "Index the documents anew",
      description:
        "Responds with the metadata and changes nothing, because every write updates the indexes.",
      params: path.includes("version") ? versionParams : entityParams,
      change: ({ entity: name }: { entity: string }) => ({ name, redescribe: leave(name) }),
    });
  }
}
