/** The feed of changes, and waiting for the next one. */
import type { AsOf } from "../../../query/query.ts";
import type { Feed, FeedPosition } from "../../../store/index.ts";
import type { CatalogueContext } from "./context.ts";

const POLL_MILLIS = 500;

/** Which part of the feed to read. */
export interface FeedWanted {
  readonly after: FeedPosition;
  readonly limit: number;
  /** How long to wait for a change when there is none. */
  readonly waitSeconds: number;
  readonly asOf: AsOf;
}

const pause = async (): Promise<void> => {
  await new Promise((resolve) => setTimeout(resolve, POLL_MILLIS));
};

/**
 * Reads a page of the feed. When it is empty, waits until there is a change or the time is over.
 */
export async function followChanges(
  { store, principal }: CatalogueContext,
  { after, limit, waitSeconds, asOf }: FeedWanted,
): Promise<Feed> {
  // A past state gets no more changes, so there is nothing to wait for.
  const millis = asOf.kind === "now" ? waitSeconds * 1_000 : 0;
  let feed = await store.changes(principal, after, limit, asOf);
  for (let waited = 0; feed.entries.length === 0 && waited < millis; waited += POLL_MILLIS) {
    await pause();
    store.advance();
    feed = await store.changes(principal, feed.next, limit, asOf);
  }
  return feed;
}
