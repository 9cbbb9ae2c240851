import { type Calls, createCalls } from "./calls.ts";
import { type CatalogueCalls, createCatalogueCalls } from "./catalogue.ts";
import { createExportCalls, type ExportCalls } from "./exports.ts";
import { createFeedCalls, type FeedCalls } from "./feed.ts";
import { createLineageCalls, type LineageCalls } from "./lineage.ts";
import { createObjectCalls, type ObjectCalls } from "./objects.ts";
import type { CallOptions, ClientOptions } from "./options.ts";
import { createQueryCalls, type QueryCalls } from "./queries.ts";
import { createRegistrationCalls, type RegistrationCalls } from "./registrations.ts";
import { createResourceCalls, type ResourceCalls } from "./resources.ts";
import { type Call, createSender } from "./send.ts";
import { createUpload, type Upload } from "./upload.ts";
import type { Payloads } from "./wire.ts";

/** Calls that this client has no method for. */
export interface OtherCalls {
  /** Sends any call with the client's retries and headers, and returns the JSON response. */
  readonly request: <T = unknown>(call: Call, options?: CallOptions) => Promise<T>;
  /**
   * Uploads files: requests URLs in batches, sends, computes digests on the way, and has all
   * checked.
   */
  readonly upload: Upload;
}

/** A client of the catalogue, for the payload types that it knows. */
export type Client<Types extends object = Payloads> = ResourceCalls<Types> &
  QueryCalls<Types> &
  RegistrationCalls &
  LineageCalls<Types> &
  FeedCalls<Types> &
  CatalogueCalls<Types> &
  ObjectCalls &
  ExportCalls<Types> &
  OtherCalls;

const createOtherCalls = (calls: Calls, objects: ObjectCalls): OtherCalls => ({
  request: async <T>(call: Call, options?: CallOptions): Promise<T> => {
    const { text } = await calls.sender.send(call, options);
    return (text === "" ? null : JSON.parse(text)) as T;
  },
  upload: createUpload(calls.sender, objects),
});

/**
 * Creates a client. It holds no connection and no timer; every option can be overridden for each
 * call. Transient errors are retried, also for writes: each has an Idempotency-Key, so that a retry
 * gets the first response again.
 *
 * The type parameter has the payload types by name: by default those of `Payloads`.
 */
export function createClient<Types extends object = Payloads>(
  options: ClientOptions,
): Client<Types> {
  const calls = createCalls(createSender(options));
  const objects = createObjectCalls(calls);
  return {
    ...createResourceCalls<Types>(calls),
    ...createQueryCalls<Types>(calls),
    ...createRegistrationCalls(calls),
    ...createLineageCalls<Types>(calls),
    ...createFeedCalls<Types>(calls),
    ...createCatalogueCalls<Types>(calls),
    ...objects,
    ...createExportCalls<Types>(calls),
    ...createOtherCalls(calls, objects),
  };
}
