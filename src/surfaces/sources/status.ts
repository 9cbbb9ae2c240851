/** `GET /source/{owner}/{dataset}/{revision}`: how far a revision has come. */
import type { Context } from "hono";
import { addRoute, type Api } from "../../http/api.ts";
import { answer, problems } from "../../http/describe.ts";
import type { AppEnv } from "../../http/env.ts";
import { ANONYMOUS, delegateOf, type Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import type { JsonObject } from "../../model/json.ts";
import type { RunStatus } from "../../schema/builtin/source-revision.ts";
import { OUTWARD } from "../../schema/source/flow.ts";
import { datasetIdOf, isSegment } from "../../schema/source/ids.ts";
import type { RevisionWanted, SourceStatus } from "../../store/read/source-status.ts";
import { STATUS_EXAMPLE } from "./examples.ts";
import { presentedToken } from "./token.ts";
import * as wire from "./wire.ts";

const revisionOf = (text: string): RevisionWanted | undefined => {
  if (text === "latest" || text === "successful") return text;
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
};

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

/** A revision as its status shows it. */
const render = ({ id, dataset, revision }: SourceStatus): JsonObject => {
  const about = JSON.parse(dataset) as JsonObject;
  const found = JSON.parse(revision) as JsonObject;
  return {
    id,
    spec_contents: found["spec"] ?? {},
    modified: about["modified_at"] ?? null,
    state: OUTWARD[found["status"] as RunStatus],
    logs: found["logs"] ?? null,
    error_log: found["errors"] ?? [],
    stats: found["stats"] ?? null,
    pipelines: found["pipelines"] ?? {},
    certified: about["certified"] === true,
  };
};

interface Path {
  readonly owner: string;
  readonly dataset: string;
  readonly revision: string;
}

const missing = (): AppError => new AppError("not_found", "There is no such revision.");

const status = async (c: Context<AppEnv>, { owner, dataset, revision }: Path) => {
  const wanted = revisionOf(revision);
  if (wanted === undefined || !isSegment(owner) || !isSegment(dataset)) throw missing();
  const { store } = c.var;
  const { isOpen } = c.get("services").sources;
  const asked = { datasetId: datasetIdOf(owner, dataset), revision: wanted, isOpen };
  const read = async (caller: Principal): Promise<SourceStatus | undefined> =>
    store.sourceStatus(caller, asked);
  const found = await read(await callerOf(c)).catch((error: unknown) => {
    const isVoid = error instanceof AppError && error.code === "unauthenticated";
    return isVoid ? read(ANONYMOUS) : Promise.reject(error);
  });
  if (found === undefined) throw missing();
  return c.json(render(found));
};

/** Adds the route. */
export const statusRoute = (api: Api): void =>
  addRoute<undefined, Record<string, unknown>, Path>(
    api,
    {
      method: "get",
      path: "/source/{owner}/{dataset}/{revision}",
      tags: ["sources"],
      security: [],
      summary: "Read the status of a revision",
      description:
        "State, logs, errors, statistics and pipelines of one revision, with the specification as it was uploaded. Needs no token, but for private datasets: those are shown to their owner, by permission token or bearer token, and answer 404 to everybody else.",
      request: { params: wire.statusPath, headers: wire.tokenHeader, query: wire.tokenQuery },
      responses: {
        ...answer(wire.SourceStatus, "The revision.", STATUS_EXAMPLE),
        ...problems(400, 404, 429, 503),
      },
    },
    { requires: null, params: wire.statusPath, query: wire.tokenQuery },
    (c, { params }) => status(c, params),
  );
