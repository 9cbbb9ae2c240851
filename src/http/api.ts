/**
 * How a route is made: its OpenAPI description and its handler in one place. The description is
 * registered for the document; requests are checked here, so that bodies are read once, within
 * bounds, and faults come out in one shape.
 */
import { problems } from "./describe.ts";
import { OpenAPIHono, type RouteConfig, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { getPath } from "hono/utils/url";
import type { Principal } from "../identity/principal.ts";
import { AppError, type ErrorDetail } from "../model/error.ts";
import { parseJson } from "../model/parse-json.ts";
import { isEncoded, readBytes, requireJsonType } from "./body.ts";
import type { AppEnv } from "./env.ts";
import { countRequest } from "./limit.ts";
import { problemResponse } from "./problem.ts";
import { runFor, type Requirement } from "./requirement.ts";
import { createRouter } from "./router.ts";

/** An OpenAPI app of the product. */
export type Api = OpenAPIHono<AppEnv>;

/** Paths whose clients are used to a slash at the end, with or without one. */
const SLASHED = /^\/(?:auth|ds)(?:\/.*)?\/$/;

const pathOf = (request: Request): string => {
  const path = getPath(request);
  return SLASHED.test(path) ? path.slice(0, -1) : path;
};

/** Makes an empty app. */
export const createApi = (): Api =>
  new OpenAPIHono<AppEnv>({ getPath: pathOf, router: createRouter() });

/** What a handler gets beside the context: the checked parts of the request. */
export interface Checked<Body, Query, Params> {
  readonly body: Body;
  readonly query: Query;
  readonly params: Params;
  /** The body as it came, for fingerprints. */
  readonly bytes: Uint8Array;
}

/** The parts of a request that are checked before the handler runs. */
export interface Checks<Body, Query, Params> {
  /** What its caller has to be allowed: who is not is told that, whatever else is wrong. */
  readonly requires: Requirement;
  readonly body?: z.ZodType<Body>;
  readonly query?: z.ZodType<Query>;
  readonly params?: z.ZodType<Params>;
  /** Parameters that may come several times: they are checked as lists. */
  readonly repeated?: readonly string[];
  /** Where else than in the Authorization header a token may stand, as the text of such a header. */
  readonly authorization?: (c: Context<AppEnv>) => string | undefined;
}

const UNITS: Readonly<Record<string, string>> = {
  number: "a number of",
  int: "a whole number of",
  string: "a text of length",
  array: "a list of length",
};

const bounded = ({ origin }: { readonly origin: string }, word: string, bound: unknown): string =>
  `Expected ${UNITS[origin] ?? "a value of"} ${word} ${String(bound)}.`;

/** What an issue asks for, in our words where those of the library are its own. */
const detailOf = (issue: z.core.$ZodIssue): string => {
  if (issue.code === "too_small" && issue.message.startsWith("Too small")) {
    return bounded(issue, issue.inclusive === false ? "more than" : "at least", issue.minimum);
  }
  if (issue.code === "too_big" && issue.message.startsWith("Too big")) {
    return bounded(issue, issue.inclusive === false ? "less than" : "at most", issue.maximum);
  }
  return issue.message;
};

const expectation = (issue: z.core.$ZodIssue): { code: string; detail: string } =>
  issue.code === "unrecognized_keys"
    ? { code: "unknown_field", detail: "The member is unknown here." }
    : { code: "invalid_value", detail: detailOf(issue) };

const detailsOf = (issues: readonly z.core.$ZodIssue[], place: string): readonly ErrorDetail[] =>
  issues.flatMap((issue) => {
    const found = expectation(issue);
    const base = issue.path.map(String);
    const names = issue.code === "unrecognized_keys" ? issue.keys : [undefined];
    return names.map((name) => ({
      path: [...base, ...(name === undefined ? [] : [name])].join(".") || place,
      ...found,
    }));
  });

const check = <T>(schema: z.ZodType<T> | undefined, value: unknown, place: string): T => {
  if (schema === undefined) return undefined as T;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const details = detailsOf(result.error.issues, place);
  const [first] = details;
  const code = details.every((each) => each.code === "unknown_field")
    ? "unknown_field"
    : "invalid_value";
  throw new AppError(code, `${first?.path ?? place}: ${first?.detail ?? "invalid"}`, { details });
};

const queryOf = (
  c: Context<AppEnv>,
  repeated: readonly string[] = [],
): Record<string, string | readonly string[]> => {
  const values: Record<string, string | readonly string[]> = {};
  for (const [name, found] of Object.entries(c.req.queries())) {
    if (name === "__proto__") {
      throw new AppError("unknown_field", "The parameter is unknown here.", {
        details: [{ path: name, code: "unknown_field", detail: "Expected no such parameter." }],
      });
    }
    if (repeated.includes(name)) {
      values[name] = found;
      continue;
    }
    if (found.length > 1) {
      throw new AppError("invalid_value", `The parameter ${name.slice(0, 64)} is given twice.`, {
        details: [{ path: name.slice(0, 64), code: "invalid_value", detail: "Expected once." }],
      });
    }
    values[name] = found[0] ?? "";
  }
  return values;
};

const honoPath = (path: string): string => path.replaceAll(/\{(\w+)\}/g, ":$1");

const refuseBookmark = (c: Context<AppEnv>): void => {
  if (!c.get("hasMalformedBookmark")) return;
  const detail = "Expected the x-d1-bookmark of an earlier answer.";
  throw new AppError("invalid_value", `x-d1-bookmark: ${detail}`, {
    details: [{ path: "x-d1-bookmark", code: "invalid_value", detail }],
  });
};

/** Tells which content coding is taken, on every surface alike (RFC 9110, section 15.5.16). */
const refuseEncoded = (c: Context<AppEnv>): Response => {
  const detail = "Expected a body without a content coding.";
  c.header("accept-encoding", "identity");
  return problemResponse(
    c,
    new AppError("unsupported_media_type", detail, {
      details: [{ path: "content-encoding", code: "unsupported_media_type", detail }],
    }),
  );
};

interface Described {
  readonly description: string;
  readonly content: Readonly<Record<string, { readonly schema: z.ZodType }>>;
}

/** The description of a route with that refusal, beside what its surface says of 415 itself. */
const withCodingRefusal = (config: RouteConfig): RouteConfig => {
  if (config.request?.body === undefined) return config;
  const refusal = problems(415)[415] as Described;
  const own = config.responses[415] as Described | undefined;
  const described = { ...refusal, ...own, content: { ...refusal.content, ...own?.content } };
  return { ...config, responses: { ...config.responses, 415: described } };
};

const isEmpty = (requirement: object): boolean => Object.keys(requirement).length === 0;

/** The caller of a route that asks for a token. Without one only public reading may go on. */
const callerOf = async (
  c: Context<AppEnv>,
  elsewhere: ((c: Context<AppEnv>) => string | undefined) | undefined,
): Promise<Principal> => {
  const { authenticate, config } = c.get("services");
  const principal = await authenticate(elsewhere?.(c) ?? c.req.header("authorization"));
  if (principal.kind !== "anonymous" || config.publicRead) return principal;
  throw new AppError("unauthenticated", "Send a bearer token in the Authorization header.");
};

/** A name for generated clients: `postResourcesCreate`, `getSchemasByPayloadType`. */
const operationIdOf = ({ method, path }: RouteConfig): string => {
  const words = path
    .replaceAll("{", "by_")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
  const pascal = words.map((word) => `${word[0]?.toUpperCase()}${word.slice(1)}`);
  return `${method}${pascal.join("")}`;
};

/**
 * Adds a route. A route with a security requirement is refused without a good token before
 * anything else of the request is looked at.
 *
 * @param config its OpenAPI description.
 * @param checks zod schemas of what must hold before the handler runs; a collection's elements may
 *   be checked later, where their type is known.
 * @param path the Hono path when it cannot be derived from the OpenAPI path.
 */
export const addRoute = <Body = undefined, Query = Record<string, never>, Params = undefined>(
  api: Api,
  config: RouteConfig,
  checks: Checks<Body, Query, Params>,
  handler: (
    c: Context<AppEnv>,
    request: Checked<Body, Query, Params>,
  ) => Promise<Response> | Response,
  path: string = honoPath(config.path),
): void => {
  api.openAPIRegistry.registerPath({
    operationId: operationIdOf(config),
    ...withCodingRefusal(config),
  });
  const none = z.strictObject({}) as unknown as z.ZodType<Query>;
  const security = config.security ?? [];
  const isOpen = security.length === 0 || security.some(isEmpty);
  const checkQuery = (c: Context<AppEnv>): Query =>
    check(checks.query ?? none, queryOf(c, checks.repeated), "query");
  // What no query comes to is found out once: most requests have none.
  let bare: Query | undefined;
  const isCounted = 429 in config.responses;
  api.on(config.method.toUpperCase(), path, async (c) => {
    if (!isOpen) c.set("principal", await callerOf(c, checks.authorization));
    if (isCounted && c.get("services").limit !== null) await countRequest(c);
    return runFor(c, checks.requires, async () => {
      if (isEncoded(c.req.raw)) return refuseEncoded(c);
      // Only routes that read through the store take a bookmark; they document what a bad one gets.
      if (!isOpen && 400 in config.responses) refuseBookmark(c);
      let bytes = new Uint8Array();
      let value: unknown;
      if (checks.body !== undefined) {
        requireJsonType(c.req.raw);
        bytes = (await readBytes(c.req.raw)) as Uint8Array<ArrayBuffer>;
        value = parseJson(bytes);
      }
      return handler(c, {
        body: check(checks.body, value, "body"),
        query: c.get("address").query === "" ? (bare ??= checkQuery(c)) : checkQuery(c),
        params:
          checks.params === undefined
            ? (undefined as Params)
            : check(checks.params, c.req.param(), "path"),
        bytes,
      });
    });
  });
};
