/** `/resources/history` and `/resources/diff`. */
import { z } from "@hono/zod-openapi";
import { formatInstant } from "../../../model/time.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { jsonStream, jsonText } from "../../../http/answer.ts";
import { answer, BEARER, jsonBody, problems, READ_PROBLEMS } from "../../../http/describe.ts";
import { arrayPieces } from "../../../http/stream.ts";
import { historyPages } from "../../../store/index.ts";
import { EXAMPLE_IMAGE } from "../wire/examples.ts";
import {
  parseHistory,
  parseVersion,
  renderPage,
  textsOf,
  textsOfAll,
} from "../language/history.ts";
import { parseAsOf, parseIdentifiers } from "../language/parse.ts";
import { compareVersions } from "../operations/diff.ts";
import {
  DiffRequest,
  DiffResponse,
  HistoryPage,
  HistoryRequest,
  HistoryVersion,
} from "../wire/request.ts";

const tags = ["history"];

const { children: _children, ...exampleVersion } = EXAMPLE_IMAGE;

const EXAMPLE_VERSION = {
  ...exampleVersion,
  is_deleted: false,
  transaction: {
    id: 1,
    instant: formatInstant(1_767_225_600_000_000),
    principal: "user:0199c4a0-0000-7000-8000-000000000000",
    surface: "catalogue",
    operation: "create",
  },
};

const history = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/resources/history",
      tags,
      security: BEARER,
      summary: "Read the history of a resource",
      description:
        "Returns every version of a resource with the transaction that wrote it, oldest first and with tombstones. With `limit` or `cursor` the response is an object with one page; following `next_cursor` returns each version of the first page's state exactly once. Without both it is an array of all versions. Long arrays are streamed, and an interrupted one is not valid JSON.",
      request: { body: jsonBody(HistoryRequest, { identifier: "demo/image-1" }) },
      responses: {
        ...answer(
          z.union([z.array(HistoryVersion), HistoryPage]),
          "The versions of the resource.",
          [EXAMPLE_VERSION],
        ),
        ...READ_PROBLEMS,
        ...problems(404),
      },
    },
    { requires: "read" },
    async (c, { body }) => {
      const { store, principal } = c.var;
      const { identifier } = body;
      parseIdentifiers([identifier], "identifier");
      const key = await c.get("services").opaqueKey();
      const page = await store.history(principal, await parseHistory(body, key));
      const isPaged = (body.limit ?? body.cursor ?? null) !== null;
      if (isPaged) return jsonText(c, await renderPage(body, page, key));
      if (page.next === null) return jsonText(c, `[${textsOf(page).join(",")}]`);
      const pages = historyPages((wanted) => store.history(principal, wanted), identifier, page);
      return jsonStream(c, arrayPieces(textsOfAll(pages)));
    },
  );

const diff = (api: Api): void =>
  addRoute(
    api,
    {
      method: "post",
      path: "/resources/diff",
      tags,
      security: BEARER,
      summary: "Compare two versions of a resource",
      description:
        "Returns the members that differ between two versions. Version numbers or instants select the versions. An absent member is null.",
      request: { body: jsonBody(DiffRequest, { identifier: "demo/image-1", from: 1, to: 2 }) },
      responses: {
        ...answer(DiffResponse, "The members that differ.", {
          identifier: "demo/image-1",
          from: 1,
          to: 2,
          changes: [{ path: "modality", before: "CT", after: "MR" }],
        }),
        ...READ_PROBLEMS,
        ...problems(404),
      },
    },
    { requires: "read" },
    async (c, { body }) => {
      const { identifier } = body;
      parseIdentifiers([identifier], "identifier");
      const wanted = { from: parseVersion(body.from, "from"), to: parseVersion(body.to, "to") };
      const difference = await compareVersions(c.var, identifier, wanted, parseAsOf(body.as_of));
      return c.json({ identifier, ...difference });
    },
  );

/** Adds the routes. */
export function historyRoutes(api: Api): void {
  history(api);
  diff(api);
}
