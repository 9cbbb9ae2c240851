import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Json, JsonObject } from "../../../src/model/json.ts";
import { BUILTINS, type BuiltinName } from "../../../src/schema/builtin/index.ts";
import { inspect } from "../../../src/schema/inspect.ts";
import { METADATA_NAMES } from "../../../src/model/metadata.ts";
import { BUILTIN_TYPES } from "../../../src/schema/registry.ts";
import type { PayloadType } from "../../../src/schema/type.ts";
import { anyJson, otherValidator, SEED } from "./support.ts";
import { runs } from "../../support/run/figures.ts";

const NAMES = Object.keys(BUILTINS) as readonly BuiltinName[];

const typeNamed = (name: string): PayloadType => {
  const type = BUILTIN_TYPES.get(name);
  if (type === undefined) throw new Error(`no such type: ${name}`);
  return type;
};

/** Values at and next to the bounds of fields. */
const EDGES: readonly Json[] = [
  "",
  "a",
  "M",
  "PA",
  "x".repeat(64),
  "x".repeat(65),
  "\u{1F600}".repeat(64),
  "\u{1F600}".repeat(65),
  "0".repeat(64),
  "f".repeat(64),
  "1.2.840.10008.1.2",
  "1..2",
  "2024-02-29",
  "2023-02-29",
  "2026-11-24T08:30:00Z",
  "2026-11-24T08:30:00.123456+05:30",
  "2026-11-24T08:30:00",
  "succeeded",
  "user",
  "parquet",
  -1,
  0,
  0.5,
  1,
  64,
  150,
  150.5,
  1950,
  1_000_000,
  1_000_001,
  Number.MAX_SAFE_INTEGER,
  true,
  [],
  ["Mass", "Nodule"],
  ["Mass", 1],
  [0.143, 0.143],
  [1, 2, 3, 4],
  {},
  { loss: [1, { deep: null }] },
];

const payloadsOf = (type: PayloadType): fc.Arbitrary<JsonObject> => {
  const names = [...type.fields.keys()];
  const values = fc.oneof(
    { arbitrary: fc.constantFrom(...EDGES), weight: 4 },
    { arbitrary: anyJson.filter((value) => value !== null), weight: 1 },
  );
  const required = names.filter((name) => type.fields.get(name)?.required === true);
  const member = fc.constantFrom(...names, ...names, "unknown_member");
  return fc
    .tuple(fc.dictionary(member, values, { maxKeys: 5 }), fc.tuple(...required.map(() => values)))
    .map(([optional, values_]) => ({
      ...Object.fromEntries(required.map((name, at) => [name, values_[at] as Json])),
      ...optional,
    }));
};

describe.each(NAMES)("the built-in type %s", (name) => {
  const type = typeNamed(name);

  test("has a title, and a description on the type and on every field", () => {
    expect(type.jsonSchema["title"]).toBe(name);
    expect(type.jsonSchema["description"]).toMatch(/\.$/);
    for (const field of type.fields.values()) expect(field.description, field.name).toMatch(/\.$/);
  });

  test("has no field under the name of a metadata member", () => {
    expect([...type.fields.keys()].filter((field) => METADATA_NAMES.has(field))).toEqual([]);
  });

  test("indexes at most two fields, each a scalar with a column", () => {
    expect(type.indexes.length).toBeLessThanOrEqual(2);
    for (const index of type.indexes) {
      const field = type.fields.get(index);
      expect(field?.column, index).toBe(true);
      expect(["list", "json"], index).not.toContain(field?.kind);
    }
  });

  test("has a JSON Schema that is valid against the 2020-12 meta-schema", () => {
    const ajv = otherValidator();
    expect(ajv.validateSchema(type.jsonSchema), ajv.errorsText()).toBe(true);
  });

  test("checks random payloads as its zod definition and another validator do", () => {
    const other = otherValidator().compile(type.jsonSchema);
    const { payload: definition } = BUILTINS[name];
    fc.assert(
      fc.property(payloadsOf(type), (payload) => {
        const storable: never[] = [];
        inspect(payload, storable);
        fc.pre(storable.length === 0);
        const accepted = type.validate(payload).ok;
        expect(definition.safeParse(payload).success).toBe(accepted);
        expect(other(payload)).toBe(accepted);
      }),
      { seed: SEED, numRuns: runs(400) },
    );
  });
});

test("every kind of field occurs, with units where the value is a quantity", () => {
  const { fields } = typeNamed("image");
  expect(fields.get("pixel_spacing_mm")).toMatchObject({
    kind: "list",
    items: "number",
    unit: "mm",
    column: true,
  });
  expect(fields.get("finding_labels")).toMatchObject({ kind: "list", items: "string" });
  expect(fields.get("rows")).toMatchObject({ kind: "integer", unit: "{pixel}" });
  expect(fields.get("patient_age_years")).toMatchObject({ kind: "number", unit: "a" });
  expect(fields.get("acquisition_datetime")).toMatchObject({ kind: "datetime" });
  expect(fields.get("burned_in_annotation")).toMatchObject({ kind: "boolean" });
  expect(typeNamed("study").fields.get("study_date")).toMatchObject({ kind: "date" });
  expect(typeNamed("artefact").fields.get("metrics")).toMatchObject({
    kind: "json",
    column: false,
  });
});

test("only what a type cannot do without is required", () => {
  const required = [...BUILTIN_TYPES.values()].flatMap((type) =>
    [...type.fields.values()]
      .filter((field) => field.required)
      .map((field) => `${type.name}.${field.name}`),
  );
  expect(required.toSorted()).toEqual([
    "artefact.branch",
    "artefact.path",
    "artefact.repo",
    "artefact.status",
    "datasource.name",
    "file.decision",
    "file.filename",
    "file.instrument_id",
    "file.metadata",
    "file.persistent_id",
    "file.persistent_id_type",
    "file.source_path",
    "grant.grantee_id",
    "grant.grantee_type",
    "grant.resource_identifier",
    "group.name",
    "harvest_run.instrument_id",
    "harvest_run.schedule_id",
    "harvest_run.scheduled_for",
    "harvest_run.status",
    "harvest_run.storage_location_id",
    "harvest_schedule.cron_expression",
    "harvest_schedule.default_storage_location_id",
    "harvest_schedule.enabled",
    "harvest_schedule.instrument_id",
    "hook.enabled",
    "hook.implementation",
    "hook.name",
    "hook.priority",
    "hook.secret_members",
    "hook.trigger",
    "instrument.cifs_host",
    "instrument.cifs_share",
    "instrument.enabled",
    "instrument.name",
    "instrument.transfer_adapter",
    "instrument_access.instrument_id",
    "instrument_access.user_id",
    "membership.container_id",
    "membership.member_id",
    "membership.member_type",
    "pipeline.dependencies",
    "pipeline.errors",
    "pipeline.is_reported",
    "pipeline.kind",
    "pipeline.stats",
    "pipeline.status",
    "pipeline.title",
    "project.name",
    "service_account.name",
    "service_account.secrets_set_at",
    "service_account.username",
    "source_revision.errors",
    "source_revision.findability",
    "source_revision.number",
    "source_revision.pipelines",
    "source_revision.sink",
    "source_revision.spec",
    "source_revision.status",
    "source_revision.trigger",
    "source_spec.certified",
    "source_spec.dataset",
    "source_spec.findability",
    "source_spec.latest",
    "source_spec.listed_as",
    "source_spec.modified_at",
    "source_spec.owner_id",
    "storage_location.base_path",
    "storage_location.enabled",
    "storage_location.name",
    "storage_location.secret_members",
    "storage_location.type",
    "table.s3_path",
    "transfer.file_id",
    "transfer.status",
    "transfer.storage_location_id",
    "transfer.transfer_adapter",
  ]);
});

test("a patient from the allocator is empty, and no field can name a person", () => {
  expect(typeNamed("patient").validate({})).toEqual({ ok: true, payload: {} });
  for (const name of ["name", "patient_name", "patient_id", "external_uid", "external_uid_hash"]) {
    const result = typeNamed("patient").validate({ [name]: "x" });
    expect(result).toMatchObject({ ok: false, errors: [{ path: name, code: "unknown_field" }] });
  }
});
