import type { Calls } from "./calls.ts";
import type { CallOptions } from "./options.ts";
import { createWalk, type Walk } from "./walk.ts";
import type { PayloadType } from "./filters.ts";
import type { Audit, Changes, Payloads, Transaction } from "./wire.ts";

/** Where in the change feed to start. */
export interface ChangesQuery {
  /** `next` of the previous page; absent: from the start. */
  readonly after?: string | undefined;
  /** Changes on a page. */
  readonly limit?: number | undefined;
}

/** One change of the feed. */
export type TypedChange<Types extends object = Payloads> = {
  readonly [Member in keyof Changes["changes"][number]]: Member extends "payload_type"
    ? PayloadType<Types>
    : Changes["changes"][number][Member];
};

/** A page of the change feed. */
export type TypedChanges<Types extends object = Payloads> = Omit<Changes, "changes"> & {
  readonly changes: readonly TypedChange<Types>[];
};

/** Transactions: the change feed and the audit. */
export interface FeedCalls<Types extends object = Payloads> {
  /** A page of the change feed, in commit order; waits up to `wait` seconds for a change. */
  readonly changes: (
    from?: ChangesQuery & { readonly wait?: number | undefined },
    options?: CallOptions,
  ) => Promise<TypedChanges<Types>>;
  /**
   * Walks the feed, and waits for changes until the signal aborts it; for a past state, to its end.
   */
  readonly follow: (
    from?: ChangesQuery,
    options?: CallOptions,
  ) => Walk<TypedChange<Types>, TypedChanges<Types>>;
  /** Who made a transaction, and when. */
  readonly transaction: (id: number, options?: CallOptions) => Promise<Transaction>;
  /** Walks the audit, the latest first unless `order` is `asc`; for admins. */
  readonly audit: (
    from?: { readonly order?: "asc" | "desc"; readonly limit?: number },
    options?: CallOptions,
  ) => Walk<Audit["transactions"][number], Audit>;
}

/** Seconds of one long poll: less than the timeout of a call. */
const WAIT_SECONDS = 25;

/** Makes these calls. */
export function createFeedCalls<Types extends object>({ get, sender }: Calls): FeedCalls<Types> {
  const changes: FeedCalls<Types>["changes"] = async (from, options) =>
    get("/changes", { ...from }, options);
  return {
    changes,
    follow: (from, options) => {
      const pages = async function* () {
        let after = from?.after;
        const isPast = sender.settled(options).as_of !== undefined;
        for (;;) {
          const page: TypedChanges<Types> = await changes(
            { ...from, after, wait: WAIT_SECONDS },
            options,
          );
          yield page;
          // A past state never changes, and the server does not wait.
          if (isPast && !page.more) return;
          after = page.next;
        }
      };
      return createWalk(pages, ({ changes: found }: TypedChanges<Types>) => found);
    },
    transaction: async (id, options) => get(`/transactions/${id}`, {}, options),
    audit: (from, options) => {
      const pages = async function* () {
        let after: string | undefined;
        do {
          const page: Audit = await get("/admin/transactions", { ...from, after }, options);
          yield page;
          after = page.next ?? undefined;
        } while (after !== undefined);
      };
      return createWalk(pages, ({ transactions }) => transactions);
    },
  };
}
