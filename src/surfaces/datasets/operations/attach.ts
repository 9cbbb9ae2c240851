/** Attaches and detaches: every selected parent to every selected child. */
import { LIMITS } from "../../../model/limits.ts";
import type { Link } from "../../../model/relation.ts";
import type { WriteContext } from "../../../model/transaction.ts";
import type { Registry } from "../../../schema/type.ts";
import type { Known, LinkChanges } from "../../../store/index.ts";
import { childOf, type Dataset } from "../language/dataset.ts";
import { refuse, refuseRecord } from "../language/error.ts";
import type { Parameters } from "../language/request.ts";
import type { Caller } from "./dataset-request.ts";
import { selectionOf } from "./selection.ts";
import { answerOf, stampOf, writeBy, type Prepared, type Written } from "./write.ts";

/** The action, and its children. */
export interface Attachment {
  readonly action: "attach" | "detach";
  readonly resource: string | undefined;
  readonly children: Omit<Parameters, "outputs">;
}

const attached = (kind: string, { matched, others }: Known): LinkChanges => {
  if (matched.length * others.length > LIMITS.insertedRecordsMax) {
    const most = LIMITS.insertedRecordsMax;
    return refuse("action_cond", `Expected at most ${most} links.`, "too_large");
  }
  const opened = matched.flatMap((parent) =>
    others.map((child) => ({
      relation: kind,
      parent: parent.identifier,
      child: child.identifier,
    })),
  );
  return { opened, closed: [] };
};

const detached = (kind: string, { matched, others, links }: Known): LinkChanges => {
  const parents = new Set(matched.map(({ identifier }) => identifier));
  const children = new Set(others.map(({ identifier }) => identifier));
  const closed: readonly Link[] = links.filter(
    (link) => link.relation === kind && parents.has(link.parent) && children.has(link.child),
  );
  const held = new Set(closed.map(({ child }) => child));
  if (parents.size > 0 && [...children].some((child) => !held.has(child))) {
    refuseRecord("Expected records that are attached.", "action_cond");
  }
  return { opened: [], closed };
};

const prepare = (
  { action, resource, children }: Attachment,
  parameters: Parameters,
  stamp: string,
  dataset: Dataset,
  registry: Registry,
): Prepared => {
  const parents = selectionOf(parameters, dataset, registry, "");
  if (parents.condition === null) {
    refuseRecord(`action "${action}" needs at least one condition`, "cond");
  }
  const relation = dataset.relations.get(resource ?? "");
  if (relation === undefined) {
    return refuse("action_resource", "Expected the name of a related dataset.");
  }
  const child = childOf(registry, relation);
  const selection = selectionOf(children, child, registry, "action_");
  if (selection.condition === null) {
    return refuse("action_cond", "Expected a condition for the related records.");
  }
  const { needs, ...others } = selection;
  return {
    subject: {
      ...parents,
      identifiers: [],
      others: { ...others, payloadType: child.name, relation: relation.kind },
      needs: [...parents.needs, ...needs, child.name],
    },
    decide: (known) => ({
      changes: [],
      links: (action === "attach" ? attached : detached)(relation.kind, known),
      answer: answerOf(stamp, []),
    }),
  };
};

/** Links or unlinks records. */
export function attach(
  caller: Caller,
  name: string,
  attachment: Attachment,
  parameters: Parameters,
  context: WriteContext,
): Promise<Written> {
  const stamp = stampOf(context);
  return writeBy(caller, { name, action: "update" }, context, (dataset, registry) =>
    prepare(attachment, parameters, stamp, dataset, registry),
  );
}
