/** Worker entry. */
import { createApp } from "./app.ts";
import { isDevelopment, withOwnEndpoint } from "./config.ts";
import { unconfigured } from "./http/unconfigured.ts";
import { runScheduled } from "./jobs/scheduled.ts";

export { Allocator } from "./allocator/allocator.ts";
export { Throttle } from "./throttle/throttle.ts";

let app: ReturnType<typeof createApp> | undefined;

export default {
  fetch: (request, env, ctx) => {
    try {
      app ??= createApp(withOwnEndpoint(env, new URL(request.url).origin));
    } catch (error) {
      return unconfigured(error, isDevelopment(env));
    }
    return app.fetch(request, env, ctx);
  },
  scheduled: (controller, env) => runScheduled(env, controller.scheduledTime),
} satisfies ExportedHandler<Env>;
