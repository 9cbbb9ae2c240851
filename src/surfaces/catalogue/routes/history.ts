/** `/resources/history` and `/resources/diff`. */
import { z } from "@hono/zod-openapi";
import { AppError } from "../../../model/error.ts";
import { jsonEqual, type Json } from "../../../model/json.ts";
import { formatInstant, parseInstant } from "../../../model/time.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { jsonStream, jsonText } from "../../../http/answer.ts";
import { answer, BEARER, jsonBody, problems, READ_PROBLEMS } from "../../../http/describe.ts";
import { arrayPieces } from "../../../http/stream.ts";
import { LIMITS } from "../../../model/limits.ts";
import { hashQuery, readCursor, sealCursor } from "../../../query/cursor.ts";
import {
  type HistoryPage as StoredPage,
  historyPages,
  type HistoryWanted,
  type VersionWanted,
} from "../../../store/index.ts";
import { EXAMPLE_IMAGE } from "../wire/examples.ts";
import { parseAsOf, parseIdentifiers } from "../language/parse.ts";
import { renderVersion, versionMembers } from "../language/render.ts";
import {
  DiffRequest,
  DiffResponse,
  HistoryPage,
  HistoryRequest,
  HistoryVersion,
  type HistoryBody,
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

const textsOf = ({ entries }: StoredPage): readonly string[] =>
  entries.map(({ row, transaction }) => renderVersion(row, transaction));

async function* textsOfAll(
  pages: AsyncIterable<StoredPage>,
): AsyncGenerator<readonly string[], void, undefined> {
  for await (const page of pages) yield textsOf(page);
}

/** What a cursor is bound to: whose versions, and up to which state. */
const fingerprint = ({ identifier, as_of: asOf = null }: HistoryBody): Promise<string> =>
  hashQuery({ history: identifier, as_of: asOf });

/** The page that a body asks for: by its cursor, or the first one. */
const wantedOf = async (body: HistoryBody, key: CryptoKey): Promise<HistoryWanted> => {
  const { identifier, cursor: text = null } = body;
  const limit = body.limit ?? LIMITS.pageSizeDefault;
  if (text === null) return { identifier, limit, asOf: parseAsOf(body.as_of), after: 0 };
  const { transaction, position } = await readCursor(key, text, await fingerprint(body));
  const [after] = position.values;
  return { identifier, limit, asOf: { kind: "transaction", transaction }, after: Number(after) };
};

/** One page in an envelope, with what leads to the next. */
const pageText = async (body: HistoryBody, page: StoredPage, key: CryptoKey): Promise<string> => {
  const { identifier } = body;
  const { next, transaction } = page;
  const cursor =
    next === null
      ? null
      : await sealCursor(key, {
          transaction,
          position: { values: [next], identifier },
          queryHash: await fingerprint(body),
        });
  const limit = JSON.stringify(body.limit ?? null);
  return `{"results":[${textsOf(page).join(",")}],"next_cursor":${JSON.stringify(cursor)},"limit":${limit}}`;
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
      const page = await store.history(principal, await wantedOf(body, key));
      const isPaged = (body.limit ?? body.cursor ?? null) !== null;
      if (isPaged) return jsonText(c, await pageText(body, page, key));
      if (page.next === null) return jsonText(c, `[${textsOf(page).join(",")}]`);
      const pages = historyPages((wanted) => store.history(principal, wanted), identifier, page);
      return jsonStream(c, arrayPieces(textsOfAll(pages)));
    },
  );

const missing = (member: "from" | "to"): AppError =>
  new AppError("not_found", `${member}: there is no such version.`, {
    details: [
      {
        path: member,
        code: "not_found",
        detail: "Expected a version number or an instant at which the resource existed.",
      },
    ],
  });

const parseVersion = (wanted: number | string, member: "from" | "to"): VersionWanted => {
  if (typeof wanted === "number") return { version: wanted };
  const instant = parseInstant(wanted);
  if (instant !== undefined) return { instant };
  const detail = "Expected a version number or an RFC 3339 instant with an offset.";
  throw new AppError("invalid_value", `${member}: ${detail}`, {
    details: [{ path: member, code: "invalid_value", detail }],
  });
};

interface Change {
  readonly path: string;
  readonly before: Json;
  readonly after: Json;
}

const compare = (
  before: Readonly<Record<string, Json>>,
  after: Readonly<Record<string, Json>>,
): readonly Change[] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((name) => !jsonEqual(before[name], after[name]))
    .toSorted()
    .map((name) => ({ path: name, before: before[name] ?? null, after: after[name] ?? null }));

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
      const { store, principal } = c.var;
      parseIdentifiers([body.identifier], "identifier");
      const wanted = [parseVersion(body.from, "from"), parseVersion(body.to, "to")];
      const asOf = parseAsOf(body.as_of);
      const [from, to] = await store.versions(principal, body.identifier, wanted, asOf);
      if (from === undefined) throw missing("from");
      if (to === undefined) throw missing("to");
      return c.json({
        identifier: body.identifier,
        from: from.version,
        to: to.version,
        changes: compare(versionMembers(from), versionMembers(to)),
      });
    },
  );

/** Adds the routes. */
export const historyRoutes = (api: Api): void => {
  history(api);
  diff(api);
};
