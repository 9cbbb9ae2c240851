/** The entry of the Worker under test: the product's own, with empty caches for each test file. */
import { createHandlers } from "../../../src/handlers.ts";

export { Allocator, Throttle } from "../../../src/index.ts";

let handlers = createHandlers();

/** Clears the Worker's caches, like a new isolate. */
export const restartWorker = (): void => {
  handlers = createHandlers();
};

export default {
  fetch: (request, env, ctx) => handlers.fetch(request, env, ctx),
  scheduled: (controller, env) => handlers.scheduled(controller, env),
} satisfies ExportedHandler<Env>;
