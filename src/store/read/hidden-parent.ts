/**
 * Conditions on `parent_identifier` by somebody who may not see every parent. Such a caller gets
 * null instead of a hidden parent, and a condition must say the same: what SQL compares is only a
 * first sieve, and the rows as they are shown decide.
 */
import { ALWAYS, and, type Condition } from "../../query/condition.ts";
import type { Path } from "../../query/path.ts";

const isParent = (path: Path): boolean => path.column === "parent_identifier";

/** True when the condition names the parent anywhere. */
export function namesParent(condition: Condition): boolean {
  if (condition.kind === "true") return false;
  if (condition.kind === "and" || condition.kind === "or") return condition.of.some(namesParent);
  if (condition.kind === "not") return namesParent(condition.of);
  if (condition.kind === "related") return namesParent(condition.condition);
  if (condition.kind === "fields" || condition.kind === "pairs")
    return isParent(condition.left) || isParent(condition.right);
  return isParent(condition.path);
}

/** Leaves that hold for null, or may: hiding a parent can make them true. */
const HOLDS_FOR_NULL: ReadonlySet<Condition["kind"]> = new Set([
  "not",
  "fields",
  "pairs",
  "equals",
  "contains",
]);

/**
 * True when hiding a parent can only make the condition fail, so that SQL over the stored parents
 * keeps every row that the shown ones satisfy.
 */
const isSieve = (condition: Condition): boolean => {
  if (condition.kind === "and" || condition.kind === "or") return condition.of.every(isSieve);
  // Linked records are shown without hidden parents as well.
  if (condition.kind === "related") return isSieve(condition.condition);
  if (HOLDS_FOR_NULL.has(condition.kind)) return !namesParent(condition);
  return !(condition.kind === "compare" && condition.op === "ne" && isParent(condition.path));
};

/**
 * What SQL may decide over the stored parents: of a conjunction, the parts that hiding a parent cannot
 * make true. It holds wherever the condition holds of the row as it is shown.
 */
export function sieveIn(condition: Condition): Condition {
  if (condition.kind === "and") return and(condition.of.map(sieveIn));
  return isSieve(condition) ? condition : ALWAYS;
}
