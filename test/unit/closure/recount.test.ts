import { expect, test } from "vitest";
import { FACTS } from "../../../src/store/closure/facts.ts";
import { recount, recountTree } from "./recount.ts";

const at = "2026-01-01T00:00:00.000000Z";

const row = (identifier: string, parent: string | null, payload_type: string, members = {}) => ({
  identifier,
  parent_identifier: parent,
  payload_type,
  license: null,
  access_level: "internal",
  created_at: at,
  updated_at: at,
  ...members,
});

test("a recount counts what is below a datasource, and not below a missing parent", () => {
  const rows = [
    row("a", null, "datasource", { name: "A" }),
    row("b", "a", "datasource", { name: "B" }),
    row("c", "b", "image", { modality: "CT", patient_age_years: 49.9, size_bytes: 7 }),
    row("d", "gone", "image"),
  ];
  const { short, long } = recount(rows);
  expect(short.map((each) => [each["datasource_id"], each["resources"], each["bytes"]])).toEqual([
    ["a", 2, 7],
    ["b", 1, 7],
  ]);
  expect(long[1]).toMatchObject({
    by_modality: { CT: 1 },
    by_age_decade: { "40-49": 1 },
    by_body_part: { unknown: 1 },
    by_month: { "2026-01": 1 },
  });
  expect(recountTree(rows)).toEqual({ a: [1, 2], b: [1, 1], c: [0, 0], d: [0, 0] });
});

test("every dimension has a name of its own", () => {
  const names = FACTS.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
});
