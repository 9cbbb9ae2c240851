/** The decision that ends the schedules of datasets. Pure. */
import type { JsonObject } from "../../model/json.ts";
import type { Change } from "../../model/transaction.ts";
import type { Decision } from "../write/decision.ts";
import { liveRow } from "./records.ts";

/** The payload members of a dataset without a schedule. */
export const UNSCHEDULED: JsonObject = { schedule: null, scheduled_for: null };

/** The decision that removes the schedules of datasets. */
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
