/** `/resources/history` and `/resources/diff`. */
import { z } from "@hono/zod-openapi";
import { AppError } from "../../../model/error.ts";
import { jsonEqual, type Json } from "../../../model/json.ts";
import { formatInstant, parseInstant } from "../../../model/time.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { jsonText } from "../../../http/answer.ts";
import { answer, BEARER, jsonBody, problems, READ_PROBLEMS } from "../../../http/describe.ts";
import type { HistoryEntry } from "../../../store/read/history.ts";
import { EXAMPLE_IMAGE } from "../examples.ts";
import { parseAsOf, parseIdentifiers } from "../parse.ts";
import { renderVersion, versionMembers } from "../render.ts";
import { DiffRequest, DiffResponse, HistoryRequest, HistoryVersion } from "../wire/request.ts";

const tags = ["history"];

const { children: _children, ...exampleVersion } = EXAMPLE_IMAGE;

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
        "Every version, oldest first, tombstones included, each with the transaction that made it.",
      request: { body: jsonBody(HistoryRequest, { identifier: "demo/image-1" }) },
      responses: {
        ...answer(z.array(HistoryVersion), "The versions.", [
          {
            ...exampleVersion,
            is_deleted: false,
            transaction: {
              id: 1,
              instant: formatInstant(1_767_225_600_000_000),
              principal: "user:0199c4a0-0000-7000-8000-000000000000",
              surface: "catalogue",
              operation: "create",
            },
          },
        ]),
        ...READ_PROBLEMS,
        ...problems(404),
      },
    },
    { body: HistoryRequest },
    async (c, { body }) => {
      const { store, principal } = c.var;
      parseIdentifiers([body.identifier], "identifier");
      const entries = await store.history(principal, body.identifier, parseAsOf(body.as_of));
      const versions = entries.map(({ row, transaction }) => renderVersion(row, transaction));
      return jsonText(c, `[${versions.join(",")}]`);
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

const versionAt = (
  entries: readonly HistoryEntry[],
  wanted: number | string,
  member: "from" | "to",
): HistoryEntry => {
  if (typeof wanted === "number") {
    const found = entries.find(({ row }) => row.version === wanted);
    if (found === undefined) throw missing(member);
    return found;
  }
  const instant = parseInstant(wanted);
  if (instant === undefined) {
    const detail = "Expected a version number or an RFC 3339 instant with an offset.";
    throw new AppError("invalid_value", `${member}: ${detail}`, {
      details: [{ path: member, code: "invalid_value", detail }],
    });
  }
  const found = entries.findLast(({ transaction }) => transaction.recordedAt <= instant);
  if (found === undefined) throw missing(member);
  return found;
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
        "Names the members that differ between two versions, given as version numbers or instants. An absent member is null.",
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
    { body: DiffRequest },
    async (c, { body }) => {
      const { store, principal } = c.var;
      parseIdentifiers([body.identifier], "identifier");
      const entries = await store.history(principal, body.identifier, parseAsOf(body.as_of));
      const from = versionAt(entries, body.from, "from").row;
      const to = versionAt(entries, body.to, "to").row;
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
