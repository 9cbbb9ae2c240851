/** Inserting: records with their children, all of them or none. */
import type { JsonObject } from "../../../model/json.ts";
import type { WriteContext } from "../../../model/transaction.ts";
import type { Registry } from "../../../schema/type.ts";
import { orderedIdentifiers } from "./identifiers.ts";
import { needsOf, parseRecordOutputs } from "../language/outputs.ts";
import { renderRecord, type Rendered } from "../language/render.ts";
import type { Parameters } from "../language/request.ts";
import { buildRecord, type Building, type NewRecord } from "./build.ts";
import type { Caller } from "./dataset-request.ts";
import { answerOf, stampOf, writeBy, type Prepared, type Written } from "./write.ts";
import type { Dataset } from "../language/dataset.ts";

type RenderedNew = Rendered & Pick<NewRecord, "children">;

const renderedOf = ({ id, payload, children }: NewRecord, stamp: string): RenderedNew => ({
  id,
  payload,
  createdAt: stamp,
  updatedAt: stamp,
  children,
});

const prepare = (
  records: readonly JsonObject[],
  { outputs }: Parameters,
  stamp: string,
  nextId: () => () => string,
  dataset: Dataset,
  registry: Registry,
): Prepared => {
  const wanted = parseRecordOutputs(outputs, dataset, registry);
  const building: Building = { registry, nextId: nextId(), changes: [], links: [] };
  const made = records.map((record) => buildRecord(building, dataset, record));
  const relatedTo = (way: readonly string[], record: Rendered): readonly RenderedNew[] => {
    const { children } = record as RenderedNew;
    return (children.get(way.at(-1) ?? "") ?? []).map((child) => renderedOf(child, stamp));
  };
  return {
    subject: { identifiers: [], condition: null, needs: needsOf(wanted) },
    decide: () => ({
      changes: building.changes,
      links: { opened: building.links, closed: [] },
      answer: answerOf(
        stamp,
        made.map((each) => renderRecord(renderedOf(each, stamp), wanted, relatedTo)),
      ),
    }),
  };
};

/** Inserts records. */
export function insert(
  caller: Caller,
  name: string,
  records: readonly JsonObject[],
  parameters: Parameters,
  context: WriteContext,
): Promise<Written> {
  const stamp = stampOf(context);
  return writeBy(caller, { name, action: "create" }, context, (dataset, registry) =>
    prepare(records, parameters, stamp, orderedIdentifiers, dataset, registry),
  );
}
