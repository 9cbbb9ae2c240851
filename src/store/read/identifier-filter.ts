/** Which identifiers a query can find at all: those that it lists, or those that its condition names. */
import type { Condition, Literal } from "../../query/condition.ts";
import type { Query } from "../../query/query.ts";
import { jsonChunks } from "../sql/chunks.ts";

const namedBy = (condition: Condition): readonly Literal[] | undefined => {
  if (condition.kind === "and") {
    return condition.of.map(namedBy).find((found) => found !== undefined);
  }
  if (condition.kind !== "compare" && condition.kind !== "in") return undefined;
  if (condition.path.column !== "identifier" || condition.path.segments.length > 0)
    return undefined;
  if (condition.kind === "in") return condition.values;
  return condition.op === "eq" ? [condition.value] : undefined;
};

/**
 * The identifiers as JSON array text; undefined where anything may be found, or where the list of a
 * condition is too long for one parameter.
 */
export function namedIn({ identifiers, condition }: Query): string | undefined {
  if (identifiers !== undefined) return JSON.stringify(identifiers);
  const chunks = jsonChunks(namedBy(condition) ?? []);
  return chunks.length === 1 ? chunks[0]?.text : undefined;
}
