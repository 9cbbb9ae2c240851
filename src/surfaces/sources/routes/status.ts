/** `GET /source/{owner}/{dataset}/{revision}`: how far a revision has come. */
import type { Context } from "hono";
import { addRoute, type Api } from "../../../http/api.ts";
import { answer, problems } from "../../../http/describe.ts";
import type { AppEnv } from "../../../http/env.ts";
import { ANONYMOUS, delegateOf, type Principal } from "../../../identity/principal.ts";
import { AppError } from "../../../model/error.ts";
import { renderStatus } from "../language/render.ts";
import { readStatus } from "../operations/status.ts";
import { STATUS_EXAMPLE } from "../wire/examples.ts";
import { presentedToken } from "./token.ts";
import * as wire from "../wire/sources.ts";

const orNobody = async (caller: Promise<Principal>): Promise<Principal> => {
  try {
    return await caller;
  } catch (error) {
    if (error instanceof AppError && error.code === "unauthenticated") return ANONYMOUS;
    throw error;
  }
};

/** Whoever a token proves; nobody without a good one, since a status needs none. */
const callerOf = async (c: Context<AppEnv>): Promise<Principal> => {
  const { authenticate, sources } = c.get("services");
  const token = presentedToken(c);
  if (token === undefined) return orNobody(authenticate(c.req.header("authorization")));
  const permission = await sources.permission(token);
  return permission === undefined
    ? orNobody(authenticate(`Bearer ${token}`))
    : delegateOf(permission.userId, permission.tokenVersion);
};

/** Adds the route. */
export const statusRoute = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/source/{owner}/{dataset}/{revision}",
      tags: ["sources"],
      security: [],
      summary: "Read the status of a revision",
      description:
        "Returns the state, logs, errors, statistics and pipelines of a revision, and the specification as it was uploaded. Only private datasets need a token: their owner sees them with a permission token or bearer token, and everyone else gets 404.",
      request: { params: wire.statusPath, headers: wire.tokenHeader, query: wire.tokenQuery },
      responses: {
        ...answer(wire.SourceStatus, "The status of the revision.", STATUS_EXAMPLE),
        ...problems(400, 404, 429, 503),
      },
    },
    { requires: null },
    async (c, { params }) => {
      const { isOpen } = c.get("services").sources;
      const context = { store: c.get("store"), caller: await callerOf(c), isOpen };
      return c.json(renderStatus(await readStatus(context, params)));
    },
  );
