/** The handlers of a Worker, over a cache of their own. */
import { createApp } from "./app.ts";
import { isDevelopment, withOwnEndpoint } from "./config.ts";
import { unconfigured } from "./http/unconfigured.ts";
import { runScheduled } from "./jobs/scheduled.ts";

/** The handlers of a Worker. */
export interface Handlers {
  readonly fetch: (
    request: Request,
    env: Env,
    ctx: ExecutionContext,
  ) => Promise<Response> | Response;
  readonly scheduled: (controller: ScheduledController, env: Env) => Promise<void>;
}

/** Handlers with empty caches, as in a new isolate. The first request creates the app. */
export function createHandlers(): Handlers {
  let app: ReturnType<typeof createApp> | undefined;
  return {
    fetch: (request, env, ctx) => {
      try {
        app ??= createApp(withOwnEndpoint(env, new URL(request.url).origin));
      } catch (error) {
        return unconfigured(error, isDevelopment(env));
      }
      return app.fetch(request, env, ctx);
    },
    scheduled: (controller, env) => runScheduled(env, controller.scheduledTime),
  };
}
