/** Plans of lists of changes, and what their answers show. Pure. */
import type { Disclosed, WriteRequest } from "../../model/transaction.ts";
import type { Registry } from "../../schema/type.ts";
import type { Loaded } from "./load.ts";
import { plan, type Plan } from "./plan.ts";

const RIGHTS = { created: "create", updated: "update", deleted: "delete" } as const;

/** What a caller had to be allowed to do for a plan, each right once. */
const rightsOf = (planned: Plan): NonNullable<Disclosed["also"]> =>
  (["created", "updated", "deleted"] as const).flatMap((part) => {
    const types = new Set(planned[part].map(({ payloadType }) => payloadType));
    // Who may give access is no matter of the type of grants.
    types.delete("grant");
    return [...types].map((payloadType) => ({ action: RIGHTS[part], payloadType }));
  });

/**
 * The plan of a list of changes. What it answers follows from its receipt: that shows identifiers
 * beyond what the caller sent, or made, where a registration found what was there.
 */
export const planChanges = (loaded: Loaded, registry: Registry, request: WriteRequest) => {
  const planned = plan(loaded, registry, request);
  const made = new Set(
    [...planned.created, ...planned.updated, ...planned.deleted].map(
      ({ identifier }) => identifier,
    ),
  );
  const identifiers = planned.identifiers.filter((each) => !made.has(each));
  const also = rightsOf(planned);
  const shown: Disclosed | null =
    request.context.idempotency === undefined || identifiers.length + also.length === 0
      ? null
      : { actions: [], payloadType: "*", identifiers, also };
  return { answer: undefined, restricted: 0, shown, planned };
};
