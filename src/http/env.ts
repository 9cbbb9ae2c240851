import type { Config } from "../config.ts";
import type { Principal } from "../identity/principal.ts";
import type { InstantMicros } from "../model/time.ts";
import type { RegisterChange, Receipt, WriteContext } from "../model/transaction.ts";
import type { Objects } from "../objects/objects.ts";
import type { Session, Store } from "../store/index.ts";
import type { RateLimit } from "../durable/throttling.ts";
import type { Address } from "./address.ts";
import type { PastAnswers } from "./immutable-cache.ts";
import type { SourceServices } from "./sources.ts";

/** What the surfaces may use; made once per isolate, except the store (see `AppVariables`). */
export interface Services {
  readonly config: Config;
  readonly now: () => InstantMicros;
  readonly past: PastAnswers;
  /** The principal of an Authorization header; the anonymous one without a header. */
  readonly authenticate: (authorization: string | undefined) => Promise<Principal>;
  /** Counts requests; null where their number is not limited. */
  readonly limit: RateLimit | null;
  /** Key of the signatures on addresses of files. */
  readonly cursorKey: () => Promise<CryptoKey>;
  /** Key of cursors and other positions, which callers can neither read nor make. */
  readonly opaqueKey: () => Promise<CryptoKey>;
  /** The bucket. */
  readonly objects: Objects;
  /** What the sources surface stands on. */
  readonly sources: SourceServices;
  /** Registers patients or studies of one scope, one call after another. */
  readonly register: (
    principal: Principal,
    context: WriteContext,
    changes: readonly RegisterChange[],
  ) => Promise<Registered>;
}

/** A registration and where the database stands after it. */
export interface Registered {
  readonly receipt: Receipt;
  readonly bookmark: string | null;
}

/** What middleware puts into a request's context. */
export interface AppVariables {
  readonly requestId: string;
  /** Milliseconds since 1970 when the request came. */
  readonly started: number;
  readonly services: Services;
  readonly address: Address;
  /** The store on behalf of this request. */
  readonly store: Store;
  /** Database sessions that were opened beside the store, for what it costs and where it stands. */
  readonly sessions: Session[];
  principal: Principal;
  /** Headers that say how many requests are left; absent where they are not counted. */
  readonly quota?: Readonly<Record<string, string>>;
  /** The answer, when it was made with all its headers. */
  readonly whole?: Response;
  /** Why the caller writes, as the header of the request says; on routes that take it. */
  readonly reason?: string;
  /** True when the caller sent an x-d1-bookmark that cannot be one. */
  readonly hasMalformedBookmark: boolean;
}

/** Type of every Hono app of the product. */
export interface AppEnv {
  readonly Bindings: Env;
  readonly Variables: AppVariables;
}
