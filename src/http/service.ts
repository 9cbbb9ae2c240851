/** Routes about the service itself: health, the OpenAPI document, the documentation page. */
import { z } from "@hono/zod-openapi";
import { entityTags } from "./entity-tag.ts";
import { AppError } from "../model/error.ts";
import { addRoute, createApi, type Api } from "./api.ts";
import { answer, problems } from "./describe.ts";
import { documentText } from "./openapi.ts";
import { addProblemPages } from "./problem-pages.ts";

const health = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/health",
      tags: ["service"],
      security: [],
      summary: "Is the service up?",
      description: "Responds with 200 when the Worker runs and its configuration is valid.",
      responses: {
        ...answer(z.strictObject({ status: z.literal("ok") }), "The service is running.", {
          status: "ok",
        }),
        ...problems(400),
      },
    },
    { requires: null },
    (c) => c.json({ status: "ok" }),
  );

const ready = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/ready",
      tags: ["service"],
      security: [],
      summary: "Can the service answer?",
      description:
        "Responds with 200 when the database is reachable and has every table of this version. Load balancers, deployments and supervisors can use it to decide where requests go.",
      responses: {
        ...answer(
          z.strictObject({ status: z.literal("ready") }),
          "The service can answer requests.",
          { status: "ready" },
        ),
        ...problems(400, 503),
      },
    },
    { requires: null },
    async (c) => {
      await c.get("store").requireReady();
      return c.json({ status: "ready" });
    },
  );

/** The policy of a page. The explorer's library sets styles of single elements; no other page does. */
const pagePolicy = (isExplorer: boolean): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self'${isExplorer ? " 'unsafe-inline'" : ""}`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'self'",
  ].join("; ");

/**
 * Adds `/openapi.json` and `/docs`, to which `/` redirects. The document describes every route that
 * was added before.
 */
export function addDocuments(app: Api, version: string, assets: Fetcher | undefined): void {
  let text: string | undefined;
  app.get("/openapi.json", entityTags(), async (c) => {
    text ??= await documentText(app, version, assets);
    c.header("content-type", "application/json");
    c.header("cache-control", "public, max-age=60");
    return c.body(text);
  });
  const page = async (request: Request): Promise<Response> => {
    const found = await assets?.fetch(request);
    if (found === undefined || found.status === 404) {
      throw new AppError("not_found", "There is no such page.");
    }
    const response = new Response(found.body, found);
    const isExplorer = new URL(request.url).pathname.startsWith("/docs/explorer/");
    response.headers.set("content-security-policy", pagePolicy(isExplorer));
    response.headers.set("cache-control", "public, max-age=300");
    return response;
  };
  for (const path of ["/", "/docs"]) app.get(path, (c) => c.redirect("/docs/"));
  app.get("/docs/*", (c) => page(c.req.raw));
}

/** `/health`, `/ready` and `/problems`. */
export function serviceRoutes(): Api {
  const api = createApi();
  health(api);
  ready(api);
  addProblemPages(api);
  return api;
}
