/**
 * What a deployed Worker has in place of openapi.ts: the document was made when the Worker was built
 * (scripts/support/document.ts) and is one of its static files, so nothing describes routes here.
 */
import type { z } from "@hono/zod-openapi";
import { Hono } from "hono";
import type { Declaration } from "./declaration.ts";
import type { AppEnv } from "./env.ts";
import type { Api, RouteKey, Routing } from "./openapi.ts";

/** Routes by method and path. All apps of an isolate have the same ones. */
const routes = new Map<string, RouteKey>();

/** Makes an app without routes, and without the registry of descriptions. */
export function emptyApi(options: Routing): Api {
  return new Hono<AppEnv>(options) as Api;
}

/** Notes that there is a route. */
export function describeRoute<Body, Query, Params>(
  _api: Api,
  { method, path }: Declaration<Body, Query, Params>,
): void {
  routes.set(`${method} ${path}`, { method, path });
}

/** Does nothing: the document is made. */
export function describeSchema(_api: Api, _name: string, _schema: z.ZodType): void {}

/** The routes of the app, in their order. */
export function describedRoutes(_api: Api): readonly RouteKey[] {
  return [...routes.values()];
}

/** The text of the document, from the static files. */
export async function documentText(
  _api: Api,
  _version: string,
  assets: Fetcher | undefined,
): Promise<string> {
  const found = await assets?.fetch("https://assets.invalid/openapi.json");
  if (found?.ok !== true)
    throw new Error("assets/openapi.json is missing: build the Worker again.");
  return found.text();
}
