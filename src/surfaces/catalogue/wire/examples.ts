/** The example resource of the documentation. */
export const EXAMPLE_IMAGE = {
  identifier: "demo/image-1",
  payload_type: "image",
  parent_identifier: "demo",
  derived_from: [],
  license: "CC0-1.0",
  access_level: "internal",
  schema_version: "1.0.0",
  version: 1,
  created_at: "2026-01-01T00:00:00.000000Z",
  updated_at: "2026-01-01T00:00:00.000000Z",
  children: [],
  modality: "CT",
  rows: 512,
  columns: 512,
} as const;
