/**
 * Which of many candidates a selection finds, where SQL cannot decide its condition: a walk before
 * the load, which then has to load those alone.
 */
import { actingFor, type Principal } from "../../identity/principal.ts";
import { AppError } from "../../model/error.ts";
import { LIMITS } from "../../model/limits.ts";
import { jsonChunks } from "../sql/chunks.ts";
import type { ReadContext } from "../read/read-context.ts";
import { walk } from "../read/walk.ts";
import { prepareSelection, refuseMany, type TypedSelection } from "./matched.ts";

/** A list of identifiers travels as one parameter. */
const refuseLong = (identifiers: readonly string[]): void => {
  if (jsonChunks(identifiers).length <= 1) return;
  const detail = "Expected a query that finds fewer documents: their identifiers are too long.";
  throw new AppError("too_large", detail, {
    details: [{ path: "query", code: "too_large", detail }],
  });
};

/**
 * The identifiers of all rows that satisfy the condition of a selection, in one state, whatever its
 * window.
 *
 * @param context on the primary, with a state of its own, for a plan.
 * @param elevated true: the product's own work, whatever the caller may see.
 * @throws AppError `too_large` for more than one write may change; BudgetSpent when more would have
 *   to be looked at than one request may.
 */
export async function findAmong(
  context: ReadContext,
  principal: Principal,
  selection: TypedSelection,
  elevated: boolean,
): Promise<readonly string[]> {
  const planner = elevated ? actingFor(principal) : principal;
  const { reading } = prepareSelection(planner, { ...selection, window: undefined });
  const query = { ...reading.query, page: { limit: LIMITS.pageSizeMax } };
  const found: string[] = [];
  await walk(context, planner, query, query.condition, {
    skip: 0,
    keep: 0,
    all: true,
    children: false,
    visit: (_, { identifier }) => {
      found.push(identifier);
      refuseMany(found.length);
    },
  });
  refuseLong(found);
  return found;
}
