/** Worker entry. */
import { createHandlers } from "./handlers.ts";

export { Allocator } from "./allocator/allocator.ts";
export { Throttle } from "./throttle/throttle.ts";

export default createHandlers() satisfies ExportedHandler<Env>;
