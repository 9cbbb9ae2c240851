/** Examples of the OpenAPI document. */
const record = {
  id: "5f0c7a1e-8f0e-4b7c-9a39-0c5b7a1f2d10",
  title: "Thorax, two views",
  total: 2,
  created_at: "2026-11-24T08:30:00.123456Z",
  updated_at: "2026-11-24T08:30:00.123456Z",
};

/** Example bodies and responses. */
export const EXAMPLES = {
  inserted: [{ title: "Thorax, two views", total: 2 }],
  changed: { total: 3 },
  records: [record],
  definition: {
    fields: [
      { name: "title", type: "string", constraints: [{ type: "required" }] },
      { name: "total", type: "integer", default: 0 },
    ],
    relations: [{ dataset: "comments", cardinality: "one-to-many" }],
    indexes: ["title"],
  },
} as const;

/** A dataset in a response. */
export const DATASET_EXAMPLE = {
  name: "scans",
  version: "1.0.0",
  strict: false,
  fields: [
    { name: "title", type: "string", constraints: [{ type: "required" }] },
    { name: "total", type: "integer", constraints: [], default: 0 },
  ],
  relations: [{ dataset: "comments", cardinality: "one-to-many", cascade: true }],
  indexes: ["title"],
} as const;
