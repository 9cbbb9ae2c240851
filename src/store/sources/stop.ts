/** The end of a dataset's schedule. A decision, pure. */
import type { JsonObject } from "../../model/json.ts";
import type { Change } from "../../model/transaction.ts";
import type { Decision } from "../write/decision.ts";
import { liveRow } from "./records.ts";

/** What a dataset without a schedule no longer says. */
export const UNSCHEDULED: JsonObject = { schedule: null, scheduled_for: null };

/** The decision that takes datasets out of the schedule. */
export function stopDecision(datasetIds: readonly string[]): Decision {
  return {
    actions: ["update"],
    subject: () => ({
      payloadType: "source_spec",
      identifiers: datasetIds,
      condition: null,
      sequences: [],
    }),
    decide: ({ rows, refused: found }) => ({
      changes: datasetIds.flatMap((identifier): readonly Change[] => {
        const row = liveRow(rows, identifier, "source_spec");
        return row === undefined || found.has(identifier)
          ? []
          : [{ kind: "update", identifier, payload: UNSCHEDULED }];
      }),
      answer: null,
    }),
  };
}
