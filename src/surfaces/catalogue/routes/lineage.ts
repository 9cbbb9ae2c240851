/** `/parents`, `/children` and `/lineage`. */
import { z } from "@hono/zod-openapi";
import type { Context } from "hono";
import { accepts } from "hono/accepts";
import { AppError } from "../../../model/error.ts";
import { addRoute, type Api } from "../../../http/api.ts";
import { answerJson, pastKey } from "../../../http/answer.ts";
import { answer, BEARER, NOT_MODIFIED, problems } from "../../../http/describe.ts";
import type { AppEnv } from "../../../http/env.ts";
import type { LineageWanted } from "../../../store/index.ts";
import { nextLink, parseChildren, renderNode } from "../language/children.ts";
import { LINEAGE_FORMATS, type LineageFormat } from "../language/lineage.ts";
import { parseAsOf } from "../language/parse.ts";
import { provOf } from "../language/prov.ts";
import {
  childrenQuery,
  LineageResponse,
  lineageQuery,
  ParentsResponse,
  ProvDocument,
  restOfPath,
  TreeNode,
} from "../wire/lineage.ts";
import { asOfQuery } from "../wire/resource.ts";

const tags = ["lineage"];
const PROBLEMS = { ...NOT_MODIFIED, ...problems(400, 401, 403, 404, 429, 503) };

/** The identifier that follows a prefix in the path, percent-decoded once. */
const identifierAfter = (c: Context<AppEnv>, prefix: string): string => {
  const rest = c.get("address").path.slice(prefix.length);
  try {
    return decodeURIComponent(rest);
  } catch (error) {
    const detail = "Expected UTF-8, percent-encoded.";
    throw new AppError("invalid_value", "The identifier is malformed.", {
      cause: error,
      details: [{ path: "identifier", code: "invalid_value", detail }],
    });
  }
};

const parents = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/parents/{identifier}",
      tags,
      security: BEARER,
      summary: "Read the ancestors of a resource",
      description:
        "Returns the identifiers of the ancestors, nearest first. The list of a root is empty. It ends before a tombstone and before a resource that the caller may not see.",
      request: { params: restOfPath, query: asOfQuery },
      responses: {
        ...answer(ParentsResponse, "The identifiers of the ancestors.", ["demo"]),
        ...PROBLEMS,
      },
    },
    { requires: "read" },
    (c, { query }) => {
      const identifier = identifierAfter(c, "/parents/");
      return answerJson(c, pastKey("parents", query.as_of, { identifier, ...query }), async () => {
        const found = await c
          .get("store")
          .parents(c.get("principal"), identifier, parseAsOf(query.as_of));
        return { text: JSON.stringify(found.identifiers), immutable: found.immutable };
      });
    },
    "/parents/:identifier{[\\s\\S]+}",
  );

const children = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/children",
      tags,
      security: BEARER,
      summary: "Read the children of a resource",
      description:
        'Returns the children of a resource, or the roots, in order of insertion, each with exact counts of its descendants. A `Link` with `rel="next"` points to the next page, which shows the same state.',
      request: { query: childrenQuery },
      responses: {
        ...answer(z.array(TreeNode), "The children, or the roots.", [
          {
            identifier: "demo/patient-1",
            payload_type: "patient",
            parent_identifier: "demo",
            child_count: 1,
            descendant_count: 4,
            has_children: true,
            payload: { patient_sex: "F" },
          },
        ]),
        ...PROBLEMS,
      },
    },
    { requires: "read" },
    async (c, { query }) => {
      const { store, principal } = c.var;
      const key = await c.get("services").opaqueKey();
      const wanted = await parseChildren(query, key);
      const found = await store.children(principal, wanted);
      if (found.last !== null) c.header("link", await nextLink(query, found, key));
      return c.json(found.rows.map((row) => renderNode(wanted.parent, row)));
    },
  );

const exampleLineage = {
  nodes: [
    { identifier: "demo/image-1", payloadType: "image", depth: 0 },
    { identifier: "demo", payloadType: "datasource", depth: 1 },
    { identifier: "demo/mask-1", payloadType: "segmentation", depth: 1 },
  ],
  edges: [
    { kind: "parent", source: "demo", target: "demo/image-1" },
    { kind: "derived_from", source: "demo/image-1", target: "demo/mask-1" },
  ],
} as const;

const text = (format: LineageFormat) => ({
  schema: z.string(),
  example: LINEAGE_FORMATS[format](exampleLineage),
});

const LINEAGE_CONTENT = {
  "application/json": {
    schema: LineageResponse,
    example: JSON.parse(LINEAGE_FORMATS["application/json"](exampleLineage)) as unknown,
  },
  "application/x-ndjson": text("application/x-ndjson"),
  "application/prov+json": { schema: ProvDocument, example: provOf(exampleLineage) },
  "text/csv": text("text/csv"),
};

const formatOf = (c: Context<AppEnv>): LineageFormat =>
  accepts(c, {
    header: "Accept",
    supports: Object.keys(LINEAGE_FORMATS),
    default: "application/json",
  }) as LineageFormat;

const lineage = (api: Api): void =>
  addRoute(
    api,
    {
      method: "get",
      path: "/lineage/{identifier}",
      tags,
      security: BEARER,
      summary: "Read what a resource came from and what came of it",
      description:
        "Returns the live resources that the caller may see, and the edges between them: `parent` and `derived_from`, each from the ancestor to its successor. `Accept` selects JSON, CSV (edges), NDJSON or W3C PROV-JSON. There are at most 10,000 nodes.",
      request: { params: restOfPath, query: lineageQuery },
      responses: {
        200: { description: "The lineage of the resource.", content: LINEAGE_CONTENT },
        ...PROBLEMS,
      },
    },
    { requires: "read" },
    async (c, { query }) => {
      const { store, principal } = c.var;
      const format = formatOf(c);
      const wanted: LineageWanted = {
        identifier: identifierAfter(c, "/lineage/"),
        direction: query.direction,
        asOf: parseAsOf(query.as_of),
        ...(query.depth === undefined ? {} : { depth: query.depth }),
      };
      const found = await store.lineage(principal, wanted);
      c.header("vary", "Accept", { append: true });
      c.header("content-type", format === "text/csv" ? `${format}; charset=utf-8` : format);
      return c.body(LINEAGE_FORMATS[format](found.lineage));
    },
    "/lineage/:identifier{[\\s\\S]+}",
  );

/** Adds the routes. */
export function lineageRoutes(api: Api): void {
  parents(api);
  children(api);
  lineage(api);
}
