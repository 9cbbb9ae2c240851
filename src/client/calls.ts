import type { CallOptions } from "./options.ts";
import type { Call, Parameters, Sender } from "./send.ts";

/** JSON calls; the callers provide the types. */
export interface Calls {
  /** A read with a body; `as_of` is added. */
  readonly search: <T>(path: string, body: object, options?: CallOptions) => Promise<T>;
  /** A read by GET; `as_of` is added. */
  readonly get: <T>(path: string, parameters?: Parameters, options?: CallOptions) => Promise<T>;
  /** A read by GET of something without a history. */
  readonly read: <T>(path: string, options?: CallOptions) => Promise<T>;
  /** A write, with an Idempotency-Key. */
  readonly write: <T>(
    path: string,
    body: object | string,
    options?: CallOptions,
    parameters?: Parameters,
  ) => Promise<T>;
  readonly sender: Sender;
}

/**
 * An identifier as the rest of a path. Its slashes are encoded too: `a/../b` would be another path.
 */
export function pathOf(identifier: string): string {
  return encodeURIComponent(identifier);
}

/** `as_of` of a body, unless the body has one. */
const placed = (body: object, asOf: string | undefined): object =>
  asOf === undefined || ("as_of" in body && body.as_of !== undefined)
    ? body
    : { ...body, as_of: asOf };

/** Makes the JSON calls of a sender. */
export function createCalls(sender: Sender): Calls {
  const json = async <T>(call: Call, options?: CallOptions): Promise<T> =>
    JSON.parse((await sender.send(call, options)).text) as T;
  const asOf = (options?: CallOptions): string | undefined => sender.settled(options).as_of;
  return {
    sender,
    search: async (path, body, options) =>
      json({ method: "POST", path, body: placed(body, asOf(options)), kind: "read" }, options),
    get: async (path, parameters, options) =>
      json(
        { method: "GET", path, parameters: { ...parameters, as_of: asOf(options) }, kind: "read" },
        options,
      ),
    read: async (path, options) => json({ method: "GET", path, kind: "read" }, options),
    write: async (path, body, options, parameters) =>
      json({ method: "POST", path, body, parameters, kind: "write" }, options),
  };
}
