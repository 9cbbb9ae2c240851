/** Lineage reads, as zod schemas. */
import { z } from "@hono/zod-openapi";
import { LIMITS } from "../../../model/limits.ts";
import { DIRECTIONS, LINEAGE_BOUNDS } from "../../../query/lineage.ts";
import { asOfQuery, identifier } from "./resource.ts";

/** The identifier in the rest of a path. */
export const restOfPath = z.strictObject({
  identifier: z
    .string()
    .describe(
      "The identifier: the rest of the path, percent-decoded once. `%2F` and `/` mean the same.",
    ),
});

/** Parameters of `GET /children`. */
export const childrenQuery = asOfQuery.extend({
  parent_identifier: z
    .string()
    .optional()
    .describe("The identifier of a live resource. Without it the response lists the roots."),
  with_payloads: z
    .enum(["true", "false"])
    .default("false")
    .describe("The value `true` adds the first five scalar fields of each payload."),
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(LIMITS.pageSizeMax)
    .optional()
    .describe(
      `The maximum number of nodes on a page; the default is ${LINEAGE_BOUNDS.childrenMax}.`,
    ),
  after: z.string().optional().describe("The last identifier of the previous page."),
  cursor: z
    .string()
    .optional()
    .describe(
      "The cursor of the `Link` of the previous page. It replaces `after` and keeps the state of that page.",
    ),
});

/** Parameters of `GET /lineage/{identifier}`. */
export const lineageQuery = asOfQuery.extend({
  direction: z
    .enum(DIRECTIONS)
    .default("both")
    .describe(
      "The direction: `up` follows the ancestors and sources, `down` the descendants and derived resources.",
    ),
  depth: z.coerce
    .number()
    .int()
    .min(0)
    .max(LINEAGE_BOUNDS.depthMax)
    .optional()
    .describe("The maximum number of edges from the start. Without it there is no bound."),
});

/** Response of `GET /parents/{identifier}`. */
export const ParentsResponse = z.array(identifier);

/** A node of the tree. */
export const TreeNode = z
  .strictObject({
    identifier,
    payload_type: z.string(),
    parent_identifier: identifier.nullable(),
    child_count: z.int().min(0).describe("The number of live children that the caller may see."),
    descendant_count: z
      .int()
      .min(0)
      .describe("The number of live resources anywhere below that the caller may see."),
    has_children: z.boolean(),
    payload: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .optional()
      .describe("The first five scalar fields of the payload. Present with `with_payloads=true`."),
  })
  .openapi("TreeNode");

/** Response of `GET /lineage/{identifier}`. */
export const LineageResponse = z
  .strictObject({
    nodes: z.array(
      z.strictObject({
        identifier,
        payload_type: z.string(),
        depth: z
          .int()
          .min(0)
          .describe("The number of edges between this node and the start, in either direction."),
      }),
    ),
    edges: z.array(
      z.strictObject({
        kind: z.enum(["parent", "derived_from"]),
        source: identifier.describe(
          "The parent of the target, or the resource from which the target was derived.",
        ),
        target: identifier,
      }),
    ),
  })
  .openapi("Lineage");

const qualifiedName = z.string().describe("A qualified name as PROV-DM defines it.");
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
