/** Worker entry. */
import { createHandlers } from "./handlers.ts";

export { Allocator } from "./durable/allocator.ts";
export { Throttle } from "./durable/throttle.ts";

export default createHandlers() satisfies ExportedHandler<Env>;
