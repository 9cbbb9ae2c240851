import type { CallOptions } from "./options.ts";
import type { Call, Parameters, Sender } from "./send.ts";

/** JSON calls, typed by who makes them. */
export interface Calls {
  /** A read whose question is a body; `as_of` is put in. */
  readonly ask: <T>(path: string, body: object, options?: CallOptions) => Promise<T>;
  /** A read by GET; `as_of` is put in. */
  readonly get: <T>(path: string, parameters?: Parameters, options?: CallOptions) => Promise<T>;
  /** A read by GET of what has no past. */
  readonly look: <T>(path: string, options?: CallOptions) => Promise<T>;
  /** A mutation, which bears an Idempotency-Key. */
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

/** `as_of` of a body, unless the body says it itself. */
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
    ask: async (path, body, options) =>
      json({ method: "POST", path, body: placed(body, asOf(options)), kind: "read" }, options),
    get: async (path, parameters, options) =>
      json(
        { method: "GET", path, parameters: { ...parameters, as_of: asOf(options) }, kind: "read" },
        options,
      ),
    look: async (path, options) => json({ method: "GET", path, kind: "read" }, options),
    write: async (path, body, options, parameters) =>
      json({ method: "POST", path, body, parameters, kind: "write" }, options),
  };
}
