/** The example resources of the documentation. */

/** The metadata of an example resource below `demo`. */
const EXAMPLE_METADATA = {
  parent_identifier: "demo",
  derived_from: [],
  license: "CC0-1.0",
  access_level: "internal",
  schema_version: "1.0.0",
  version: 1,
  created_at: "2026-01-01T00:00:00.000000Z",
  updated_at: "2026-01-01T00:00:00.000000Z",
  children: [],
} as const;

/** An image. */
export const EXAMPLE_IMAGE = {
  identifier: "demo/image-1",
  payload_type: "image",
  ...EXAMPLE_METADATA,
  modality: "CT",
  rows: 512,
  columns: 512,
} as const;

/** An artefact of a pipeline run. */
export const EXAMPLE_ARTEFACT = {
  identifier: "demo/run-7/model.onnx",
  payload_type: "artefact",
  ...EXAMPLE_METADATA,
  repo: "https://git.example.org/demo",
  branch: "main",
  path: "model.onnx",
  status: "succeeded",
} as const;
