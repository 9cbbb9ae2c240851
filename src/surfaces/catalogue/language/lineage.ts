/** Renders a lineage in each of its formats. Pure. */
import { csvLine } from "../../../model/csv.ts";
import type { JsonObject } from "../../../model/json.ts";
import type { Lineage, LineageNode } from "../../../store/index.ts";
import { provOf } from "./prov.ts";

const renderNode = ({ identifier, payloadType, depth }: LineageNode): JsonObject => ({
  identifier,
  payload_type: payloadType,
  depth,
});

const json = ({ nodes, edges }: Lineage): string =>
  JSON.stringify({ nodes: nodes.map(renderNode), edges });

/** One node or edge per line; the last line confirms that nothing is missing. */
const ndjson = ({ nodes, edges }: Lineage): string =>
  [
    ...nodes.map((node) => ({ node: renderNode(node) })),
    ...edges.map((edge) => ({ edge })),
    { _end: { nodes: nodes.length, edges: edges.length } },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");

const csv = ({ nodes, edges }: Lineage): string => {
  const types = new Map(nodes.map(({ identifier, payloadType }) => [identifier, payloadType]));
  const typeOf = (identifier: string): string => types.get(identifier) ?? "";
  const rows = edges.map(({ kind, source, target }) => [
    kind,
    source,
    target,
    typeOf(source),
    typeOf(target),
  ]);
  return [["kind", "source", "target", "source_type", "target_type"], ...rows]
    .map(csvLine)
    .join("");
};

/** The formats of a lineage by media type. */
export const LINEAGE_FORMATS = {
  "application/json": json,
  "application/x-ndjson": ndjson,
  "application/prov+json": (lineage: Lineage) => JSON.stringify(provOf(lineage)),
  "text/csv": csv,
} as const satisfies Record<string, (lineage: Lineage) => string>;

/** One of the media types. */
export type LineageFormat = keyof typeof LINEAGE_FORMATS;
