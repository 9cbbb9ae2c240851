/** The caller and the store of an operation. */
import type { Principal } from "../../../identity/principal.ts";
import type { Store } from "../../../store/index.ts";

/** The store of a request, and its caller. */
export interface CatalogueContext {
  readonly store: Store;
  readonly principal: Principal;
}
