/** Lineage reads, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { LIMITS } from "../../../model/limits.ts";
import { DIRECTIONS, LINEAGE_BOUNDS } from "../../../query/lineage.ts";
import { asOfQuery, identifier } from "./resource.ts";

/** The identifier that is the rest of a path. */
export const restOfPath = z.strictObject({
  identifier: z
    .string()
    .describe("The rest of the path, percent-decoded once: `%2F` and a plain `/` mean the same."),
});

/** Parameters of `GET /children`. */
export const childrenQuery = asOfQuery.extend({
  parent_identifier: z.string().optional().describe("A live resource; absent: the roots."),
  with_payloads: z
    .enum(["true", "false"])
    .default("false")
    .describe("`true` adds the first five scalar fields of each payload."),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(LIMITS.pageSizeMax)
    .optional()
    .describe(`Nodes on a page; absent: ${LINEAGE_BOUNDS.childrenMax}.`),
  after: z.string().optional().describe("The last identifier of the page before."),
  cursor: z
    .string()
    .optional()
    .describe("From the `Link` of the page before, instead of `after`: keeps to its state."),
});

/** Parameters of `GET /lineage/{identifier}`. */
export const lineageQuery = asOfQuery.extend({
  direction: z
    .enum(DIRECTIONS)
    .default("both")
    .describe("`up`: what it came from; `down`: what came of it."),
  depth: z.coerce
    .number()
    .int()
    .min(0)
    .max(LINEAGE_BOUNDS.depthMax)
    .optional()
    .describe("Most edges from the start; absent: as far as it goes."),
});

/** Answer of `GET /parents/{identifier}`. */
export const ParentsResponse = z.array(identifier);

/** A node of the tree. */
export const TreeNode = z
  .strictObject({
    identifier,
    payload_type: z.string(),
    parent_identifier: identifier.nullable(),
    child_count: z.int().min(0).describe("Live, visible children."),
    descendant_count: z.int().min(0).describe("Live, visible resources anywhere below."),
    has_children: z.boolean(),
    payload: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe("The first five scalar fields, with `with_payloads=true`."),
  })
  .openapi("TreeNode");

/** Answer of `GET /lineage/{identifier}`. */
export const LineageResponse = z
  .strictObject({
    nodes: z.array(
      z.strictObject({
        identifier,
        payload_type: z.string(),
        depth: z.int().min(0).describe("How many edges it is away from the start, either way."),
      }),
    ),
    edges: z.array(
      z.strictObject({
        kind: z.enum(["parent", "derived_from"]),
        source: identifier.describe("The parent, or what the target was derived from."),
        target: identifier,
      }),
    ),
  })
  .openapi("Lineage");

const qualifiedName = z.string().describe("A qualified name of PROV-DM.");
const relation = z.record(z.string(), z.record(z.string(), qualifiedName));

/** A lineage in W3C PROV-JSON. */
export const ProvDocument = z
  .strictObject({
    prefix: z.record(z.string(), z.string()),
    entity: z.record(z.string(), z.record(z.string(), z.unknown())),
    wasDerivedFrom: relation.optional(),
    hadMember: relation.optional(),
  })
  .openapi("ProvDocument");
