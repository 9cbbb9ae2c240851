/** Worker entry. */
import { createApp } from "./app.ts";
import { runScheduled } from "./jobs/scheduled.ts";

export { Allocator } from "./allocator/allocator.ts";
export { Throttle } from "./throttle/throttle.ts";

let app: ReturnType<typeof createApp> | undefined;

export default {
  fetch: (request, env, ctx) => (app ??= createApp(env)).fetch(request, env, ctx),
  scheduled: (controller, env) => runScheduled(env, controller.scheduledTime),
} satisfies ExportedHandler<Env>;
