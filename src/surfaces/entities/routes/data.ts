/** `/data/{insert,save,update,delete,find,explain}`: with entity and version in the path or the body. */
import type { Context } from "hono";
import { z } from "@hono/zod-openapi";
import type { JsonObject } from "../../../model/json.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { writeContext } from "../../../http/context.ts";
import { BEARER, jsonBody, writeHeaders } from "../../../http/describe.ts";
import type { AppEnv } from "../../../http/env.ts";
import { callerOf, respond, resumeSession, serviceMembers } from "./answer.ts";
import { EXAMPLES } from "../wire/examples.ts";
import { isTrue } from "../language/values.ts";
import { ACTIONS } from "../operations/allowed.ts";
import { execute } from "../operations/execute.ts";
import { streamFind } from "../operations/stream.ts";
import { readRequest, type Command } from "../language/request.ts";
import {
  DeleteBody,
  entityParams,
  FindBody,
  InsertBody,
  SaveBody,
  UpdateBody,
  versionParams,
} from "../wire/entities.ts";
import { envelopes, FORMS, good, ERROR_RESPONSES } from "./describe.ts";

const tags = ["entities"];

interface Call {
  readonly command: Exclude<Command, "generate">;
  readonly method: "put" | "post";
  readonly summary: string;
  readonly description: string;
  readonly body: z.ZodType<object>;
}

const ABOUT: Readonly<Record<Call["command"], Omit<Call, "command" | "method">>> = {
  insert: {
    summary: "Insert documents",
    description:
      "Inserts documents. The valid ones are stored in one transaction, and the others are returned in `dataErrors`. A deleted `_id` is restored.",
    body: InsertBody,
  },
  save: {
    summary: "Save documents",
    description:
      "Replaces stored documents by their identity, each by itself. With `upsert` the server inserts documents that do not exist. Fields that only other versions define stay.",
    body: SaveBody,
  },
  update: {
    summary: "Update documents by query",
    description:
      "Applies an update to every document that the query finds, in one transaction. Documents that would violate a constraint stay unchanged and are returned in `dataErrors`.",
    body: UpdateBody,
  },
  delete: {
    summary: "Delete documents by query",
    description: "Turns the documents that the query finds into tombstones. Their history stays.",
    body: DeleteBody,
  },
  find: {
    summary: "Find documents",
    description:
      "Returns the documents that satisfy the query, sorted, limited to the range and projected, and the number of all matches. With `stream=true` the response is a stream of objects.",
    body: FindBody,
  },
  explain: {
    summary: "Explain a find",
    description: "Returns the SQL of a find and the query plan of the database. Admins only.",
    body: FindBody,
  },
};

const findQuery = z.strictObject({
  stream: z
    .string()
    .optional()
    .describe("The value `true` makes the response a stream of objects."),
});

type PathParts = { readonly entity?: string | undefined; readonly version?: string | undefined };

const streamed = async (
  c: Context<AppEnv>,
  params: PathParts,
  body: JsonObject,
): Promise<Response> => {
  resumeSession(c, body);
  const request = readRequest("find", params, body);
  const stream = await streamFind(callerOf(c), request, () => serviceMembers(c));
  c.header("content-type", "application/json");
  return c.body(stream);
};

const paramsOf = (form: (typeof FORMS)[number]) => {
  if (form === "") return undefined;
  return form === "/{entity}" ? entityParams : versionParams;
};

const addCall = (
  api: Api,
  { command, method }: Pick<Call, "command" | "method">,
  path: string,
  form: (typeof FORMS)[number],
): void => {
  const { summary, description, body: shape } = ABOUT[command];
  const isWrite = command !== "find" && command !== "explain";
  const params = paramsOf(form);
  const { entity: _entity, ...inPath } = EXAMPLES[command].request;
  const example = form === "" ? EXAMPLES[command].request : inPath;
  addRoute<JsonObject, { readonly stream?: string | undefined }, PathParts>(
    api,
    {
      method,
      path,
      tags,
      security: BEARER,
      summary,
      description,
      request: {
        ...(isWrite ? { headers: writeHeaders } : {}),
        ...(params === undefined ? {} : { params }),
        ...(command === "find" ? { query: findQuery } : {}),
        body: jsonBody(shape as z.ZodType<JsonObject>, example),
      },
      responses: {
        ...good("The result of the request.", EXAMPLES[command].answer),
        ...envelopes(202),
        ...ERROR_RESPONSES,
      },
    },
    { requires: ACTIONS[command] },
    async (c, { body, bytes, query, params: parts }) => {
      const named: PathParts = parts ?? {};
      if (isTrue(query.stream)) return streamed(c, named, body);
      const request = readRequest(command, named, body);
      const context = await writeContext(c, "entities", command, bytes);
      return respond(c, command, body, () => execute(callerOf(c), request, context));
    },
  );
};

/** Adds the calls with a body. */
export function dataRoutes(api: Api): void {
  for (const form of FORMS) {
    addCall(api, { command: "insert", method: "put" }, `/data/insert${form}`, form);
    for (const command of ["save", "update", "delete", "find", "explain"] as const) {
      addCall(api, { command, method: "post" }, `/data/${command}${form}`, form);
    }
  }
  addCall(api, { command: "insert", method: "post" }, "/data/insert", "");
}

/** Adds the old forms of insert; after all others, since they match any word as an entity. */
export function oldInsertRoutes(api: Api): void {
  for (const form of ["/{entity}", "/{entity}/{version}"] as const) {
    addCall(api, { command: "insert", method: "put" }, `/data${form}`, form);
  }
}
