/** `/data/...`: simple find and explain, bulk, generate, tasks, health. */
import { z } from "@hono/zod-openapi";
import type { JsonObject } from "../../../model/json.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { jsonText } from "../../../http/answer.ts";
import { routeOf, writeContext } from "../../../http/context.ts";
import { BEARER, jsonBody, writeHeaders } from "../../../http/describe.ts";
import { callerOf, respond, respondTask, resumeSession } from "./answer.ts";
import { EXAMPLES } from "../wire/examples.ts";
import { ACTIONS } from "../operations/allowed.ts";
import { execute, executeBulk } from "../operations/execute.ts";
import { checkHealth } from "../operations/health.ts";
import { readRequest } from "../language/request.ts";
import { bodyOfSimpleFind } from "../language/simple-find.ts";
import { BulkBody, BulkResponse, Checks, entityParams, versionParams } from "../wire/entities.ts";
import { envelopes, good, READ_ERRORS, ERROR_RESPONSES } from "./describe.ts";

const tags = ["entities"];

const letter = (description: string) => z.string().optional().describe(description);

const simpleQuery = z.strictObject({
  Q: letter("The query: `field:value` or `field:v1,v2`, joined by `;`."),
  q: letter("An alias of the parameter `Q`."),
  P: letter("The projection: `field:1` or `field:0`, recursive with `r`, joined by commas."),
  p: letter("An alias of the parameter `P`."),
  S: letter("The sort order: `field:a` or `field:d`, joined by commas."),
  s: letter("An alias of the parameter `S`."),
  from: letter("The first position. Positions start at 0."),
  to: letter("The last position of the range."),
  maxResults: letter("The maximum number of documents. Used without `to`."),
});

const versioned = (path: string) =>
  [
    [path.replace("{v}", ""), entityParams],
    [path.replace("{v}", "/{version}"), versionParams],
  ] as const;

const simple = (api: Api, command: "find" | "explain"): void => {
  for (const [path, params] of versioned(`/data/${command}/{entity}{v}`)) {
    addRoute(
      api,
      {
        method: "get",
        path,
        tags,
        security: BEARER,
        summary: command === "find" ? "Find documents, simply" : "Explain a simple find",
        description:
          "Finds or explains documents. The query string contains the query, the projection and the sort order. Without a projection the response contains all fields.",
        request: { params, query: simpleQuery },
        responses: {
          ...good("The documents that were found.", EXAMPLES[command].answer),
          ...READ_ERRORS,
        },
      },
      { requires: ACTIONS[command] },
      (c, { query, params: parts }) => {
        const { Q, q = Q, P, p = P, S, s = S, from, to, maxResults } = query;
        const body = bodyOfSimpleFind({ q, p, s, from, to, maxResults });
        const request = readRequest(command, parts, body);
        const context = { surface: "entities", operation: command, requestId: c.get("requestId") };
        return respond(c, command, body, () => execute(callerOf(c), request, context));
      },
    );
  }
};

const bulk = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/data/bulk",
      tags,
      security: BEARER,
      summary: "Run many requests",
      description:
        "Runs many requests in the order of `seq`, each in its own transaction. Requests without `seq` are ignored. Neighbouring finds run at the same time; with `ordered: false` all requests do.",
      request: {
        headers: writeHeaders,
        body: jsonBody(BulkBody as z.ZodType<object> as z.ZodType<JsonObject>, {
          requests: [{ seq: 0, op: "find", request: EXAMPLES.find.request }],
        }),
      },
      responses: {
        ...good(
          "The responses, one for each request.",
          { responses: [{ seq: 0, response: EXAMPLES.find.answer }] },
          BulkResponse,
        ),
        ...ERROR_RESPONSES,
      },
    },
    { requires: null },
    async (c, { body, bytes }) => {
      resumeSession(c, body);
      const context = await writeContext(c, "entities", "bulk", bytes);
      return jsonText(c, await executeBulk(callerOf(c), body, context));
    },
  );

const generateQuery = z.strictObject({ n: letter("The number of values. The default is 1.") });

const generate = (api: Api): void => {
  for (const [path, params] of versioned("/data/generate/{entity}{v}/{path}")) {
    const withPath = params.extend({ path: z.string().describe("The path of the field.") });
    addRoute(
      api,
      {
        method: "get",
        path,
        tags,
        security: BEARER,
        summary: "Generate values of a field",
        description:
          "Runs the value generator of a field. It consumes the numbers of a sequence. A field without a generator gives no values.",
        request: { params: withPath, query: generateQuery },
        responses: {
          ...good("The values that were generated.", {
            ...EXAMPLES.find.answer,
            processed: [],
            resultMetadata: [],
          }),
          ...envelopes(202),
          ...READ_ERRORS,
        },
      },
      { requires: ACTIONS.generate },
      (c, { query: { n }, params: { path: field, ...parts } }) => {
        const body: JsonObject = { path: field, ...(n === undefined ? {} : { n }) };
        const request = readRequest("generate", parts, body);
        const context = {
          surface: "entities",
          operation: "generate",
          requestId: c.get("requestId"),
          route: routeOf(c),
        };
        return respond(c, "generate", body, () => execute(callerOf(c), request, context));
      },
    );
  }
};

const taskParams = z.object({
  taskHandle: z.string().describe("The `taskHandle` of an earlier response."),
});

const task = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/data/task/{taskHandle}",
      tags,
      security: BEARER,
      summary: "Ask for the answer of a task",
      description:
        "Returns the final response with its status, or ASYNC while the work continues. The result is kept for 24 hours, for the caller who started the task. Results of a find are read again in the state of the find, and returned only if the caller may still see all of them.",
      request: { params: taskParams },
      responses: {
        ...good("The final response of the task.", EXAMPLES.update.answer),
        ...envelopes(202),
        ...READ_ERRORS,
      },
    },
    { requires: null },
    (c, { params: { taskHandle } }) => respondTask(c, taskHandle),
  );

const health = (api: Api): void => {
  for (const path of ["/data/health", "/data/diagnostics"]) {
    addRoute(
      api,
      {
        method: "get",
        path,
        tags,
        security: BEARER,
        summary: path === "/data/health" ? "Is the surface up?" : "How is the surface?",
        description:
          "Returns each health check with its result. The status is 503 when a check fails.",
        responses: {
          ...good(
            "All checks have passed.",
            { metadata: { healthy: true, message: "version 3, 1 entities" } },
            Checks,
          ),
          ...envelopes(400, 401, 403, 429),
          503: {
            description: "At least one check failed.",
            content: { "application/json": { schema: z.union([Checks, z.looseObject({})]) } },
          },
        },
      },
      { requires: "read" },
      async (c) => {
        const checks = await checkHealth(callerOf(c));
        const fine = Object.values(checks).every(({ healthy }) => healthy);
        return c.json(checks, fine ? 200 : 503);
      },
    );
  }
};

/** Adds the calls. */
export function moreRoutes(api: Api): void {
  simple(api, "find");
  simple(api, "explain");
  bulk(api);
  task(api);
  health(api);
  generate(api);
}
