/** The declaration of a route: its description, and the only schemas that check its requests. */
import type { RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Received } from "./body.ts";
import type { ErrorOfIssues } from "./check.ts";
import type { AppEnv } from "./env.ts";
import type { Requirement } from "./requirement.ts";

/** A body in one media type. */
export interface BodyDeclaration<Body> {
  readonly required: boolean;
  readonly description?: string;
  readonly content: Readonly<
    Record<string, { readonly schema: z.ZodType<Body>; readonly example?: unknown }>
  >;
}

/** The parts of a request. These schemas are in the document and also check requests. */
export interface RequestDeclaration<Body, Query, Params> {
  readonly body?: BodyDeclaration<Body>;
  readonly query?: z.ZodType<Query>;
  readonly params?: z.ZodType<Params>;
  /** Only documented: the code that reads a header checks it. With `x-reason` the route takes a reason. */
  readonly headers?: z.ZodObject;
}

/** A route in the OpenAPI document. */
export interface Declaration<Body, Query, Params> extends Omit<RouteConfig, "request"> {
  readonly request?: RequestDeclaration<Body, Query, Params>;
}

/**
 * Who may call a route, and how its request is read. It has no schemas: those are in the
 * description.
 */
export interface Access {
  /**
   * The permission that its caller needs. A caller without it is refused before any other error is
   * reported.
   */
  readonly requires: Requirement;
  /** Parameters that may be repeated: they are checked as lists. */
  readonly repeated?: readonly string[];
  /** Reads a token from another place, as the value of an Authorization header. */
  readonly authorization?: (c: Context<AppEnv>) => string | undefined;
}

/** The arguments of a handler beside the context: the checked parts of the request. */
export interface Checked<Body, Query, Params> {
  readonly body: Body;
  readonly query: Query;
  readonly params: Params;
  /** The body's bytes, for fingerprints. */
  readonly bytes: Uint8Array;
}

/** A checked body with its bytes. */
export interface ReceivedBody<Body> {
  readonly body: Body;
  readonly bytes: Uint8Array;
}

/** The parts of a request, each checked by its declared schema when it is requested. */
export interface Parts<Body, Query, Params> {
  readonly body: (
    receive?: (request: Request) => Promise<Received>,
    makeError?: ErrorOfIssues,
  ) => Promise<ReceivedBody<Body>>;
  readonly query: (makeError?: ErrorOfIssues) => Query;
  readonly params: (makeError?: ErrorOfIssues) => Params;
}
