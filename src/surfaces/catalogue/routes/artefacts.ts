/** `/artefacts/latest`. */
import { z } from "@hono/zod-openapi";
import { AppError } from "../../../model/error.ts";
import { and, type Condition } from "../../../query/condition.ts";
import { columnPath, keyPath } from "../../../query/path.ts";
import type { Query } from "../../../query/query.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { answerJson, pastKey } from "../../../http/answer.ts";
import { answer, BEARER, NOT_MODIFIED, problems } from "../../../http/describe.ts";
import { parseAsOf } from "../language/parse.ts";
import { renderRows } from "../language/render.ts";
import { AnyResponse, asOfQuery } from "../wire/resource.ts";

const latestQuery = asOfQuery.extend({
  repo: z.string().describe("The repository of the program."),
  branch: z.string().describe("The branch that was run."),
  path: z.string().describe("The path of the product within the run."),
});

const example = {
  identifier: "demo/run-7/model.onnx",
  payload_type: "artefact",
  parent_identifier: "demo",
  derived_from: [],
  license: "CC0-1.0",
  access_level: "internal",
  schema_version: "1.0.0",
  version: 1,
  created_at: "2026-01-01T00:00:00.000000Z",
  updated_at: "2026-01-01T00:00:00.000000Z",
  children: [],
  repo: "https://git.example.org/demo",
  branch: "main",
  path: "model.onnx",
  status: "succeeded",
};

const equal = (name: string, value: string): Condition => ({
  kind: "compare",
  path: keyPath(name),
  op: "eq",
  value,
});

/** The newest that succeeded; of several of one transaction the one with the greatest identifier. */
const queryOf = ({ repo, branch, path, as_of }: z.infer<typeof latestQuery>): Query => ({
  payloadTypes: ["artefact"],
  condition: and([
    equal("repo", repo),
    equal("branch", branch),
    equal("path", path),
    equal("status", "succeeded"),
  ]),
  sort: [
    { path: columnPath("created_at"), direction: "desc" },
    { path: columnPath("identifier"), direction: "desc" },
  ],
  page: { limit: 1 },
  asOf: parseAsOf(as_of),
});

/** Adds the route. */
export const artefactRoutes = (api: Api): void =>
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
        ...answer(AnyResponse, "The newest artefact that succeeded.", example),
        ...NOT_MODIFIED,
        ...problems(400, 401, 403, 404, 429, 503),
      },
    },
    { requires: "read" },
    (c, { query }) =>
      answerJson(c, pastKey("artefact", query.as_of, query), async () => {
        const { store, principal } = c.var;
        const { rows, immutable } = await store.find(principal, queryOf(query), { children: true });
        const [row] = rows;
        if (row === undefined) throw new AppError("not_found", "No such artefact has succeeded.");
        return { text: renderRows([row]).slice(1, -1), immutable };
      }),
  );
