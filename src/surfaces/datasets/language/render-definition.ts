/** Definitions of datasets on the wire. Pure. */
import type { Json, JsonObject } from "../../../model/json.ts";
import type { Dataset } from "./dataset.ts";
import { outputName } from "./names.ts";

/** A dataset's definition. */
export function renderDataset({ name, type, fields, strict }: Dataset): JsonObject {
  return {
    name,
    version: type.version,
    strict,
    fields: [...fields.values()].map(({ name: field, type: kind, constraints, initial }) => ({
      name: field,
      type: kind,
      constraints: constraints as unknown as Json,
      ...(initial === undefined ? {} : { default: initial }),
    })),
    relations: type.relations.map(({ dataset, cardinality, cascade }) => ({
      dataset,
      cardinality,
      cascade,
    })),
    indexes: type.indexes.map(outputName),
  };
}
