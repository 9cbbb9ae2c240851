// The running example of the entity surface: an entity with a field of every kind, and four documents.
import type { JsonObject } from "../../src/model/json.ts";

const list = (type: string): JsonObject => ({ type: "array", items: { type } });

/** Fields of the entity `scan`. */
const SCAN_FIELDS: JsonObject = {
  _id: { type: "string" },
  subject: { type: "string" },
  operator: { type: "string" },
  notes: { type: "string" },
  modality: { type: "string", constraints: { enum: "modality" } },
  slices: { type: "integer" },
  minSlices: { type: "integer" },
  dose: { type: "double" },
  approved: { type: "boolean" },
  acquired: { type: "date" },
  exact: { type: "bigdecimal" },
  tags: list("string"),
  oldTags: list("string"),
  scores: list("integer"),
  prevScores: list("integer"),
  site: {
    type: "object",
    fields: {
      name: { type: "string" },
      city: { type: "string" },
      geo: { type: "object", fields: { lat: { type: "double" } } },
    },
  },
  series: {
    type: "array",
    items: {
      type: "object",
      fields: {
        uid: { type: "string" },
        kv: { type: "integer" },
        label: { type: "string" },
        files: {
          type: "array",
          items: {
            type: "object",
            fields: { path: { type: "string" }, bytes: { type: "integer" } },
          },
        },
      },
    },
  },
};

/** A metadata document. */
export const metadataOf = (
  name: string,
  schema: JsonObject = {},
  info: JsonObject = {},
): JsonObject => ({
  entityInfo: {
    name,
    defaultVersion: "1.0.0",
    datastore: { backend: "d1" },
    enums: [{ name: "modality", values: ["CT", "MR", "US"] }],
    ...info,
  },
  schema: {
    name,
    version: { value: "1.0.0", changelog: "first" },
    status: { value: "active" },
    fields: SCAN_FIELDS,
    ...schema,
  },
});

/** The documents of the examples. */
export const SCANS: readonly JsonObject[] = [
  {
    _id: "s1",
    subject: "P-07",
    operator: "P-07",
    modality: "CT",
    slices: 120,
    minSlices: 64,
    tags: ["chest", "contrast"],
    scores: [3, 5, 9],
    prevScores: [2, 5, 9],
    site: { name: "North", city: "Turku", geo: { lat: 60.4 } },
    series: [
      {
        uid: "A",
        kv: 80,
        label: "low",
        files: [
          { path: "a1", bytes: 10 },
          { path: "a2", bytes: 30 },
        ],
      },
      { uid: "B", kv: 120, label: "high", files: [{ path: "b1", bytes: 25 }] },
      { uid: "C", kv: 100, files: [] },
    ],
  },
  {
    _id: "s2",
    subject: "P-08",
    operator: "Kim",
    modality: "MR",
    slices: 40,
    minSlices: 64,
    tags: ["head"],
    scores: [4],
    prevScores: [4, 4],
    series: [{ uid: "D", kv: 70, label: "P-08" }],
  },
  {
    _id: "s3",
    subject: "P-09",
    slices: 64,
    minSlices: 64,
    tags: [],
    scores: [7, 8],
    prevScores: [7, 8],
    series: [],
  },
  { _id: "s4", subject: "p-10", modality: "US" },
];
