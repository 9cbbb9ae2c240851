import { afterEach, describe, expect, test, vi } from "vitest";
import type { JsonObject } from "../../../src/model/json.ts";
import { LIMITS } from "../../../src/model/limits.ts";
import { BUILTIN_TYPES } from "../../../src/schema/registry.ts";
import type { ErrorDetail } from "../../../src/schema/type.ts";
import { createValidator } from "../../../src/schema/validate.ts";
import { pathsAndCodes } from "./support.ts";

const errorsOf = (typeName: string, payload: JsonObject): readonly ErrorDetail[] => {
  const result = BUILTIN_TYPES.get(typeName)?.validate(payload);
  return result === undefined || result.ok ? [] : result.errors;
};

const OPEN = createValidator({ type: "object", properties: { note: { type: "string" } } }, {});

describe("errors of a payload", () => {
  test("name the member, an error code and what was expected", () => {
    expect(errorsOf("image", { rows: 0, patient_sex: "male", finding_labels: ["a", 2] })).toEqual([
      {
        path: "rows",
        code: "invalid_value",
        detail: "Expected a whole number from 1 to 1000000.",
      },
      { path: "patient_sex", code: "invalid_value", detail: 'Expected "M", "F" or "O".' },
      {
        path: "finding_labels.1",
        code: "invalid_value",
        detail: "Expected a text of at most 256 characters.",
      },
    ]);
  });

  test("distinguish unknown and missing fields", () => {
    expect(pathsAndCodes(errorsOf("datasource", { nome: "x" }))).toEqual([
      "nome unknown_field",
      "name required",
    ]);
  });

  test("never repeat the value", () => {
    const secret = "hunter2-secret-value";
    const payload = {
      rows: secret,
      patient_sex: secret,
      sha256: secret,
      study_instance_uid: secret,
    };
    const errors = errorsOf("image", payload);
    expect(errors).toHaveLength(4);
    expect(JSON.stringify(errors)).not.toContain(secret);
  });

  test("are bounded in number and length", () => {
    const many = Object.fromEntries(
      Array.from({ length: 5_000 }, (_, at) => [`${at}${"n".repeat(1_000)}`, at]),
    );
    const errors = errorsOf("image", many);
    expect(errors).toHaveLength(100);
    expect(errors.every((error) => error.path.length < 200)).toBe(true);
  });
});

describe("what no payload may hold", () => {
  const cases: readonly (readonly [string, JsonObject, string])[] = [
    ["U+0000 in a text", { note: "a\0b" }, "note"],
    ["U+0000 in a nested list", { deep: { list: ["ok", "\0"] } }, "deep.list.1"],
    ["U+0000 in a member name", { deep: { "a\0b": 1 } }, "deep.a\uFFFDb"],
    ["a lone high surrogate", { note: "\uD83D" }, "note"],
    ["a lone low surrogate", { deep: [{ x: "\uDE00" }] }, "deep.0.x"],
    ["a lone surrogate in a member name", { "\uD83D": 1 }, "\uFFFD"],
    ["a number that is not finite", JSON.parse('{"x":1e999}') as JsonObject, "x"],
    ["a whole number beyond 2^53 - 1", { deep: [9_007_199_254_740_992] }, "deep.0"],
    ["one below -(2^53 - 1)", { x: -9_007_199_254_740_992 }, "x"],
    [
      "a member named __proto__",
      JSON.parse('{"deep":{"__proto__":1}}') as JsonObject,
      "deep.__proto__",
    ],
    ["a field named __proto__", JSON.parse('{"__proto__":{"rows":1}}') as JsonObject, "__proto__"],
  ];

  test.each(cases)("%s", (_title, payload, path) => {
    const result = OPEN(payload);
    expect(result).toMatchObject({ ok: false, errors: [{ path, code: "invalid_value" }] });
  });

  test("nesting deeper than any request body may have", () => {
    const nested = (depth: number): JsonObject => (depth === 0 ? {} : { in: nested(depth - 1) });
    expect(OPEN(nested(LIMITS.bodyDepthMax - 1)).ok).toBe(true);
    expect(OPEN(nested(LIMITS.bodyDepthMax)).ok).toBe(false);
  });

  test("more bytes of JSON than the database takes, counted in UTF-8", () => {
    const overhead = '{"note":""}'.length;
    const fits = { note: "ä".repeat((LIMITS.payloadBytesMax - overhead) / 2) };
    expect(OPEN(fits).ok).toBe(true);
    expect(OPEN({ note: `${fits.note}ä` })).toMatchObject({
      ok: false,
      errors: [{ path: "", code: "too_large" }],
    });
  });
});

describe("what is permitted nevertheless", () => {
  test("the extreme safe integers and doubles that JSON writes with an exponent", () => {
    const payload = {
      a: Number.MAX_SAFE_INTEGER,
      b: -Number.MAX_SAFE_INTEGER,
      c: 1e300,
      d: 5e-324,
    };
    expect(OPEN(payload)).toEqual({ ok: true, payload });
  });

  test("an integer field accepts no double beyond the safe integers", () => {
    const validate = createValidator(
      { type: "object", properties: { n: { type: "integer" } } },
      {},
    );
    expect(validate({ n: 1e300 }).ok).toBe(false);
  });

  test("names that objects inherit", () => {
    const payload = { constructor: 1, toString: "x", hasOwnProperty: [true] };
    expect(OPEN(payload as unknown as JsonObject)).toEqual({ ok: true, payload });
    expect(pathsAndCodes(errorsOf("image", { constructor: 1 }))).toEqual([
      "constructor unknown_field",
    ]);
  });

  test("surrogate pairs", () => {
    expect(OPEN({ note: "\u{1F600}" }).ok).toBe(true);
  });
});

describe("normalisation", () => {
  test("drops null members, because null is absent", () => {
    const result = BUILTIN_TYPES.get("image")?.validate({ rows: null, modality: "CT" });
    expect(result).toEqual({ ok: true, payload: { modality: "CT" } });
    expect(pathsAndCodes(errorsOf("datasource", { name: null }))).toEqual(["name required"]);
  });

  test("refuses null under a name that the type does not know", () => {
    expect(pathsAndCodes(errorsOf("image", { nome: null }))).toEqual(["nome unknown_field"]);
  });

  test("keeps null where the schema requires a field that may be null", () => {
    const jsonSchema = {
      type: "object",
      properties: { a: { type: ["string", "null"] }, b: { type: ["string", "null"] } },
      required: ["a"],
    };
    expect(createValidator(jsonSchema, {})({ a: null, b: null })).toEqual({
      ok: true,
      payload: { a: null },
    });
  });

  test("keeps null inside json fields", () => {
    const metrics = { loss: null, steps: [null] };
    const payload = { repo: "r", branch: "b", path: "p", status: "failed", metrics };
    expect(BUILTIN_TYPES.get("artefact")?.validate(payload)).toEqual({ ok: true, payload });
  });

  test("writes instants in UTC with six decimals", () => {
    const result = BUILTIN_TYPES.get("image")?.validate({
      acquisition_datetime: "2026-11-24T08:30:00.25+01:30",
    });
    expect(result).toEqual({
      ok: true,
      payload: { acquisition_datetime: "2026-11-24T07:00:00.250000Z" },
    });
  });

  test("fills in defaults for what is absent or null, and keeps given values", () => {
    const jsonSchema = {
      type: "object",
      properties: { kind: { type: "string" }, at: { type: "string", format: "date-time" } },
      required: ["kind"],
      additionalProperties: false,
    };
    const validate = createValidator(jsonSchema, { kind: "raw", at: "2026-01-01T00:00:00Z" });
    const at = "2026-01-01T00:00:00.000000Z";
    expect(validate({})).toEqual({ ok: true, payload: { kind: "raw", at } });
    expect(validate({ kind: null })).toEqual({ ok: true, payload: { kind: "raw", at } });
    expect(validate({ kind: "own" })).toEqual({ ok: true, payload: { kind: "own", at } });
  });

  test("does not change a payload that needs no changes, and never mutates its argument", () => {
    const payload = Object.freeze({ modality: "CT", rows: null });
    const result = BUILTIN_TYPES.get("image")?.validate(payload);
    expect(result).toEqual({ ok: true, payload: { modality: "CT" } });
    expect(payload).toEqual({ modality: "CT", rows: null });
  });

  test("is idempotent", () => {
    const type = BUILTIN_TYPES.get("image");
    const once = type?.validate({ acquisition_datetime: "2026-11-24T08:30:00Z", rows: null });
    const twice = once?.ok === true ? type?.validate(once.payload) : undefined;
    expect(twice).toEqual(once);
  });
});

describe("members beside the schema", () => {
  test("an open type keeps unknown members, except under names of metadata", () => {
    expect(OPEN({ note: "a", extra: { b: [1] } }).ok).toBe(true);
    expect(OPEN({ owner: "me" })).toMatchObject({
      ok: false,
      errors: [{ path: "owner", code: "unknown_field" }],
    });
  });
});

describe("code generation", () => {
  afterEach(() => {
    vi.unstubAllGlobals();
    vi.resetModules();
  });

  test("is never used, because Workers forbid it", async () => {
    const generated = vi.fn<() => object>(() => ({}));
    vi.resetModules();
    vi.stubGlobal("Function", new Proxy(Function, { construct: generated, apply: generated }));
    const { createRegistry } = await import("../../../src/schema/registry.ts");
    const { BUILTINS } = await import("../../../src/schema/builtin/index.ts");
    const image = createRegistry(0, []).types.get("image");
    expect(image?.validate({ rows: 1 }).ok).toBe(true);
    expect(BUILTINS.image.payload.safeParse({ rows: 1 }).success).toBe(true);
    expect(generated).not.toHaveBeenCalled();
  });
});
