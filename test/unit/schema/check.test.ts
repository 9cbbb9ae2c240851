import { describe, expect, test } from "vitest";
import { ALWAYS, and, not, type Condition } from "../../../src/query/condition.ts";
import { columnPath, keyPath, type Path } from "../../../src/query/path.ts";
import { checkQuery } from "../../../src/schema/check.ts";
import { compare, errorsOf, LIST, metrics, queryOf, registry } from "./queries.ts";
import { pathsAndCodes } from "./support.ts";

const checked = (condition: Condition): Condition => {
  const result = checkQuery(queryOf({ condition }), registry);
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.query.condition;
};

describe("the payload types of a query", () => {
  test("must exist", () => {
    const result = checkQuery(queryOf({ payloadTypes: ["image", "imgae"] }), registry);
    expect(result).toEqual({
      ok: false,
      errors: [
        {
          path: "imgae",
          code: "unknown_payload_type",
          detail:
            'There is no payload type "imgae". Did you mean image? GET /schemas lists all types.',
        },
      ],
    });
  });

  test("decide which fields exist: one of them must have it", () => {
    expect(pathsAndCodes(errorsOf(compare(keyPath("rowz"), 1)))).toEqual(["rowz unknown_field"]);
    expect(errorsOf(compare(keyPath("study_date"), "2026-01-01"), ["image", "study"])).toEqual([]);
    expect(errorsOf(compare(keyPath("known"), "x"), [])).toEqual([]);
    expect(pathsAndCodes(errorsOf(compare(keyPath("nowhere"), "x"), []))).toEqual([
      "nowhere unknown_field",
    ]);
  });

  test("that are open have every field, when they are named", () => {
    expect(errorsOf(compare(keyPath("anything", "deep"), true), ["open"])).toEqual([]);
    expect(errorsOf(compare(keyPath("anything"), true), [])).toHaveLength(1);
  });

  test("may give one name two kinds: a literal of either is valid", () => {
    const both = ["image", "other"];
    expect(errorsOf(compare(keyPath("patient_sex"), "F"), both)).toEqual([]);
    expect(errorsOf(compare(keyPath("patient_sex"), 2), both)).toEqual([]);
    expect(errorsOf(compare(keyPath("patient_sex"), true), both)).toEqual([
      { path: "patient_sex", code: "invalid_value", detail: "Expected a text or a number." },
    ]);
  });
});

describe("literals", () => {
  test.each<readonly [string, string | number | boolean, string]>([
    ["rows", "abc", "Expected a number."],
    ["rows", true, "Expected a number."],
    ["rows", Number.POSITIVE_INFINITY, "Expected a number."],
    ["modality", 3, "Expected a text."],
    ["burned_in_annotation", "true", "Expected true or false."],
    ["acquisition_datetime", "2026-01-01", "Expected an RFC 3339 instant with an offset."],
  ])("of %s cannot be %j", (name, value, detail) => {
    expect(errorsOf(compare(keyPath(name), value))).toEqual([
      { path: name, code: "invalid_value", detail },
    ]);
  });

  test("of a date are calendar dates", () => {
    expect(errorsOf(compare(keyPath("study_date"), "2026-02-28", "gte"), ["study"])).toEqual([]);
    expect(errorsOf(compare(keyPath("study_date"), "2026-02-30"), ["study"])).toHaveLength(1);
  });

  test("of integer fields may be fractions, to bound a range", () => {
    expect(errorsOf(compare(keyPath("rows"), 0.5, "gt"))).toEqual([]);
  });

  test("of datetime fields become canonical strings", () => {
    const path = keyPath("acquisition_datetime");
    const canonical = "2026-01-01T00:00:00.500000Z";
    expect(checked(compare(path, "2026-01-01T01:00:00.5+01:00"))).toEqual(compare(path, canonical));
    expect(checked({ kind: "in", path, values: ["2026-01-01T00:00:00.5Z"] })).toEqual({
      kind: "in",
      path,
      values: [canonical],
    });
    expect(checked({ kind: "equals", path, value: "2026-01-01T00:00:00.5Z" })).toEqual({
      kind: "equals",
      path,
      value: canonical,
    });
  });

  test("of instants in the metadata become microseconds", () => {
    const path = columnPath("created_at");
    const low = "1970-01-01T00:00:01.000001Z";
    expect(checked(compare(path, low, "gt"))).toEqual(compare(path, 1_000_001, "gt"));
    expect(checked({ kind: "between", path, low, high: "9999-12-31T23:59:59Z" })).toEqual({
      kind: "between",
      path,
      low: 1_000_001,
      high: Number.MAX_SAFE_INTEGER,
    });
    expect(errorsOf(compare(path, "yesterday"))).toHaveLength(1);
    expect(errorsOf(compare(path, 1_700_000_000))).toHaveLength(1);
  });

  test("are normalised in every branch", () => {
    const bad = compare(keyPath("rows"), "x");
    const tree: Condition = {
      kind: "or",
      of: [not(bad), and([ALWAYS, bad, compare(keyPath("modality"), 1)])],
    };
    expect(pathsAndCodes(errorsOf(tree))).toEqual(["rows invalid_value", "modality invalid_value"]);
  });

  test("that no stored value can hold are refused", () => {
    for (const value of ["a\0", "\uD800"]) {
      const path = keyPath("modality");
      expect(errorsOf(compare(path, value))).toHaveLength(1);
      expect(errorsOf({ kind: "text", path, where: "contains", value, fold: false })).toHaveLength(
        1,
      );
      expect(errorsOf({ kind: "like", path, pattern: value, fold: false })).toHaveLength(1);
      expect(
        errorsOf({ kind: "equals", path: metrics(), value: [value] }, ["artefact"]),
      ).toHaveLength(1);
      expect(errorsOf(compare(metrics(value), 1), ["artefact"])).toHaveLength(1);
    }
  });

  test("of mixed and nested values are not checked", () => {
    expect(errorsOf(compare(keyPath("mixed"), true), ["sample"])).toEqual([]);
    expect(errorsOf(compare(metrics("loss", "final"), "x", "lt"), ["artefact"])).toEqual([]);
  });
});

describe("paths", () => {
  const at = (...segments: Path["segments"]): Path => ({ segments });
  const key = { kind: "key", name: "finding_labels" } as const;

  test("lead into lists by position, for each element, and to their size", () => {
    expect(errorsOf(compare(at(key, { kind: "index", index: -1 }), "Mass"))).toEqual([]);
    expect(errorsOf(compare(at(key, { kind: "any" }), "Mass"))).toEqual([]);
    expect(errorsOf(compare(at(key, { kind: "any" }), 1))).toHaveLength(1);
    expect(errorsOf(compare(at(key, { kind: "size" }), 2, "gte"))).toEqual([]);
    expect(errorsOf(compare(at(key, { kind: "size" }), "2"))).toHaveLength(1);
  });

  test("do not lead into scalars, nor through lists of scalars by name", () => {
    expect(pathsAndCodes(errorsOf(compare(keyPath("modality", "code"), "x")))).toEqual([
      "modality.code unknown_field",
    ]);
    expect(pathsAndCodes(errorsOf(compare(keyPath("finding_labels", "code"), "x")))).toEqual([
      "finding_labels.code unknown_field",
    ]);
    expect(pathsAndCodes(errorsOf(compare(at({ kind: "any" }), "x")))).toEqual(["* unknown_field"]);
  });

  test("may lead to anything after a step up", () => {
    expect(errorsOf(compare(at(key, { kind: "any" }, { kind: "parent" }), 5))).toEqual([]);
  });

  test("of metadata columns end there", () => {
    const path: Path = { column: "license", segments: [{ kind: "key", name: "x" }] };
    expect(pathsAndCodes(errorsOf(compare(path, "x")))).toEqual(["license.x unknown_field"]);
  });
});

describe("sort keys", () => {
  const sortFaults = (path: Path, payloadTypes: readonly string[] = ["image"]) => {
    const result = checkQuery(
      queryOf({ payloadTypes, sort: [{ path, direction: "asc" }] }),
      registry,
    );
    return result.ok ? [] : pathsAndCodes(result.errors);
  };

  test("name metadata columns and fields with one value", () => {
    for (const path of [columnPath("created_at"), keyPath("rows"), keyPath("modality")]) {
      expect(sortFaults(path)).toEqual([]);
    }
    expect(sortFaults(metrics("loss"), ["artefact"])).toEqual([]);
    expect(sortFaults(keyPath("none"))).toEqual(["none unknown_field"]);
  });

  test("cannot be lists, documents or sets of values", () => {
    expect(sortFaults(LIST)).toEqual(["finding_labels invalid_value"]);
    expect(sortFaults(metrics(), ["artefact"])).toEqual(["metrics invalid_value"]);
    const each: Path = { segments: [...LIST.segments, { kind: "any" }] };
    expect(sortFaults(each)).toEqual(["finding_labels.* invalid_value"]);
  });
});

test("the parts of a query that are not checked are unchanged", () => {
  const query = queryOf({ identifiers: ["a"], page: { limit: 5, offset: 10 } });
  expect(checkQuery(query, registry)).toEqual({ ok: true, query });
});
