/** Deleting: the records of a condition, and the children that go with them. */
import type { Change, WriteContext } from "../../../model/transaction.ts";
import type { Registry } from "../../../schema/type.ts";
import { allRelations } from "../../../store/index.ts";
import type { Dataset } from "../language/dataset.ts";
import { refuseRecord } from "../language/error.ts";
import { needsOf, parseRecordOutputs, relatedOf } from "../language/outputs.ts";
import { linkedRecords, recordOf, renderRecord } from "../language/render.ts";
import type { Parameters } from "../language/request.ts";
import type { Caller } from "./dataset-request.ts";
import { selectionOf } from "./selection.ts";
import { answerOf, stampOf, writeBy, type Prepared, type Written } from "./write.ts";

/** Kinds of links along which a deletion cascades, and those that can keep what it reaches. */
const cascadeOf = (
  dataset: Dataset,
  registry: Registry,
): { readonly along: readonly string[]; readonly held: readonly string[] } | undefined => {
  const relations = allRelations(registry);
  const reached = new Set([dataset.name]);
  const along = new Set<string>();
  for (const name of reached) {
    for (const { parentType, dataset: child, cascade, kind } of relations) {
      if (parentType !== name || !cascade) continue;
      along.add(kind);
      reached.add(child);
    }
  }
  const held = relations.filter(({ dataset: child }) => reached.has(child)).map(({ kind }) => kind);
  return along.size === 0 ? undefined : { along: [...along], held };
};

const prepare = (
  parameters: Parameters,
  stamp: string,
  dataset: Dataset,
  registry: Registry,
): Prepared => {
  const selection = selectionOf(parameters, dataset, registry, "");
  if (selection.condition === null) {
    refuseRecord('action "delete" needs at least one condition', "cond");
  }
  const outputs = parseRecordOutputs(parameters.outputs, dataset, registry);
  const related = relatedOf(outputs);
  const cascade = cascadeOf(dataset, registry);
  return {
    subject: {
      ...selection,
      identifiers: [],
      ...(related.length === 0 ? {} : { related }),
      ...(cascade === undefined ? {} : { cascade }),
      needs: [...selection.needs, ...needsOf(outputs)],
    },
    decide: ({ matched, linked }) => {
      const linkedOutputs = linkedRecords(linked);
      return {
        changes: matched.map(({ identifier }): Change => ({
          kind: "delete",
          identifier,
          cascade: false,
        })),
        answer: answerOf(
          stamp,
          matched.map((row) => renderRecord(recordOf(row), outputs, linkedOutputs)),
        ),
      };
    },
  };
};

/** Deletes records. */
export function remove(
  caller: Caller,
  name: string,
  parameters: Parameters,
  context: WriteContext,
): Promise<Written> {
  const stamp = stampOf(context);
  return writeBy(caller, { name, action: "delete" }, context, (dataset, registry) =>
    prepare(parameters, stamp, dataset, registry),
  );
}
