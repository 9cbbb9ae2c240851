/** The records that a write affects: condition, order and range as a selection of the store. */
import type { Registry } from "../../../schema/type.ts";
import type { Selection } from "../../../store/index.ts";
import type { Dataset } from "../language/dataset.ts";
import { parseCond } from "../language/cond.ts";
import { parseOrder, parseRange, sortOf } from "../language/window.ts";
import type { Parameters } from "../language/request.ts";

/** A selection, and the payload types that its condition reaches. */
export type ParsedSelection = Pick<Selection, "condition" | "window"> & {
  readonly needs: readonly string[];
};

/**
 * The selection of parameters.
 *
 * @param prefix the prefix of the parameters' names.
 */
export function selectionOf(
  { cond, order, range }: Omit<Parameters, "outputs">,
  dataset: Dataset,
  registry: Registry,
  prefix: "" | "action_",
): ParsedSelection {
  const sort = sortOf(parseOrder(order, `${prefix}order`), dataset, registry, `${prefix}order`);
  const window = { sort, ...parseRange(range, `${prefix}range`) };
  const isWhole = sort.length === 0 && window.offset === 0 && window.limit === null;
  if (cond === undefined) return { condition: null, needs: [] };
  const { condition, needs } = parseCond(cond, dataset, registry, `${prefix}cond`);
  return { condition, needs, ...(isWhole ? {} : { window }) };
}
