/** What a route declares: its description, and the only schemas that its requests are checked by. */
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

/** The parts of a request. These schemas are both in the document and what checks a request. */
export interface RequestDeclaration<Body, Query, Params> {
  readonly body?: BodyDeclaration<Body>;
  readonly query?: z.ZodType<Query>;
  readonly params?: z.ZodType<Params>;
  /** Documented alone: who reads a header checks it. With `x-reason` the route takes a reason. */
  readonly headers?: z.ZodObject;
}

/** A route as the document shows it. */
export interface Declaration<Body, Query, Params> extends Omit<RouteConfig, "request"> {
  readonly request?: RequestDeclaration<Body, Query, Params>;
}

/** Who may call a route, and how its request is read. It names no schema: those are declared. */
export interface Access {
  /** What its caller has to be allowed: who is not is told that, whatever else is wrong. */
  readonly requires: Requirement;
  /** Parameters that may come several times: they are checked as lists. */
  readonly repeated?: readonly string[];
  /** Where else than in the Authorization header a token may stand, as the text of such a header. */
  readonly authorization?: (c: Context<AppEnv>) => string | undefined;
}

/** What a handler gets beside the context: the checked parts of the request. */
export interface Checked<Body, Query, Params> {
  readonly body: Body;
  readonly query: Query;
  readonly params: Params;
  /** The body as it came, for fingerprints. */
  readonly bytes: Uint8Array;
}

/** A checked body, and the bytes that it came as. */
export interface ReceivedBody<Body> {
  readonly body: Body;
  readonly bytes: Uint8Array;
}

/** The parts of a request, each checked by its declared schema at the moment when it is asked for. */
export interface Parts<Body, Query, Params> {
  readonly body: (
    receive?: (request: Request) => Promise<Received>,
    refusal?: ErrorOfIssues,
  ) => Promise<ReceivedBody<Body>>;
  readonly query: (refusal?: ErrorOfIssues) => Query;
  readonly params: (refusal?: ErrorOfIssues) => Params;
}
