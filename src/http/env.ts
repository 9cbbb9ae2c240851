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

/** What the surfaces may use; created once per isolate, except the store (see `AppVariables`). */
export interface Services {
  readonly config: Config;
  readonly now: () => InstantMicros;
  readonly past: PastAnswers;
  /** The principal of an Authorization header; the anonymous one without a header. */
  readonly authenticate: (authorization: string | undefined) => Promise<Principal>;
  /** Counts requests; null when their number is not limited. */
  readonly limit: RateLimit | null;
  /** Key that signs addresses of files. */
  readonly cursorKey: () => Promise<CryptoKey>;
  /**
   * Key that encrypts cursors and other positions, so that callers can neither read nor make them.
   */
  readonly opaqueKey: () => Promise<CryptoKey>;
  /** The bucket. */
  readonly objects: Objects;
  /** What the sources surface needs. */
  readonly sources: SourceServices;
  /** Registers patients or studies of one scope, one call after another. */
  readonly register: (
    principal: Principal,
    context: WriteContext,
    changes: readonly RegisterChange[],
  ) => Promise<Registered>;
}

/** A registration, and the bookmark of the database after it. */
export interface Registered {
  readonly receipt: Receipt;
  readonly bookmark: string | null;
}

/** What middleware adds to a request's context. */
export interface AppVariables {
  readonly requestId: string;
  /** Milliseconds since 1970 when the request arrived. */
  readonly started: number;
  readonly services: Services;
  readonly address: Address;
  /** The store on behalf of this request. */
  readonly store: Store;
  /** Database sessions that were opened beside the store, for their cost and their bookmarks. */
  readonly sessions: Session[];
  principal: Principal;
  /** Headers with the remaining number of requests; absent when they are not counted. */
  readonly quota?: Readonly<Record<string, string>>;
  /** The response, when it was made with all its headers. */
  readonly whole?: Response;
  /** The reason of the write, from the request's header; on routes that accept it. */
  readonly reason?: string;
  /** True when the caller sent an invalid x-d1-bookmark. */
  readonly hasMalformedBookmark: boolean;
}

/** Type of every Hono app of the product. */
export interface AppEnv {
  readonly Bindings: Env;
  readonly Variables: AppVariables;
}
