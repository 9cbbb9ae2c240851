/** The entry of the Worker under test: the product's own, whose memory each test file has anew. */
import { createHandlers } from "../../src/handlers.ts";

export { Allocator, Throttle } from "../../src/index.ts";

let handlers = createHandlers();

/** Forgets what the Worker remembers, as when its isolate goes away. */
export const restartWorker = (): void => {
  handlers = createHandlers();
};

export default {
  fetch: (request, env, ctx) => handlers.fetch(request, env, ctx),
  scheduled: (controller, env) => handlers.scheduled(controller, env),
} satisfies ExportedHandler<Env>;
