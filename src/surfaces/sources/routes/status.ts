/** `GET /source/{owner}/{dataset}/{revision}`: the progress of a revision. */
import { addRoute, type Api } from "../../../http/api.ts";
import { answer, problems } from "../../../http/describe.ts";
import { renderStatus } from "../language/render.ts";
import { callerOf, readStatus } from "../operations/status.ts";
import { STATUS_EXAMPLE } from "../wire/examples.ts";
import { presentedToken } from "./token.ts";
import * as wire from "../wire/sources.ts";

/** Adds the route. */
export function statusRoute(api: Api): void {
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
      const { authenticate, sources } = c.get("services");
      const { isOpen, permission } = sources;
      const presented = { token: presentedToken(c), authorization: c.req.header("authorization") };
      const caller = await callerOf({ authenticate, permission }, presented);
      const context = { store: c.get("store"), caller, isOpen };
      return c.json(renderStatus(await readStatus(context, params)));
    },
  );
}
