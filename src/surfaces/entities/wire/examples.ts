/** Examples of the documentation: they can be sent unchanged. */
import type { JsonObject } from "../../../model/json.ts";

const answer = (members: JsonObject): JsonObject => ({
  entity: "dataset",
  entityVersion: "1.0.0",
  status: "COMPLETE",
  modifiedCount: 0,
  matchCount: 0,
  ...members,
  hostname: "local",
});

const one: JsonObject = {
  processed: [{ _id: "demo-set", name: "Demo" }],
  resultMetadata: [{ documentVersion: "demo-set:1" }],
};

const projection = [{ field: "_id" }, { field: "name" }];
const query = { field: "_id", op: "=", rvalue: "demo-set" };

/** A request and its response for each command. */
export const EXAMPLES = {
  insert: {
    request: { entity: "dataset", data: [{ _id: "demo-set", name: "Demo" }], projection },
    answer: answer({ modifiedCount: 1, ...one }),
  },
  save: {
    request: {
      entity: "dataset",
      data: [{ _id: "demo-set", name: "Demo" }],
      upsert: true,
      projection,
    },
    answer: answer({ modifiedCount: 1, ...one }),
  },
  update: {
    request: { entity: "dataset", query, update: { $set: { name: "Demo" } }, projection },
    answer: answer({ modifiedCount: 1, matchCount: 1, ...one }),
  },
  delete: {
    request: { entity: "dataset", query },
    answer: answer({ modifiedCount: 1 }),
  },
  find: {
    request: { entity: "dataset", query, projection, sort: { name: "$asc" }, range: [0, 9] },
    answer: answer({ matchCount: 1, ...one }),
  },
  explain: {
    request: { entity: "dataset", query },
    answer: answer({
      processed: [],
      resultMetadata: [{ sql: "SELECT ...", plan: ["SEARCH x USING INDEX ..."], isWhole: true }],
    }),
  },
} as const satisfies Readonly<
  Record<string, { readonly request: JsonObject; readonly answer: JsonObject }>
>;

/** The metadata of an entity. */
export const EXAMPLE_METADATA = {
  entityInfo: {
    name: "scan",
    defaultVersion: "1.0.0",
    datastore: { backend: "d1" },
    enums: [{ name: "modality", values: ["CT", "MR", "US"] }],
    indexes: [{ name: "by_subject", unique: false, fields: [{ field: "subject", dir: "$asc" }] }],
    hooks: [],
  },
  schema: {
    name: "scan",
    version: { value: "1.0.0", extendVersions: [], changelog: "first" },
    status: { value: "active" },
    access: { insert: ["anyone"], find: ["anyone"], update: ["anyone"], delete: ["noone"] },
    fields: {
      subject: { type: "string", constraints: { required: true } },
      modality: { type: "string", constraints: { enum: "modality" } },
      slices: { type: "integer" },
      tags: { type: "array", items: { type: "string" } },
    },
  },
} as const satisfies JsonObject;
