import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { createApp } from "../../../src/app.ts";
import type { Fetch } from "../clients/http.ts";

/**
 * The product over a database of the test's own: a new isolate with empty caches.
 *
 * @param variables settings and bindings that differ from those of the test run.
 */
export const appOver = (
  database: D1Database,
  variables: Readonly<Partial<Record<keyof Cloudflare.Env, unknown>>> = {},
): Fetch => {
  const bindings = { ...env, ...variables, DB: database } as unknown as Env;
  const app = createApp(bindings);
  return async (request) => {
    const context = createExecutionContext();
    const response = await app.fetch(request, bindings, context);
    await waitOnExecutionContext(context);
    return response;
  };
};
