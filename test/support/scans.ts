// The datasets that the tests of this surface share, each test file in a database of its own.
import type { Json, JsonObject } from "../../src/model/json.ts";
import type { Client } from "./client.ts";
import { define, tableOf, type Table } from "./datasets.ts";

/** Form of the ids of records. */
export const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** The ids of records. */
export const idsOf = (records: readonly JsonObject[]): readonly Json[] =>
  records.map(({ id }) => id ?? null);

/** The values of a member of records. */
export const valuesOf = (records: readonly JsonObject[], name: string): readonly Json[] =>
  records.map((record) => record[name] ?? null);

/** A dataset of one test, with its own records. */
export const freshTable = async (
  admin: Client,
  name: string,
  fields: readonly JsonObject[],
  more: JsonObject = {},
): Promise<Table> => {
  await define(admin, name, { fields: [...fields], ...more });
  return tableOf(admin, name);
};

/** Scans with fields of every type, their comments, and the authors of these. */
export const defineScans = async (admin: Client): Promise<Table> => {
  await define(admin, "authors", { fields: [{ name: "email", type: "string" }] });
  await define(admin, "comments", {
    fields: [
      { name: "text", type: "string" },
      { name: "likes", type: "integer" },
    ],
    relations: [{ dataset: "authors", cardinality: "many-to-one" }],
  });
  const fields: readonly JsonObject[] = [
    { name: "title", type: "string" },
    { name: "total", type: "integer" },
    { name: "rate", type: "float" },
    { name: "checked", type: "boolean" },
    { name: "taken_on", type: "date" },
    { name: "taken_at", type: "datetime" },
    { name: "about", type: "json" },
    { name: "series", type: "uuid" },
  ];
  return freshTable(admin, "scans", fields, {
    relations: [{ dataset: "comments", cardinality: "one-to-many" }],
    indexes: ["total"],
  });
};
