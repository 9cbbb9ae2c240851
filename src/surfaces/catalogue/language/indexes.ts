/** Indexes as the catalogue tells of them. */
import { SCHEMA_BOUNDS } from "../../../schema/bounds.ts";
import type { FieldIndex } from "../../../store/index.ts";
import type { Indexes } from "../wire/indexes.ts";

/** The indexed fields of a payload type. */
export function renderIndexes(payloadType: string, indexes: readonly FieldIndex[]): Indexes {
  return {
    payload_type: payloadType,
    indexes: indexes.map(({ field, isDeclared, state, progress }) => ({
      field,
      declared: isDeclared,
      state,
      progress,
    })),
    limit: SCHEMA_BOUNDS.indexesMax,
  };
}
