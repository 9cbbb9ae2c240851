/** Examples of the sources surface, for the OpenAPI document and tests. */

/** A specification with every member. */
export const SPEC_EXAMPLE = {
  meta: {
    version: 1,
    ownerid: "0199e0b5-5f5e-7b1c-9a39-0c5b7a1f2d10",
    owner: "imaging-lab",
    dataset: "ct-chest",
    findability: "unlisted",
  },
  inputs: [
    {
      kind: "datapackage",
      url: "https://raw.example.org/lab9/datapackage.json",
      parameters: {
        "resource-mapping": { "data/slices.csv": "https://raw.example.org/lab9/6f1c.csv" },
        descriptor: {
          name: "ct-chest",
          title: "Chest CT slice index",
          resources: [
            {
              name: "slices",
              path: "data/slices.csv",
              format: "csv",
              schema: {
                fields: [
                  { name: "series_uid", type: "string" },
                  { name: "z_mm", type: "number" },
                ],
              },
            },
          ],
        },
      },
    },
  ],
  outputs: [{ kind: "zip", parameters: { "out-file": "ct-chest-bundle.zip" } }],
  schedule: "every 1d",
};

const DATASET = `${SPEC_EXAMPLE.meta.ownerid}/${SPEC_EXAMPLE.meta.dataset}`;

/** An accepted upload. */
export const UPLOADED_EXAMPLE = {
  success: true,
  dataset_id: DATASET,
  flow_id: `${DATASET}/4`,
  errors: [],
};

/** An event. */
export const EVENT_EXAMPLE = {
  pipeline_id: `./${DATASET}/4/slices_csv`,
  event: "finish" as const,
  success: false,
  errors: ["row 12: z_mm: expected a number"],
  stats: { bytes: 0 },
  log: ["started", "row 12 failed"],
};

/** The response to it. */
export const FLOW_EXAMPLE = {
  status: "running" as const,
  id: `${DATASET}/4`,
  errors: EVENT_EXAMPLE.errors,
  success: "pending" as const,
};

/** A status. */
export const STATUS_EXAMPLE = {
  id: `${DATASET}/4`,
  spec_contents: {
    ...SPEC_EXAMPLE,
    meta: { ...SPEC_EXAMPLE.meta, update_time: "2026-11-24T08:30:00.000000Z" },
  },
  modified: "2026-11-24T08:30:00.000000Z",
  state: "INPROGRESS" as const,
  logs: EVENT_EXAMPLE.log,
  error_log: EVENT_EXAMPLE.errors,
  stats: { bytes: 0 },
  pipelines: {
    [`${DATASET}/4/slices_csv`]: {
      title: "Creating CSV",
      status: "FAILED" as const,
      stats: { bytes: 0 },
      error_log: EVENT_EXAMPLE.errors,
    },
  },
  certified: false,
};
