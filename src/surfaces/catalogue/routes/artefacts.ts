/** `/artefacts/latest`. */
import { z } from "@hono/zod-openapi";
import { addRoute, type Api } from "../../../http/api.ts";
import { answerJson, pastKey } from "../../../http/answer.ts";
import { answer, BEARER, NOT_MODIFIED, problems } from "../../../http/describe.ts";
import { parseAsOf } from "../language/parse.ts";
import { renderRows } from "../language/render.ts";
import { latestArtefact } from "../operations/latest-artefact.ts";
import { EXAMPLE_ARTEFACT } from "../wire/examples.ts";
import { AnyResponse, asOfQuery } from "../wire/resource.ts";

const latestQuery = asOfQuery.extend({
  repo: z.string().describe("The repository of the program."),
  branch: z.string().describe("The branch that was run."),
  path: z.string().describe("The path of the product within the run."),
});

/** Adds the route. */
export function artefactRoutes(api: Api): void {
  addRoute(
    api,
    {
      method: "get",
      path: "/artefacts/latest",
      tags: ["artefacts"],
      security: BEARER,
      summary: "Read the newest artefact that succeeded",
      description:
        "Returns the newest artefact with status `succeeded` of a repository, branch and path, by `created_at`. Of several in one transaction it returns the one with the greatest identifier.",
      request: { query: latestQuery },
      responses: {
        ...answer(AnyResponse, "The newest artefact that succeeded.", EXAMPLE_ARTEFACT),
        ...NOT_MODIFIED,
        ...problems(400, 401, 403, 404, 429, 503),
      },
    },
    { requires: "read" },
    (c, { query }) =>
      answerJson(c, pastKey("artefact", query.as_of, query), async () => {
        const { row, immutable } = await latestArtefact(c.var, query, parseAsOf(query.as_of));
        return { text: renderRows([row]).slice(1, -1), immutable };
      }),
  );
}
